//! The facts of one pipeline execution, for every program that judges one: the gate, the desk and
//! `policygen verify`.
//!
//! A [`Query`] names the execution. [`Query::read`] asks CodePipeline for its history, the state of
//! the pipeline and how the execution began, at the same time, retried within a [`Budget`], and
//! again while the history lags. The [`Snapshot`] becomes [`rule::Facts`] as soon as IAM has said
//! what it knows about the roles that acted:
//!
//! ```no_run
//! # async fn example(
//! #     codepipeline: &impl facts::CodePipeline,
//! #     roles: &impl facts::Roles,
//! #     rule: &rule::Rule,
//! # ) -> Result<rule::Decision, Box<dyn std::error::Error>> {
//! use facts::{Budget, Query};
//!
//! let query = Query {
//!     account: "111122223333",
//!     pipeline: "payments",
//!     execution_id: "3137f7cb-7cf7-4abc-9b2c-0123456789ab",
//!     rule,
//!     gate_stage: "Approve",
//!     gate_run: None,
//! };
//! let budget = Budget::of(std::time::Duration::from_secs(20));
//! let snapshot = query.read(codepipeline, budget).await?;
//! let facts = snapshot.facts(roles, budget, jiff::Timestamp::now()).await?;
//! # Ok(rule::decide(rule, &facts)?)
//! # }
//! ```
//!
//! | file | purpose |
//! |---|---|
//! | `query` | one execution, read and joined to facts |
//! | `history` | all pages of the history, joined with the state |
//! | `lag` | whether the history is behind, and so cannot be judged yet |
//! | `gate_run` | the gate's own run, which the history that it judges must show |
//! | `account` | what IAM says about the roles of the account |
//! | `executions` | the list of past executions |
//! | `safe_url` | whether nobody on the way can read a request to an address |
//! | `port` | what is asked of CodePipeline and IAM, in our own types |
//! | `call` | calls to AWS by their names, and how they fail |
//! | `retry` | bounded retries |
//! | `floor` | the rule from a function's own environment |
//! | `runtime` | whether a program runs as a Lambda function |
//! | `aws` | the ports over the AWS SDK: the only folder that names it |

mod account;
pub mod aws;
mod call;
mod executions;
mod floor;
mod gate_run;
mod history;
mod lag;
mod port;
mod query;
mod retry;
mod runtime;
mod safe_url;

pub use account::with_roles;
pub use call::{CallError, Operation};
pub use executions::{Executions, Listed, ListedPage, ListedRevision};
pub use floor::{Floor, FloorError, RULE, RULE_FILE};
pub use gate_run::GateRun;
pub use history::read_all as read_history;
pub use lag::Lag;
pub use port::{CodePipeline, ExecutionPage, HistoryEntry, Ran, Roles, Started, StateEntry};
pub use query::{Query, ReadError, Snapshot};
pub use retry::Budget;
pub use runtime::missing_variable;
pub use safe_url::is_safe_url;
