//! What the signature in an approver's comment proves.

use std::collections::BTreeSet;

use signing::{Answer, Approval, Proof, Signature, SigningKey};

use crate::account::Account;
use crate::facts::{Attempt, Execution, Status};
use crate::handle::handles;
use crate::identity::AmbiguousPerson;
use crate::key::{Key, Keys};
use crate::message;
use crate::principal::Principal;
use crate::revisions::UnknownRevision;
use crate::rule::Rule;
use crate::signature_record::SignatureRecord;

/// A good signature of a key of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signer {
    /// The person that the rule gives the key to.
    pub(crate) person: String,
    key_id: String,
    pub(crate) proof: Proof,
}

/// What the comment of an answer shows.
pub(crate) enum Signed {
    /// It carries no signature, or the rule has no keys to verify one with.
    No,
    By(Signer),
    /// It carries something that looks like a signature and proves nothing. Why.
    Bad(String),
}

/// The place of an approval, and what it releases.
pub(crate) struct Released<'a> {
    pub(crate) execution: &'a Execution,
    pub(crate) stage: &'a str,
    pub(crate) revisions: &'a Result<BTreeSet<&'a str>, UnknownRevision>,
}

impl Rule {
    /// Verifies the signature in the comment of an attempt.
    ///
    /// INVARIANT (fail closed): the statement is written from the facts. Only the nonce and the
    /// name of the key come from the comment.
    pub(crate) fn signed(
        &self,
        released: &Released<'_>,
        action: &str,
        attempt: &Attempt,
    ) -> Signed {
        if !self.has_signing_keys() {
            return Signed::No;
        }
        let comment = match (&attempt.comment, attempt.status) {
            (Some(comment), _) => comment.as_str(),
            // INVARIANT (fail closed): CodePipeline always shows one. The one that is lost may have
            // held a signature, which says that the approver is not who the principal seems to be.
            (None, Status::Succeeded) => return Signed::Bad(message::no_comment()),
            (None, _) => return Signed::No,
        };
        let signature = match Signature::from_comment(comment) {
            Ok(None) => return Signed::No,
            Ok(Some(signature)) => signature,
            Err(error) => return Signed::Bad(error.to_string()),
        };
        let Some((person, key)) = self.signing_keys().find(signature.key_id()) else {
            return Signed::Bad(message::unknown_key(signature.key_id()));
        };
        match self.verify(released, action, attempt, key, &signature) {
            Ok(proof) => Signed::By(Signer {
                person: person.to_owned(),
                key_id: key.id().to_string(),
                proof,
            }),
            Err(why) => Signed::Bad(message::not_verified(person, key, &why)),
        }
    }

    fn verify(
        &self,
        Released { execution, stage, revisions }: &Released<'_>,
        action: &str,
        attempt: &Attempt,
        key: &SigningKey,
        signature: &Signature,
    ) -> Result<Proof, String> {
        let revisions = revisions.as_ref().map_err(ToString::to_string)?;
        let approval = Approval {
            pipeline: &execution.pipeline,
            execution: &execution.id,
            stage,
            action,
            attempt: attempt.id.as_deref().ok_or_else(message::attempt_without_id)?,
            answer: match attempt.status {
                Status::Failed => Answer::Rejected,
                Status::Succeeded | Status::InProgress | Status::Abandoned | Status::Unknown => {
                    Answer::Approved
                }
            },
            revisions: &Vec::from_iter(revisions.iter().copied()),
        };
        key.verify(&approval, signature, self.desk()).map_err(|error| error.to_string())
    }

    /// The keys of an approval that `person` signed and `principal` sent. Returns the other person
    /// as the error if the principal is proven to be somebody else.
    ///
    /// The principal only carried the signature, so its role says nothing, and two people may use
    /// one role. What the principal itself proves can still merge two approvals.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn signed_keys(
        &self,
        person: &str,
        principal: &Principal,
        account: &Account,
    ) -> Result<Result<Keys, String>, AmbiguousPerson> {
        let carrier = self.keys(principal, account)?;
        let signer = self.keys_of_entry(person);
        if let Some(other) = self.other_person(person, &signer, &carrier) {
            return Ok(Err(other));
        }
        let by_name = if carrier.role().is_some() { Keys::default() } else { carrier };
        let is_own = |key: &&Key| matches!(key, Key::User { .. } | Key::Handle(_));
        let proven = by_name.proven().iter().filter(is_own).cloned();
        let claimed = by_name.claimed().iter().filter(is_own).cloned();
        // INVARIANT (merge only): as for principals, the parameters' affixes only join.
        let claimed = claimed.chain(handles(person, &self.affixes()));
        Ok(Ok(Keys::new(signer.into_iter().chain(proven), claimed)))
    }

    /// The keys that a signature proves, no matter which principal carried it.
    #[must_use]
    pub fn signer_keys(&self, person: &str) -> Keys {
        Keys::new(self.keys_of_entry(person), [])
    }

    /// The person other than the signer that the keys of the principal prove, if there is one: an
    /// entry of `people`, or somebody whose name in the rule is the principal's handle.
    fn other_person(&self, person: &str, signer: &BTreeSet<Key>, carrier: &Keys) -> Option<String> {
        match carrier.proven_person() {
            Some(Key::Person(name)) if name != person => return Some(name.clone()),
            Some(_) => return None,
            None => {}
        }
        let is_handle = |key: &&Key| matches!(key, Key::Handle(_));
        let mut handles = carrier.proven().iter().filter(is_handle);
        if handles.clone().any(|handle| signer.contains(handle)) {
            return None;
        }
        handles.find_map(|handle| self.named_in_rule(handle)).map(str::to_owned)
    }

    /// The entry of `people` or `signingKeys` whose own name has this handle.
    pub(crate) fn named_in_rule(&self, handle: &Key) -> Option<&str> {
        let mut names = self.people().keys().map(String::as_str).chain(self.signing_keys().names());
        names.find(|name| self.handles(name).contains(handle))
    }
}

impl From<Signer> for SignatureRecord {
    fn from(Signer { person, key_id, proof }: Signer) -> Self {
        Self {
            key_id,
            signer: person,
            kind: proof.kind,
            device_bound: proof.is_device_bound(),
            user_verified: proof.user_verified,
            backup_eligible: proof.backup_eligible,
            backed_up: proof.backed_up,
            counter: proof.counter,
        }
    }
}
