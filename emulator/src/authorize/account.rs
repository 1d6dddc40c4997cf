//! The account whose policies decide. Its file is accepted only if it can decide for every
//! principal.

use std::path::{Path, PathBuf};

use iam::account::{Account, AccountError, Actor};

use crate::gate_identity::{NAME, ROLE};
use crate::principals::{Principals, session};

/// The gate's role in the output of `policygen generate --gate`, without the prefix that the user
/// may choose.
const GATE_ROLE: &str = "TwoPersonRule-Gate";

/// Decides calls by the policies of an account.
#[derive(Debug)]
pub struct Authorizer {
    pub(super) account: Account,
    gate: String,
    /// The sessions of the other functions.
    functions: Vec<String>,
}

/// Why a file cannot decide calls.
#[derive(Debug, thiserror::Error)]
pub enum AccountFileError {
    /// The file cannot be read.
    #[error("the account file `{}` cannot be read", .path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not a snapshot of an account.
    #[error("the account file `{}` cannot be used", .path.display())]
    Account {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: AccountError,
    },
    /// A permissions boundary is missing.
    #[error(
        "the account file has no policy `{0}`, although it is a permissions boundary, so the \
         permissions of its principals are unknown; add the policy to `Policies`"
    )]
    Boundary(String),
    /// A principal is not in the account.
    #[error(
        "the access key id `{key_id}` is for `{arn}`, which is not in the account `{account}`; use \
         one of its users, a session of one of its roles, or its root"
    )]
    Stranger {
        /// The access key id.
        key_id: String,
        /// The ARN of its principal.
        arn: String,
        /// The id of the account.
        account: String,
    },
    /// The gate's role is missing.
    #[error("the account has no role `{0}` for the gate; give the name of its role to --gate-role")]
    GateRole(String),
}

impl Authorizer {
    /// Reads the output of `aws iam get-account-authorization-details`.
    ///
    /// # Errors
    /// If the file cannot be read, or cannot decide for every principal.
    pub fn read(
        path: &Path,
        principals: &Principals,
        gate_role: Option<&str>,
    ) -> Result<Self, AccountFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| AccountFileError::Read { path: path.to_owned(), source })?;
        let account = Account::parse(&text)
            .map_err(|source| AccountFileError::Account { path: path.to_owned(), source })?;
        Self::new(account, principals, gate_role)
    }

    /// Decides for these principals, and for the gate if the account has its role.
    ///
    /// Without `gate_role`, the gate has the role that `policygen generate --gate` writes. If the
    /// account does not have that role, the gate is not checked.
    ///
    /// # Errors
    /// If the account cannot decide for every principal.
    pub fn new(
        account: Account,
        principals: &Principals,
        gate_role: Option<&str>,
    ) -> Result<Self, AccountFileError> {
        // An audit treats a principal with a missing boundary as unbounded. Here that would allow
        // too much.
        if let Some(policy) = account.missing_boundaries.first() {
            return Err(AccountFileError::Boundary(policy.clone()));
        }
        let has_role = |name: &str| account.roles.iter().any(|role| role.identity.name == name);
        let role = match gate_role {
            Some(name) if !has_role(name) => {
                return Err(AccountFileError::GateRole(name.to_owned()));
            }
            Some(name) => name,
            None if has_role(GATE_ROLE) => GATE_ROLE,
            None => ROLE,
        };
        let gate = session(&account.partition, &account.id, role, NAME);
        let authorizer = Self { gate, functions: Vec::new(), account };
        match principals.iter().find(|(_, arn)| !authorizer.knows(arn)) {
            None => Ok(authorizer),
            Some((key_id, arn)) => Err(AccountFileError::Stranger {
                key_id: key_id.to_owned(),
                arn: arn.to_owned(),
                account: authorizer.account.id,
            }),
        }
    }

    fn knows(&self, arn: &str) -> bool {
        self.is_root(arn) || self.actor(arn).is_some()
    }

    /// Whether an ARN is that of the account's root user.
    pub(super) fn is_root(&self, arn: &str) -> bool {
        arn == format!("arn:{}:iam::{}:root", self.account.partition, self.account.id)
    }

    /// The principal whose policies decide for a caller.
    pub(super) fn actor(&self, arn: &str) -> Option<Actor> {
        let partition = format!("arn:{}:", self.account.partition);
        self.account.actor(arn).filter(|_| arn.starts_with(&partition))
    }

    /// The partition of the account.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.account.partition
    }

    /// The id of the account.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account.id
    }

    /// The ARN of the gate's session.
    #[must_use]
    pub fn gate(&self) -> &str {
        &self.gate
    }

    /// Whether policies also decide for the gate.
    #[must_use]
    pub fn checks_gate(&self) -> bool {
        self.actor(&self.gate).is_some()
    }

    /// Decides for another function too, which calls as the role with its name. If the account does
    /// not have that role, the function is not checked. Returns whether it is.
    pub fn add_function(&mut self, name: &str) -> bool {
        let session = session(&self.account.partition, &self.account.id, name, name);
        let is_checked = self.actor(&session).is_some();
        self.functions.push(session);
        is_checked
    }

    /// Whether an ARN is the session of a function, the gate or another.
    pub(super) fn is_function(&self, arn: &str) -> bool {
        self.gate == arn || self.functions.iter().any(|function| function == arn)
    }
}
