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
    /// 3: no approval is open, or none of that name.
    Nothing,
    /// 10: refused, because the answer would not count. Or it is given, and the stage cannot pass
    /// with the answers that it has.
    Insufficient,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Insufficient => 10,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
