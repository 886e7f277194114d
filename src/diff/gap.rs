//! Requests that both sides of a change answer, and a mixture of them does not.

use serde::Serialize;

use super::answer::{Answer, Aspect, answer};
use super::change::{Change, Witness};
use super::command;
use super::model::Side;
use super::risk::Place;
use crate::simulate::Request;

/// What fails while only one part of a change is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// The part that is there.
    pub first: Place,
    /// The request, as the arguments of `meshc route`.
    pub request: String,
    /// Its answer before the change.
    pub old: String,
    /// Its answer in between.
    pub between: String,
    /// Its answer after the change.
    pub new: String,
}

/// The requests that show the changes of a proxy.
pub fn requests(changes: &[Change]) -> Vec<Request> {
    let sent = changes.iter().filter_map(|change| match &change.witness {
        Witness::Request(shown) => Some(shown.sent.clone()),
        Witness::None { .. } => None,
    });
    let mut requests: Vec<Request> = sent.collect();
    requests.dedup();
    requests
}

/// Which of `requests` fail in `between`, where only `first` is changed, and neither before nor after.
pub fn gaps(sides: [&Side; 2], between: &Side, first: &Place, requests: &[Request]) -> Vec<Gap> {
    let [old, new] = sides;
    let one = |request: &Request| {
        let answers = [answer(old, request), answer(between, request), answer(new, request)];
        let [before, mixed, after] = &answers;
        (works(before) && !works(mixed) && works(after)).then(|| {
            let [old, between, new] = answers.each_ref().map(|answer| answer.text(&[Aspect::Result]));
            Gap { first: first.clone(), request: command::text(request), old, between, new }
        })
    };
    requests.iter().filter_map(one).collect()
}

/// Whether the request goes somewhere or is answered as someone wrote.
fn works(answer: &Answer) -> bool {
    let result = answer.parts.get(&Aspect::Result).map_or("", String::as_str);
    const FAILURES: [&str; 5] = ["404", "503", "500", "refused", "the connection is closed"];
    !FAILURES.iter().any(|failure| result.split(", ").any(|part| part.ends_with(failure)))
}
