//! Delivers notices. A way that fails does not stop the others.

use facts::CallError;
use futures_util::future::join_all;
use serde_json::Value;

use super::chat;
use super::notice::Notice;
use super::webhook::{Chat, Webhook};

/// The ways to people.
pub(crate) trait Ways {
    /// Publish of SNS, which sends mails. `None` if there is no topic.
    fn publish(&self, notice: &Notice) -> impl Future<Output = Option<Result<(), CallError>>>;

    /// The webhooks of chats.
    fn webhooks(&self) -> impl Future<Output = Result<Vec<Webhook>, CallError>>;

    /// Posts a message to a webhook.
    fn post(
        &self,
        webhook: &Webhook,
        message: &Value,
    ) -> impl Future<Output = Result<(), CallError>>;
}

/// What became of a notice.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// How many ways it went.
    pub(crate) ways: usize,
    /// Why it did not go the others.
    pub(crate) problems: Vec<CallError>,
}

/// Delivers a notice on every way.
pub(crate) async fn tell(ways: &impl Ways, notice: &Notice) -> Told {
    let (mailed, posted) = tokio::join!(ways.publish(notice), post(ways, notice));
    let mut told = Told::default();
    for outcome in mailed.into_iter().chain(posted) {
        match outcome {
            Ok(()) => told.ways += 1,
            Err(problem) => told.problems.push(problem),
        }
    }
    told
}

async fn post(ways: &impl Ways, notice: &Notice) -> Vec<Result<(), CallError>> {
    let webhooks = match ways.webhooks().await {
        Ok(webhooks) => webhooks,
        Err(problem) => return vec![Err(problem)],
    };
    let post = async |webhook: &Webhook| {
        let message = match webhook.chat {
            Chat::Slack => chat::slack(notice),
            Chat::Teams => chat::teams(notice),
        };
        ways.post(webhook, &message).await
    };
    join_all(webhooks.iter().map(post)).await
}
