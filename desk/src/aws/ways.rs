//! The ways to people: SNS, and webhooks whose addresses are in Secrets Manager.

use std::time::Duration;

use facts::aws::{Https, Secret, SecretArn};
use facts::{Budget, CallError, Operation};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::sns::{Topic, TopicArn};
use super::{Connection, NoRegion, missing};
use crate::notify::{Chat, Notice, Ways, Webhook};

/// How long reading the secret may take, retries included.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a delivery may take. Then it is not tried again, because it may have arrived.
const REPLY: Duration = Duration::from_secs(20);
/// How long to wait before a refused delivery is tried again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

const PUBLISH: Operation = Operation::of("sns", "Publish");

/// The ways that are configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveWays {
    topic: Option<Topic>,
    secret: Option<Secret>,
    https: Https,
}

impl LiveWays {
    /// The ways with these addresses.
    ///
    /// # Errors
    /// [`NoRegion`] if no region is configured.
    pub(crate) async fn open(
        connection: &Connection,
        topic: Option<&TopicArn>,
        secret: Option<&SecretArn>,
    ) -> Result<Self, NoRegion> {
        let config = connection.config().await?;
        Ok(Self {
            topic: topic.map(|arn| Topic::new(&config, arn)),
            secret: secret.map(|arn| Secret::new(&config, arn)),
            https: Https::default(),
        })
    }
}

impl Ways for LiveWays {
    async fn publish(&self, notice: &Notice) -> Option<Result<(), CallError>> {
        let topic = self.topic.as_ref()?;
        Some(delivered(PUBLISH, || topic.publish(notice)).await)
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, CallError> {
        const OPERATION: Operation = Operation::GET_SECRET_VALUE;
        match &self.secret {
            Some(secret) => {
                let text = Budget::of(PATIENCE).call(OPERATION, || secret.text()).await?;
                Webhook::of_secret(&text).map_err(|problem| missing(OPERATION, problem))
            }
            None => Ok(Vec::new()),
        }
    }

    async fn post(&self, webhook: &Webhook, message: &Value) -> Result<(), CallError> {
        let service = match webhook.chat {
            Chat::Slack => "Slack",
            Chat::Teams => "Teams",
        };
        let operation = Operation::of(service, service);
        let message = message.to_string();
        let call = || async {
            let reply = self.https.post_json(operation, webhook.url(), &message).await?;
            match reply.status {
                200..300 => Ok(()),
                // What it says may repeat the address.
                status => Err(CallError::of_service(
                    operation,
                    status,
                    &format!("status {status}"),
                    "check the address in the secret".to_owned(),
                )),
            }
        };
        delivered(operation, call).await
    }
}

/// Delivers something. Tries it again if the other side is busy.
async fn delivered<F: Future<Output = Result<(), CallError>>>(
    operation: Operation,
    call: impl Fn() -> F,
) -> Result<(), CallError> {
    let once = async || {
        let problem = "no reply in time, so it may have arrived".to_owned();
        let silence = Err(CallError::Transient { operation, problem });
        match timeout(REPLY, call()).await {
            Ok(Err(busy @ CallError::Transient { .. })) => Err(busy),
            Ok(done) => Ok(done),
            Err(_) => Ok(silence),
        }
    };
    for pause in PAUSES {
        match once().await {
            Ok(done) => return done,
            Err(_busy) => sleep(pause).await,
        }
    }
    once().await?
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What becomes of a delivery that ends like this each time, and how often it was tried.
    async fn tried(outcome: Option<Result<(), CallError>>) -> (Result<(), CallError>, u32) {
        let tries = Cell::new(0);
        let call = || {
            tries.set(tries.get() + 1);
            let outcome = outcome.clone();
            async move {
                match outcome {
                    Some(outcome) => outcome,
                    None => std::future::pending().await,
                }
            }
        };
        let done = delivered(PUBLISH, call).await;
        (done, tries.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_delivery_is_tried_again_unless_it_may_have_arrived() {
        let of_service = |status| CallError::of_service(PUBLISH, status, "code", String::new());
        assert_eq!(tried(Some(Ok(()))).await, (Ok(()), 1));
        assert_eq!(tried(Some(Err(of_service(404)))).await, (Err(of_service(404)), 1));
        assert_eq!(tried(Some(Err(of_service(503)))).await, (Err(of_service(503)), 3));
        let (silence, tries) = tried(None).await;
        assert!(silence.is_err_and(|it| it.to_string().contains("may have arrived")));
        assert_eq!(tries, 1);
    }
}
