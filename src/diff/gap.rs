//! Requests that both sides of a change answer, and a mixture of them does not.

use serde::Serialize;

use super::answer::{Answer, Aspect, answer, of_way};
use super::change::{Change, Witness};
use super::command;
use super::model::Side;
use super::risk::Place;
use crate::simulate::{self, Configuration, Request};

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

/// A request that both sides of a change answer.
#[derive(Clone, Debug)]
pub struct Answered {
    request: Request,
    /// Its answers before and after the change, in words.
    answers: [String; 2],
}

/// The requests that show the changes of a proxy, without those that one side fails.
pub fn answered(sides: [&Side; 2], changes: &[Change]) -> Vec<Answered> {
    let sent = changes.iter().filter_map(|change| match &change.witness {
        Witness::Request(shown) => Some(&shown.sent),
        Witness::None { .. } => None,
    });
    let mut requests: Vec<&Request> = sent.collect();
    requests.dedup();
    let one = |request: &Request| {
        let answers = sides.map(|side| answer(side, request));
        let answered = answers.iter().all(works);
        answered.then(|| Answered { request: request.clone(), answers: answers.map(|it| it.text(&[Aspect::Result])) })
    };
    requests.into_iter().filter_map(one).collect()
}

/// Which of `requests` fail in `between`, where only `first` is changed.
pub fn gaps(between: &Configuration, first: &Place, requests: &[Answered]) -> Vec<Gap> {
    let one = |Answered { request, answers: [old, new] }: &Answered| {
        let mixed = of_way(&simulate::run(between, request));
        (!works(&mixed)).then(|| Gap {
            first: first.clone(),
            request: command::text(request),
            old: old.clone(),
            between: mixed.text(&[Aspect::Result]),
            new: new.clone(),
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
