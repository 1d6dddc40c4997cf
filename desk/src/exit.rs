//! The exit codes of the program.

use std::num::NonZeroU8;
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
    /// That of what production has released, if it is not 0.
    Released(NonZeroU8),
}

impl Exit {
    /// The exit code of a container. One that does not fit is 1.
    pub(crate) fn released(code: i32) -> Self {
        match u8::try_from(code).map(NonZeroU8::new) {
            Ok(None) => Self::Done,
            Ok(Some(code)) => Self::Released(code),
            Err(_) => Self::Failed,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Insufficient => 10,
            Self::Released(code) => code.get(),
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
