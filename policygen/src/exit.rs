//! How the program ends.

use std::process::{ExitCode, Termination};

/// The exit codes of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: could not do it; the message says what, and what to do.
    Failed,
    /// 2: the command line is not one.
    Usage,
    /// 3: nothing was there to check, which is never reported as clean.
    Nothing,
    /// 10: findings at or above the severity that `--fail-on` names.
    Findings,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Findings => 10,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
