//! The gate, as Lambda runs it: at least once for each event, and again after an error.

use std::time::Duration;

use facts::aws::{Reader, sdk};
use facts::{CallError, Floor, Roles};
use job::aws::JobWorker;
use job::{Budget, Event};
use lambda::{Found, Journal, Ports, Proofs, handle};
use names::{KmsKeyArn, S3Uri};
use proof::Sha256;
use serde_json::Value;

use super::people::ACCOUNT;
use super::pipeline::FUNCTION;
use super::wire::config;
use super::world::{Caller, World};

/// The function's time limit in `templates/gate.yaml`.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Lambda waits a minute before it invokes again, and two before the last time.
const RETRY: Duration = Duration::from_secs(60);

/// The gate.
pub(crate) struct Gate {
    world: World,
    client: sdk::Client,
    floor: Floor,
}

impl Gate {
    pub(crate) fn new(world: &World, rule: &str) -> Self {
        let client = sdk::Client::new(&config(world, Caller::Gate));
        Self { world: world.clone(), client, floor: Floor::from_json(rule) }
    }

    /// Handles an event.
    pub(crate) async fn invoke(&self, event: Value) {
        for retry in 1..=3 {
            let Err(error) = self.once(&event).await else { return };
            self.world.say(&format!("the gate ends with an error: {error}"));
            tokio::time::sleep(RETRY * retry).await;
        }
    }

    async fn once(&self, event: &Value) -> Result<(), job::InvocationError> {
        let event: Event = serde_json::from_str(&event.to_string()).unwrap();
        let job = event.into_job().unwrap();
        let now = self.world.now();
        self.world.lock().log.invoked.push((job.id.clone(), now));
        let function_arn = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{FUNCTION}");
        let (worker, reader) =
            (JobWorker::from(self.client.clone()), Reader::from(self.client.clone()));
        let ports =
            Ports { jobs: &worker, codepipeline: &reader, roles: &NoRoles, proofs: &NoProofs };
        let invocation = job::Invocation { job, function_arn };
        let mut journal = Journal::new(std::io::sink());
        let handled =
            handle(&ports, &self.floor, &invocation, Budget::until(TIMEOUT), now, &mut journal);
        // Lambda ends what takes longer.
        tokio::time::timeout(TIMEOUT, handled).await.unwrap_or(Ok(()))
    }
}

/// The rule names the role that it trusts, so IAM is never asked.
struct NoRoles;

impl Roles for NoRoles {
    async fn role_arn(&self, role: &str) -> Result<Option<String>, CallError> {
        panic!("IAM was asked about {role}")
    }
}

/// Neither S3 nor KMS: no rule here demands a proof.
struct NoProofs;

impl Proofs for NoProofs {
    async fn artifact(&self, place: &S3Uri, _: u64) -> Result<Found, CallError> {
        panic!("{place} was read")
    }

    async fn sign(&self, key: &KmsKeyArn, _: &Sha256) -> Result<Vec<u8>, CallError> {
        panic!("{key} was used")
    }

    async fn store(&self, place: &S3Uri, _: &str) -> Result<(), CallError> {
        panic!("{place} was written")
    }
}
