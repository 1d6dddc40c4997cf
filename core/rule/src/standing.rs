//! Whether an answer counts as far as that depends on its principal, and not on its time or its
//! attempt.

use names::shown;
use signing::KeyKind;

use crate::account::Account;
use crate::decision::Reason;
use crate::identity::{AmbiguousPerson, Basis};
use crate::key::{Key, Keys};
use crate::message;
use crate::principal::Principal;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::signature_record::SignatureRecord;
use crate::signing_keys::RequireSignature;
use crate::trusted_role::{SharedRoles, TrustedRole};

/// Somebody who answered one approval.
pub(crate) struct Answerer<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) account: &'a Account,
    pub(crate) action: &'a str,
    pub(crate) principal: &'a Principal,
    pub(crate) keys: &'a Keys,
    pub(crate) basis: Option<Basis>,
    pub(crate) signature: Option<&'a SignatureRecord>,
}

impl Rule {
    /// The keys by which an unsigned answer of this principal counts in `action`, or why it does
    /// not count. Assumes that the answer itself is in order: in time, and not rejected.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn standing(
        &self,
        action: &str,
        principal: &Principal,
        account: &Account,
    ) -> Result<Result<Keys, Reason>, AmbiguousPerson> {
        let keys = self.keys(principal, account)?;
        let basis = self.basis(principal, account).filter(|_| keys.is_attributable());
        let by = Answerer { basis, ..Answerer::unsigned(self, account, action, principal, &keys) };
        Ok(by.standing().map(|()| keys))
    }

    /// The same for an answer that `person` signed with the best of their signing keys. `None` if
    /// the rule has no key of theirs, or the principal is proven to be somebody else.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn standing_if_signed(
        &self,
        person: &str,
        action: &str,
        principal: &Principal,
        account: &Account,
    ) -> Result<Option<Result<Keys, Reason>>, AmbiguousPerson> {
        let Some(signature) = self.best_signature(person) else {
            return Ok(None);
        };
        let Ok(keys) = self.signed_keys(person, principal, account)? else {
            return Ok(None);
        };
        let by = Answerer {
            basis: Some(Basis::Signature),
            signature: Some(&signature),
            ..Answerer::unsigned(self, account, action, principal, &keys)
        };
        Ok(Some(by.standing().map(|()| keys)))
    }

    /// A signature of a person by a key that cannot leave its device, if there may be one.
    fn best_signature(&self, person: &str) -> Option<SignatureRecord> {
        let keys = self.public_keys().filter(|(name, _)| *name == person);
        let (_, key) = keys.max_by_key(|(_, key)| key.kind() != KeyKind::Ssh)?;
        Some(SignatureRecord {
            key_id: key.id().to_string(),
            signer: person.to_owned(),
            kind: key.kind(),
            device_bound: key.kind() != KeyKind::Ssh,
            user_verified: true,
            backup_eligible: None,
            backed_up: None,
            counter: None,
        })
    }

    /// The entry of `people` that a principal is proven to be.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn entry_of(
        &self,
        principal: &Principal,
        account: &Account,
    ) -> Result<Option<String>, AmbiguousPerson> {
        let keys = self.keys(principal, account)?;
        Ok(keys.proven_person().map(Key::label))
    }

    /// The person of `people` or `signingKeys` that a principal is proven to be: an entry that
    /// matches it, or one whose own name is its handle.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn person_of(
        &self,
        principal: &Principal,
        account: &Account,
    ) -> Result<Option<String>, AmbiguousPerson> {
        let keys = self.keys(principal, account)?;
        let handles = keys.proven().iter().filter(|key| matches!(key, Key::Handle(_)));
        let mut named = handles.filter_map(|handle| self.named_in_rule(handle));
        let entry = keys.proven_person().map(Key::label);
        Ok(entry.or_else(|| named.next().map(str::to_owned)))
    }

    /// The names of users and sessions that the rule mentions: in `people`, in `signingKeys` and in
    /// the roster.
    pub fn mentioned_names(&self) -> impl Iterator<Item = &str> {
        let rostered = self.rostered().filter(|entry| !entry.starts_with("role/") && *entry != "*");
        self.names_of_people().map(|(_, name)| name).chain(rostered)
    }

    /// The names of roles that the rule mentions in full: in `trustedSessionRoles` and the roster.
    pub fn mentioned_roles(&self) -> impl Iterator<Item = &str> {
        let trusted = self.trusted_session_roles().iter().map(TrustedRole::text);
        let trusted = trusted.filter(|name| !name.contains(['*', '?']));
        trusted.chain(self.rostered().filter_map(|entry| entry.strip_prefix("role/")))
    }

    fn rostered(&self) -> impl Iterator<Item = &str> {
        self.roster().entries().values().flatten().map(String::as_str)
    }
}

