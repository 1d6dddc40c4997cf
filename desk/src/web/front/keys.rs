//! The public keys of the load balancer, which AWS serves by their ids and changes now and then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use facts::{Budget, CallError, Operation};
use signing::p256_of_pem;
use tokio::sync::Mutex;

use super::super::{Ports, Web};
use super::token::KeyId;

pub(crate) const GET_KEY: Operation =
    Operation::of("elasticloadbalancing", "the address of the load balancer's public keys");

/// How many keys are kept. A load balancer uses one at a time.
const KEPT: usize = 8;
/// How long a key may take to arrive, all tries together.
const PATIENCE: Duration = Duration::from_secs(12);

/// The point of a public key of P-256.
pub(super) type Point = Arc<[u8]>;

/// The keys that have been asked for.
#[derive(Debug)]
pub(super) struct Keys {
    address: String,
    /// The oldest first.
    known: Mutex<VecDeque<(KeyId, Point)>>,
}

impl Keys {
    pub(super) fn at(address: String) -> Self {
        Self { address, known: Mutex::default() }
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`CallError`] if AWS does not have it, or does not answer in time.
    pub(super) async fn get<P: Ports>(
        &self,
        web: &Arc<Web<P>>,
        id: &KeyId,
    ) -> Result<Point, CallError> {
        // Held while the call runs, so that there is one call at a time.
        let mut known = self.known.lock().await;
        if let Some((_, key)) = known.iter().find(|(of, _)| of == id) {
            return Ok(Arc::clone(key));
        }
        let url = format!("{}/{id}", self.address);
        let asked = web.run(|web| async move {
            Budget::of(PATIENCE).call(GET_KEY, || web.ports.public_key(&url)).await
        });
        let malformed = |problem| CallError::Malformed { operation: GET_KEY, problem };
        let pem = asked.await.ok_or(malformed("the desk failed"))??;
        let key =
            p256_of_pem(&pem).map(Arc::from).ok_or(malformed("it is not a public key of P-256"))?;
        if known.len() == KEPT {
            known.pop_front();
        }
        known.push_back((id.clone(), Arc::clone(&key)));
        Ok(key)
    }
}
