//! Tells people what awaits them: a Lambda function that EventBridge starts when an action of a
//! pipeline ends, and every hour.
//!
//! | file | purpose |
//! |---|---|
//! | `event` | what started it, and where to look |
//! | `watch` | what there is to tell |
//! | `scene` | a stage of one execution, and who could approve there |
//! | `notice` | the words |
//! | `chat` | the words for Slack and Teams |
//! | `webhook` | the addresses of channels, which are secrets |
//! | `tell` | delivers |

mod chat;
mod event;
mod notice;
mod scene;
mod tell;
mod watch;
mod webhook;

pub(crate) use event::Occasion;
pub(crate) use notice::{Notice, Why};
pub(crate) use tell::{Told, Ways, tell};
pub(crate) use watch::{Watch, link};
pub(crate) use webhook::{Chat, Webhook};
