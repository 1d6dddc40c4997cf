//! What CI and production say to each other about one release.
//!
//! CI sends a [`Request`]. Production judges it, and what it starts writes numbered [`Line`]s.
//! They come back through a queue that may deliver them twice or late, and [`Order`] prints each
//! once. The function, the program in the container and `desk release` share these formats.
//!
//! | file | purpose |
//! |---|---|
//! | `request` | what CI asks for |
//! | `message` | what comes back: lines, ends and refusals |
//! | `parts` | a long line, cut so that no log on the way cuts it |
//! | `order` | lines in the order of their numbers, each once |

mod message;
mod order;
mod parts;
mod request;

pub use message::{End, Line, Message, Refusal};
pub use order::{Order, Taken};
pub use parts::{TEXT_LIMIT, parts};
pub use request::{Request, RequestError, Ticket, Wanted};
