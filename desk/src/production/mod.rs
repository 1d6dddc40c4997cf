//! What production releases, seen from CI: the request goes out, and the lines come back.
//!
//! | file | purpose |
//! |---|---|
//! | `port` | the door of production and the queue, in our own types |
//! | `inbox` | what the queue delivers: ours, refusals of our request, and other releases' |
//! | `follow` | the release until its end |

mod follow;
mod inbox;
mod port;

pub(crate) use follow::{Ended, Follow, Printer};
pub(crate) use port::{Door, Relay};
