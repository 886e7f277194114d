//! Exit codes, the same in every output format.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: fine.
    Ok,
    /// 1: the job could not be done.
    Failure,
    /// 64: the arguments are off.
    Usage,
    /// 65: an input cannot be read or parsed.
    Data,
    /// 79: there are findings at or above the threshold.
    Findings,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failure => 1,
            Exit::Usage => 64,
            Exit::Data => 65,
            Exit::Findings => 79,
        })
    }
}
