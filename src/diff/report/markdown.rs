//! The report as Markdown, for a comment on a pull request.

use std::fmt::Write;

use super::{Merged, Presence, Report, between, citation, headline, merged, origin, proxies, sentences};
use crate::diff::change::{Kind, Witness};

/// The report as Markdown, one line where nothing changes.
pub fn markdown(report: &Report) -> String {
    let Report { proxies: groups, plan, risks, gaps, unknown } = report;
    let at_risk = !risks.is_empty() || !gaps.is_empty();
    let mut out = String::from("### What changes for the proxies\n\n");
    if report.is_empty() {
        out.push_str("Nothing: both configurations mean the same.\n");
        return out;
    }
    if at_risk {
        out.push_str("> [!WARNING]\n> Where all of it is applied at once:\n");
    }
    for (sentence, routes) in sentences(risks).into_iter().chain(between(gaps)) {
        let _ = writeln!(out, "> - {}", escaped(&sentence));
        for route in routes {
            let _ = writeln!(out, ">   - {}", escaped(&route));
        }
    }
    if at_risk {
        out.push('\n');
    }
    for group in groups {
        let all = merged(&group.changes);
        let count = if all.len() == 1 { "1 change".to_owned() } else { format!("{} changes", all.len()) };
        let count = if group.presence == Presence::Both { format!(" ({count})") } else { String::new() };
        // Writing into a String cannot fail.
        let _ = writeln!(out, "<details open>\n<summary>{}{count}</summary>\n", html(&proxies(group)));
        for change in &all {
            one(&mut out, change);
        }
        out.push_str("\n</details>\n\n");
    }
    if !plan.is_empty() {
        out.push_str("#### Apply in this order\n\n");
    }
    for (at, step) in plan.iter().enumerate() {
        let _ = writeln!(out, "{}. {}", at + 1, step.phase.name());
        for action in &step.actions {
            let place = action.line.map(|line| format!(" (`{}:{line}`)", action.file)).unwrap_or_default();
            let note = action.note.as_ref().map(|note| format!(", {}", escaped(note))).unwrap_or_default();
            let _ = writeln!(out, "   - {} {}{place}{note}", action.verb, code(&action.what));
        }
    }
    if !unknown.is_empty() {
        out.push_str("\n#### Not known, because it is not translated\n\n");
    }
    for what in unknown {
        let _ = writeln!(out, "- {}", escaped(what));
    }
    out
}

fn one(out: &mut String, merged: &Merged<'_>) {
    let change = merged.first;
    let word = match change.kind {
        Kind::Shadowed | Kind::Reachable => String::new(),
        kind => format!("**{}** ", kind.name()),
    };
    let place = if change.place.is_empty() { String::new() } else { format!(" in {}", code(&change.place.join(", "))) };
    let _ = writeln!(out, "- {word}{}{place}", code(&headline(merged)));
    if let Some(origin) = origin(change) {
        let _ = writeln!(out, "  <br>{}", code(&citation(origin)));
    }
    match &change.witness {
        Witness::Request(shown) => {
            let _ = writeln!(out, "  <br>{}: {} → {}", code(&shown.request), code(&shown.old), code(&shown.new));
            if let Some(when) = &shown.when {
                let _ = writeln!(out, "  ({})", escaped(when));
            }
            if !shown.unless.is_empty() {
                let _ = writeln!(out, "  (not judged: {})", code(&shown.unless.join(", ")));
            }
        }
        Witness::None { why } => {
            let _ = writeln!(out, "  <br>no request shows it: {}", escaped(why));
        }
    }
}

/// A code span, whatever the text holds.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|sign| sign != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// Text whose signs are no markup, with its own code spans.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for sign in text.chars() {
        in_code ^= sign == '`';
        if !in_code && "*_<>[]|\\".contains(sign) {
            out.push('\\');
        }
        out.push(if sign == '\n' { ' ' } else { sign });
    }
    out
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_span() {
        assert_eq!(code("a|b"), "`a|b`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(escaped("<b> `x_y` z_w"), "\\<b\\> `x_y` z\\_w");
    }
}
