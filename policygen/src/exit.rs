//! The exit codes of the program.

use std::process::{ExitCode, Termination};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: could not do it. The message says what happened and what to do.
    Failed,
    /// 2: the command line is wrong.
    Usage,
    /// 3: there was nothing to check, which is never reported as clean.
    Nothing,
    /// 10: there are findings of the severity that `--fail-on` names, or worse; or it was refused.
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