fn object(code: ReasonCode, message: String) -> Result<(), Reason> {
    Err(Reason { code, message })
}

impl<'a> Answerer<'a> {
    /// Somebody who has not signed, and whose answer rests on nothing yet.
    fn unsigned(
        rule: &'a Rule,
        account: &'a Account,
        action: &'a str,
        principal: &'a Principal,
        keys: &'a Keys,
    ) -> Self {
        Self { rule, account, action, principal, keys, basis: None, signature: None }
    }

    /// Whether an answer counts that is in order otherwise.
    fn standing(&self) -> Result<(), Reason> {
        self.is_a_person()?;
        self.may_count()
    }

    /// Whether a person is behind the answer.
    pub(crate) fn is_a_person(&self) -> Result<(), Reason> {
        self.is_not_a_machine()?;
        self.is_signed_if_required()?;
        self.is_attributable()
    }

    /// Whether that person may count.
    pub(crate) fn may_count(&self) -> Result<(), Reason> {
        self.may_share_its_role()?;
        self.is_one_of_the_people()?;
        self.is_on_the_roster()
    }

    fn is_not_a_machine(&self) -> Result<(), Reason> {
        if self.rule.is_machine(self.principal) {
            let machine = message::machine(self.action, self.principal);
            return object(ReasonCode::NotAPerson, machine);
        }
        Ok(())
    }

    fn is_signed_if_required(&self) -> Result<(), Reason> {
        match (self.rule.require_signature(), self.signature) {
            (RequireSignature::No, _) => Ok(()),
            (_, None) => object(ReasonCode::NotSigned, message::not_signed(self.action)),
            (RequireSignature::DeviceBound, Some(signature)) if !signature.device_bound => {
                object(ReasonCode::NotSigned, message::not_device_bound(self.action, signature))
            }
            (RequireSignature::Any | RequireSignature::DeviceBound, Some(_)) => Ok(()),
        }
    }

    fn is_attributable(&self) -> Result<(), Reason> {
        if self.keys.is_attributable() {
            return Ok(());
        }
        let nobody = message::nobody(self.principal, self.account);
        object(ReasonCode::Unattributable, format!("{}: {nobody}", self.action))
    }

    fn may_share_its_role(&self) -> Result<(), Reason> {
        let is_shared = self.basis == Some(Basis::SharedRole);
        if is_shared && self.rule.shared_roles() == SharedRoles::Reject {
            let shared = message::shared_role(self.rule, self.principal, self.keys, self.account);
            return object(ReasonCode::SharedRole, format!("{}: {shared}", self.action));
        }
        Ok(())
    }

    fn is_one_of_the_people(&self) -> Result<(), Reason> {
        if self.rule.only_people() && self.keys.proven_person().is_none() {
            return object(
                ReasonCode::NotOnRoster,
                message::not_in_people(self.rule, self.action, self.principal),
            );
        }
        Ok(())
    }

    /// INVARIANT (merge only): a signature gives its signer a place on the roster. The principal
    /// that carried it gives none, because the person who signed may not be the one it belongs to.
    fn is_on_the_roster(&self) -> Result<(), Reason> {
        let (is_on_roster, who) = match self.signature {
            Some(signature) => {
                let keys = self.rule.signer_keys(&signature.signer);
                (self.rule.is_on_roster(self.action, &keys), signature.signer.clone())
            }
            None => (self.rule.is_on_roster(self.action, self.keys), shown(self.principal.arn())),
        };
        if is_on_roster {
            return Ok(());
        }
        object(ReasonCode::NotOnRoster, message::not_on_roster(self.action, &who))
    }
}
