//! Which of the known names was meant by one that is not known.

/// "did you mean", or what there is to choose from.
pub fn suggestion(name: &str, known: &[&str], what: &str) -> String {
    const LISTED: usize = 12;
    if let Some(near) = nearest(name, known) {
        return format!("did you mean `{near}`?");
    }
    match known {
        [] => format!("there are no {what} here"),
        [only] => format!("known {what}: `{only}`"),
        _ => {
            let listed = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let more = if known.len() > LISTED { ", …" } else { "" };
            format!("known {what}: {listed}{more}")
        }
    }
}

/// The known name most like a given one, if any is like it: the same without regard to case and
/// `_`, or by Jaro-Winkler similarity.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    const ALIKE: f64 = 0.8;
    const LONGEST: usize = 64;
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let folded = fold(name);
    if let Some(same) = known.iter().find(|candidate| fold(candidate) == folded) {
        return Some(same);
    }
    let mut best: Option<(f64, &'k str)> = None;
    for candidate in known {
        let likeness = strsim::jaro_winkler(&folded, &fold(candidate));
        if likeness >= ALIKE && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The known name that was certainly meant: the only one that is the same but for case, `_` and `-`,
/// or the only one with one letter added, missing, changed or swapped.
pub fn certain<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    const SHORTEST: usize = 4;
    let folded = fold(name);
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut fitting = known.iter().filter(|candidate| fits(&fold(candidate)));
        fitting.next().copied().filter(|_| fitting.next().is_none())
    };
    only(&|candidate| candidate == folded).or_else(|| {
        let long = folded.len() >= SHORTEST;
        only(&|candidate| strsim::osa_distance(candidate, &folded) == 1).filter(|_| long)
    })
}

fn fold(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '_' | '-')).flat_map(char::to_lowercase).collect()
}
