//! Findings as text for other programs. Text for people needs a terminal and is `cli`'s.

mod github;
mod json;
mod junit;
mod sarif;

pub use github::github;
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;
