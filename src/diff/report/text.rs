//! The report as text.

use std::fmt::Write;

use super::{Merged, Report, between, citation, headline, merged, origin, proxies, sentences, sign};
use crate::diff::change::{Shown, Witness};

/// The report as text; nothing where nothing changes.
pub fn text(report: &Report) -> String {
    let Report { proxies: groups, plan, risks, gaps, unknown } = report;
    let mut out = String::new();
    for group in groups {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}", proxies(group));
        let mut place: Option<&[String]> = None;
        for change in merged(&group.changes) {
            if place != Some(&change.first.place[..]) && !change.first.place.is_empty() {
                let _ = writeln!(out, "  {}", change.first.place.join(", "));
            }
            place = Some(&change.first.place);
            one(&mut out, &change);
        }
    }
    if !plan.is_empty() {
        out.push_str("plan: in this order, each step when the one before has reached the proxies\n");
    }
    for (at, step) in plan.iter().enumerate() {
        let _ = writeln!(out, "  {}. {}", at + 1, step.phase.name());
        for action in &step.actions {
            let place = action.line.map(|line| format!(" ({}:{line})", action.file)).unwrap_or_default();
            let note = action.note.as_ref().map(|note| format!(", {note}")).unwrap_or_default();
            let _ = writeln!(out, "     {} {}{place}{note}", action.verb, action.what);
        }
    }
    if !risks.is_empty() || !gaps.is_empty() {
        out.push_str("at risk where all of it is applied at once\n");
    }
    for (sentence, routes) in sentences(risks).into_iter().chain(between(gaps)) {
        let _ = writeln!(out, "  {sentence}");
        for route in routes {
            let _ = writeln!(out, "    {route}");
        }
    }
    if !unknown.is_empty() {
        out.push_str("not known, because it is not translated\n");
    }
    for what in unknown {
        let _ = writeln!(out, "  {what}");
    }
    out
}

fn one(out: &mut String, merged: &Merged<'_>) {
    let change = merged.first;
    let indent = if change.place.is_empty() { "  " } else { "    " };
    let _ = writeln!(out, "{indent}{} {}", sign(change.kind), headline(merged));
    if let Some(origin) = origin(change) {
        let _ = writeln!(out, "{indent}    {}", citation(origin));
    }
    match &change.witness {
        Witness::Request(shown) => {
            let Shown { request, old, new, when, unless, .. } = shown.as_ref();
            let _ = writeln!(out, "{indent}    witness: {request}");
            let _ = writeln!(out, "{indent}      old: {old}");
            let _ = writeln!(out, "{indent}      new: {new}");
            if let Some(when) = when {
                let _ = writeln!(out, "{indent}      seen: {when}");
            }
            if !unless.is_empty() {
                let _ = writeln!(out, "{indent}      not judged: {}", unless.join(", "));
            }
        }
        Witness::None { why } => {
            let _ = writeln!(out, "{indent}    no request shows it: {why}");
        }
    }
}
