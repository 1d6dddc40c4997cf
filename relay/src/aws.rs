//! The ports over AWS. Only this file names the SDK.

use facts::CallError;
use facts::aws::sdk::Client;
use facts::aws::{
    Iam, Outgoing, Queue, Reader, SdkConfig, Start, StateMachine, Untaken, assumed, config,
};

use crate::port::{Elsewhere, Feedback, Releases};
use crate::settings::{RoleArn, Settings};

/// The name of the relay's sessions in the accounts of pipelines.
const SESSION: &str = "two-person-rule-relay";

/// Everything that the function asks of AWS.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) releases: StateMachine,
    pub(crate) feedback: Queue,
    pub(crate) elsewhere: Accounts,
}

/// The accounts of pipelines.
#[derive(Clone, Debug)]
pub(crate) struct Accounts(SdkConfig);

impl Live {
    /// Clients from the environment of the function: credentials, region and, if it is set,
    /// `AWS_ENDPOINT_URL`.
    pub(crate) async fn from_environment(settings: &Settings) -> Self {
        let config = config().load().await;
        Self {
            releases: StateMachine::new(&config, &settings.state_machine),
            feedback: Queue::new(&config, &settings.feedback_queue),
            elsewhere: Accounts(config),
        }
    }
}

impl Releases for StateMachine {
    async fn start(&self, name: &str, input: &str) -> Result<Start, CallError> {
        self.start(name, input).await
    }
}

impl Feedback for Queue {
    async fn send(&self, messages: &[Outgoing]) -> Result<Vec<Untaken>, CallError> {
        self.send(messages).await
    }
}

impl Elsewhere for Accounts {
    type Reader = Reader;
    type Iam = Iam;

    async fn open(&self, RoleArn(role): &RoleArn) -> Result<(Reader, Iam), CallError> {
        let config = assumed(&self.0, role, SESSION).await?;
        Ok((Reader::from(Client::new(&config)), Iam::new(&config)))
    }
}
