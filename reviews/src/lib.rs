//! Who wrote and who reviewed what a pipeline releases: a Lambda action before the approvals.
//!
//! | file | purpose |
//! |---|---|
//! | `consensus` | what is found out about the commits of one repository |
//! | `forge` | the port to GitHub, GitLab and CodeCommit |
//! | `history` | how a branch went from one commit to another: the facts of any forge |
//! | `judge` | what follows from these facts: one pure function |

mod consensus;
mod forge;
mod history;
mod judge;

pub use consensus::{Author, Consensus};
pub use forge::{Forge, ForgeError, GitHub, GitLab, Range};
pub use history::{Answer, Change, Commit, History, Move, MoveKind, Review};
pub use judge::judge;
