//! The web app: what awaits a person, and their signed answers, in a browser.
//!
//! A [`Web`] holds what its requests need, and [`router()`] is a function of it: no global state,
//! and nothing is stored. What has to outlast a request travels in the browser, sealed.
//!
//! | file | purpose |
//! |---|---|
//! | `router` | the addresses |
//! | `server` | the server on a laptop, with limits on connections and headers |
//! | `lambda` | the server in a Lambda function: its events are requests |
//! | `front` | an identity provider in front, at a load balancer |
//! | `guard` | what every request must satisfy, and the headers of every reply |
//! | `seal` | values that the browser keeps and cannot change |
//! | `session` | who is in front of the browser |
//! | `sign_in`, `answer`, `enrol` | what the script of the pages posts |
//! | `webauthn` | the browser's part of a signature |
//! | `pages`, `history`, `since`, `page` | what is read for a page, and how it looks |
//! | `start` | starts a release |
//! | `ports` | AWS, as the web needs it |

mod answer;
mod assets;
mod enrol;
mod front;
mod guard;
mod history;
mod lambda;
mod page;
mod pages;
mod ports;
mod reply;
mod router;
mod seal;
mod server;
mod session;
mod sign_in;
mod since;
mod start;
#[cfg(test)]
pub(crate) mod tests;
mod webauthn;

use std::sync::Arc;

use names::PipelineName;
use rule::Rule;
use signing::Desk;
use tokio::task::JoinHandle;
use tokio_util::task::{AbortOnDropHandle, LocalPoolHandle};
use wildmatch::WildMatch;

pub(crate) use front::{Claim, Front, GET_KEY, LoadBalancer, LoadBalancerError};
pub(crate) use lambda::serve as serve_function;
pub(crate) use ports::Ports;
pub(crate) use router::router;
pub(crate) use seal::{Seal, SealError};
pub(crate) use server::serve;

use crate::look::Eyes;
use crate::rule_source::{RuleFile, RuleSource};

/// What the requests need.
#[derive(Debug)]
pub(crate) struct Web<P> {
    ports: P,
    /// The gate's rule: whose passkeys sign in, and what counts.
    file: RuleFile,
    desk: Desk,
    seal: Seal,
    /// The identity provider in front, if there is one.
    front: Option<Front>,
    /// The pipelines to show and answer; all if it is `None`.
    glob: Option<String>,
    /// Whether everybody may look as long as nobody can sign in.
    is_open: bool,
    /// The calls to AWS are not `Send`: they run on this thread.
    worker: LocalPoolHandle,
}

/// The rule does not say where the desk is.
#[derive(Debug, thiserror::Error)]
#[error(
    "the rule has no `desk`, and passkeys need it; add `\"desk\": {{\"rpId\": \"localhost\", \
     \"origin\": \"http://localhost:4580\"}}` to the rule for a desk on this machine"
)]
pub(crate) struct NoDesk;

impl<P: Ports> Web<P> {
    /// The state of a web app.
    ///
    /// # Errors
    /// [`NoDesk`] if the rule has none.
    pub(crate) fn new(
        ports: P,
        file: RuleFile,
        seal: Seal,
        glob: Option<String>,
        front: Option<Front>,
    ) -> Result<Arc<Self>, NoDesk> {
        let desk = file.rule.desk().cloned().ok_or(NoDesk)?;
        let worker = LocalPoolHandle::new(1);
        Ok(Arc::new(Self { ports, file, desk, seal, front, glob, is_open: false, worker }))
    }

    /// The state of a web app over pipelines that everybody may look at, as long as the rule has no
    /// passkey to sign in with: those of an emulator.
    pub(crate) fn open(ports: P, desk: Desk, file: RuleFile, seal: Seal) -> Arc<Self> {
        let is_open = !file.rule.public_keys().any(|(_, key)| key.credential_id().is_some());
        let worker = LocalPoolHandle::new(1);
        Arc::new(Self { ports, file, desk, seal, front: None, glob: None, is_open, worker })
    }

    /// Where the browser finds it.
    pub(crate) fn origin(&self) -> &str {
        self.desk.origin()
    }

    /// Whether this is the name of a pipeline that it shows and answers.
    fn shows(&self, pipeline: &str) -> bool {
        let matches = |glob: &str| WildMatch::new(glob).matches(pipeline);
        pipeline.parse::<PipelineName>().is_ok() && self.glob.as_deref().is_none_or(matches)
    }

    fn rule(&self) -> &Rule {
        &self.file.rule
    }

    /// The rules of stages, read again for each request.
    fn rules(&self) -> RuleSource {
        RuleSource::new(Some(self.file.clone()))
    }

    fn eyes<'a>(&'a self, rules: &'a RuleSource) -> Eyes<'a, P::Aws, P::CodePipeline, P::Roles> {
        Eyes {
            aws: self.ports.aws(),
            codepipeline: self.ports.codepipeline(),
            roles: self.ports.roles(),
            rules,
        }
    }

    /// Reads on the thread of the calls to AWS. Ends if nobody waits for it any more: people who
    /// ask and go away would fill the memory, and use up what AWS lets the account ask. Returns
    /// `None` if it panics.
    async fn run<T, F, R>(self: &Arc<Self>, task: F) -> Option<T>
    where
        F: FnOnce(Arc<Self>) -> R + Send + 'static,
        R: Future<Output = T> + 'static,
        T: Send + 'static,
    {
        AbortOnDropHandle::new(self.spawn(task)).await.ok()
    }

    /// Changes something at AWS, on the same thread. Goes on to its end, no matter who waits.
    /// Returns `None` if it panics.
    async fn finish<T, F, R>(self: &Arc<Self>, task: F) -> Option<T>
    where
        F: FnOnce(Arc<Self>) -> R + Send + 'static,
        R: Future<Output = T> + 'static,
        T: Send + 'static,
    {
        self.spawn(task).await.ok()
    }

    fn spawn<T, F, R>(self: &Arc<Self>, task: F) -> JoinHandle<T>
    where
        F: FnOnce(Arc<Self>) -> R + Send + 'static,
        R: Future<Output = T> + 'static,
        T: Send + 'static,
    {
        let web = Arc::clone(self);
        self.worker.spawn_pinned(move || Box::pin(task(web)))
    }
}
