//! The pipeline's account. Principals of other accounts never count.

use std::collections::BTreeSet;

use rule::{Account, Initiator, Principal};

use crate::read::history::History;

/// How the pipeline's account is known.
#[derive(Clone, Debug)]
pub enum AccountSource {
    /// AWS or the user named it. If a snapshot of it is given, its roles are known, too.
    Given(Account),
    /// It is the only account among the principals of the history.
    Principals,
}

/// Nothing says which account is the pipeline's.
#[derive(Debug, thiserror::Error)]
#[error(
    "the history has principals of several accounts ({0}), and nothing says which one is the \
     pipeline's; give it by --account or --account-file"
)]
pub struct UnknownAccount(String);

impl AccountSource {
    /// The pipeline's account. Without any source its id is empty, and no principal belongs to it.
    ///
    /// # Errors
    /// [`UnknownAccount`] if it is not given and the history has principals of several accounts.
    pub(crate) fn resolve(&self, history: &History) -> Result<Account, UnknownAccount> {
        match self {
            Self::Given(account) => Ok(account.clone()),
            Self::Principals => {
                let accounts = accounts(history);
                if accounts.len() > 1 {
                    return Err(UnknownAccount(
                        accounts.into_iter().collect::<Vec<_>>().join(", "),
                    ));
                }
                Ok(Account::new(accounts.into_iter().next().unwrap_or_default()))
            }
        }
    }

    /// The account's id, if it is given.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Given(account) => Some(account.id()),
            Self::Principals => None,
        }
    }

    /// How the account is known: a code for programs, and a phrase for people.
    pub(crate) fn describe(&self, has_snapshot: bool) -> (&'static str, &'static str) {
        match self {
            Self::Given(_) if has_snapshot => ("snapshot", "from the snapshot of the account"),
            Self::Given(_) => ("given", "named by AWS or by the user"),
            Self::Principals => {
                ("principals", "assumed: all principals of the history belong to it")
            }
        }
    }

    /// What a reader of the report must know about the account, if anything.
    pub(crate) fn notes(&self, account: &Account) -> Vec<String> {
        match self {
            Self::Principals if !account.id().is_empty() => vec![format!(
                "Nothing says which account the pipeline belongs to. The report assumes {}, since \
                 all principals of the history belong to it.",
                account.id()
            )],
            Self::Given(_) | Self::Principals => Vec::new(),
        }
    }
}

fn accounts(history: &History) -> BTreeSet<String> {
    let approvers =
        history.actions.iter().filter_map(|action| action.attempt.approver.history.clone());
    let starters =
        history.executions.iter().filter_map(|execution| match execution.trigger.initiator() {
            Initiator::Principal(arn) => Some(arn),
            Initiator::Automatic(_) | Initiator::Unknown => None,
        });
    let principals = approvers.chain(starters).map(|arn| Principal::parse(&arn));
    principals.filter_map(|principal| principal.account().map(str::to_owned)).collect()
}
