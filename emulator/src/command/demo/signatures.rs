//! The signing keys of the demo's people, and what they sign.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Value, json};
use signing::{Approval, Statement};

use super::scenes::Signing;
use crate::signer::{Signer, nonce};

/// The people whose keys the rule has.
const IN_RULE: [&str; 2] = ["alice", "bob"];
/// Somebody with a key that the rule does not have.
const STRANGER: &str = "mallory";

/// Everybody's key, made for this run.
pub(super) struct Signatures {
    signers: BTreeMap<&'static str, Signer>,
    /// The last signature of each person.
    given: BTreeMap<&'static str, String>,
}

impl Signatures {
    pub(super) fn generate() -> Result<Self, Box<dyn Error>> {
        let people = IN_RULE.into_iter().chain([STRANGER]);
        let signers = people.map(|name| Ok((name, Signer::generate()?)));
        let signers = signers.collect::<Result<_, Box<dyn Error>>>()?;
        Ok(Self { signers, given: BTreeMap::new() })
    }

    /// The value of the rule's `signingKeys`.
    pub(super) fn signing_keys(&self) -> Value {
        let keys = self.signers.iter().filter(|(name, _)| IN_RULE.contains(*name));
        keys.map(|(name, signer)| ((*name).to_owned(), json!([signer.key().to_string()]))).collect()
    }

    /// The comment of an answer, and what the reader is told about it.
    pub(super) fn comment(
        &mut self,
        signing: Signing,
        answer: &Approval<'_>,
    ) -> Result<(String, String), Box<dyn Error>> {
        let (signature, told) = match signing {
            Signing::No => return Ok(("reviewed".to_owned(), String::new())),
            Signing::By(name) => {
                let signer = self.signers.get(name).ok_or("somebody without a key signs")?;
                let statement = Statement::new(answer, &nonce()?)?;
                let signature = signer.sign(&statement).to_string();
                self.given.insert(name, signature.clone());
                (signature, format!(",\n     signed with {name}'s key"))
            }
            Signing::CopiedFrom(name) => {
                let signature = self.given.get(name).ok_or("somebody has not signed yet")?;
                (signature.clone(), format!(",\n     with a copy of {name}'s last signature"))
            }
        };
        Ok((format!("reviewed {signature}"), told))
    }
}
