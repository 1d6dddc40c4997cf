//! Who wrote and who reviewed what a pipeline releases: a Lambda action before the approvals.
//!
//! | file | purpose |
//! |---|---|
//! | `consensus` | what is found out about the commits of one repository |
//! | `forge` | the port to GitHub, GitLab and CodeCommit |

mod consensus;
mod forge;

pub use consensus::{Author, Consensus};
pub use forge::{Forge, ForgeError, Range};
