#![allow(missing_docs, clippy::all, clippy::disallowed_methods)]
use meshc::{base::*, resource, yaml};
fn main() {
    // args: groups separated by "--"; each group = one case's files
    let args: Vec<String> = std::env::args().skip(1).collect();
    for group in args.split(|a| a == "--") {
        let mut map = SourceMap::default();
        let mut names: Vec<_> = group.to_vec();
        names.sort();
        for n in &names {
            map.add(SourceFile::new(n.as_str(), std::fs::read_to_string(n).unwrap()));
        }
        let mut docs = Vec::new();
        let mut diags = Diagnostics::default();
        let mut opts = resource::DecodeOptions::default();
        for (id, f) in map.iter() {
            if f.name.contains("/mesh") {
                opts.mesh_config = Some(id);
            }
            let (d, g) = yaml::parse(id, &f.text);
            docs.extend(d);
            diags.extend(g);
        }
        let (res, g) = resource::decode(&docs, &opts);
        diags.extend(g);
        for d in &diags.0 {
            let at = res.span(&docs, &d.label.location);
            let place = at
                .map(|s| {
                    let f = map.file(s.file);
                    let lc = f.line_column(s.start);
                    format!("{}:{}:{}", f.name, lc.line, lc.column)
                })
                .unwrap_or_default();
            println!(
                "{:?} {} {} | {} {} | help: {}",
                d.severity,
                d.code,
                place,
                d.message,
                d.label.text,
                d.help.clone().unwrap_or_default()
            );
        }
    }
}
