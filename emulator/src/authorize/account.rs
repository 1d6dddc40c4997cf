//! The account whose policies decide: read from a file, and only where it can decide for every
//! principal.

use std::path::{Path, PathBuf};

use iam::account::{Account, AccountError, Actor};

use crate::principals::Principals;
use crate::server::function;

/// The gate's role as `policygen generate --gate` names it, less the prefix that may be chosen.
const GATE_ROLE: &str = "TwoPersonRule-Gate";

/// Decides calls by an account.
#[derive(Debug)]
pub struct Authorizer {
    pub(super) account: Account,
    gate: String,
}

/// Why calls cannot be decided by a file.
#[derive(Debug, thiserror::Error)]
pub enum AccountFileError {
    /// It cannot be read.
    #[error("the account file `{}` cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no snapshot of an account.
    #[error("the account file `{}` cannot be used", .path.display())]
    Account {
        /// The file.
        path: PathBuf,
        /// Why.
        source: AccountError,
    },
    /// What bounds somebody is not known.
    #[error(
        "the account file has no policy `{0}`, which is somebody's permissions boundary, so it does not say what they may \
         do; add that policy to `Policies`"
    )]
    Boundary(String),
    /// The account does not know who is to call.
    #[error(
        "the access key id `{key_id}` stands for `{arn}`, who is not in the account `{account}`; name its users, sessions \
         of its roles, or its root"
    )]
    Stranger {
        /// The access key id.
        key_id: String,
        /// What it stands for.
        arn: String,
        /// The account's number.
        account: String,
    },
    /// The gate's role is not there.
    #[error("the account has no role `{0}` for the gate; give the name of its role to --gate-role")]
    GateRole(String),
}

impl Authorizer {
    /// Reads what `aws iam get-account-authorization-details` prints.
    ///
    /// # Errors
    /// When the file cannot be read, or it cannot decide for everybody who is to call.
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

    /// Decides by an account for these principals and for the gate, which has the role of that
    /// name.
    ///
    /// Without a name, the gate has the role that `policygen generate --gate` writes; and where the
    /// account has none such, the gate alone is not checked.
    ///
    /// # Errors
    /// When the account cannot decide for everybody who is to call.
    pub fn new(
        account: Account,
        principals: &Principals,
        gate_role: Option<&str>,
    ) -> Result<Self, AccountFileError> {
        // An audit takes whom it cannot see bounded for unbounded. That would let them do too much
        // here.
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
            None => function::ROLE,
        };
        let authorizer =
            Self { gate: function::session(&account.partition, &account.id, role), account };
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

    /// Whose policies decide for the caller of an ARN.
    pub(super) fn actor(&self, arn: &str) -> Option<Actor> {
        let partition = format!("arn:{}:", self.account.partition);
        self.account.actor(arn).filter(|_| arn.starts_with(&partition))
    }

    /// The partition of the account.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.account.partition
    }

    /// The number of the account.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account.id
    }

    /// The session as which the gate calls.
    #[must_use]
    pub fn gate(&self) -> &str {
        &self.gate
    }

    /// Whether policies decide for the gate too.
    #[must_use]
    pub fn checks_gate(&self) -> bool {
        self.actor(&self.gate).is_some()
    }
}
