//! The public keys of the load balancer, which AWS serves by their ids and changes now and then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use facts::{Budget, CallError, Operation};
use signing::p256_of_spki;
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
        let key = point(&pem).ok_or(malformed("it is not a public key of P-256"))?;
        if known.len() == KEPT {
            known.pop_front();
        }
        known.push_back((id.clone(), Arc::clone(&key)));
        Ok(key)
    }
}

/// The key in a PEM file (RFC 7468).
fn point(pem: &str) -> Option<Point> {
    let text = pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let text = text.strip_suffix("-----END PUBLIC KEY-----")?;
    let text: String = text.split_ascii_whitespace().collect();
    p256_of_spki(&STANDARD.decode(text).ok()?).map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::super::made::Signer;
    use super::*;

    #[test]
    fn a_key_is_read_from_pem_and_nothing_else_is_a_key() {
        let signer = Signer::new();
        let pem = signer.pem();
        assert_eq!(point(&pem).as_deref(), Some(signer.point()));
        assert!(point(&pem.replace('\n', "\r\n")).is_some());
        for wrong in [
            String::new(),
            "<Error><Code>AccessDenied</Code></Error>".to_owned(),
            pem.replace("PUBLIC KEY", "CERTIFICATE"),
            pem.replace("-----END PUBLIC KEY-----", ""),
            pem.replacen("MFkw", "MFkx", 1),
            format!("{pem}{pem}"),
        ] {
            assert_eq!(point(&wrong), None, "{wrong}");
        }
    }
}
