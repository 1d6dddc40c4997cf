//! Which account is the pipeline's: a principal of any other is nobody.

use std::collections::BTreeSet;

use rule::{Account, Initiator, Principal};

use super::history::History;

/// How the pipeline's account is known.
#[derive(Debug)]
pub enum AccountOf {
    /// AWS or the user told; with the roles that IAM Identity Center made, if a snapshot was given.
    Told(Account),
    /// Nobody told: the one account that all principals of the history are of.
    Principals,
}

/// The account is not known.
#[derive(Debug, thiserror::Error)]
#[error(
    "the history has principals of several accounts ({0}), and nothing says which one is the pipeline's; give it by --account or --account-file"
)]
pub struct NoAccount(String);

impl AccountOf {
    /// The account. One that nobody told and no principal shows is no principal's.
    ///
    /// # Errors
    /// [`NoAccount`] if nobody told, and the principals are of several.
    pub(super) fn of(&self, history: &History) -> Result<Account, NoAccount> {
        match self {
            Self::Told(account) => Ok(account.clone()),
            Self::Principals => {
                let accounts = accounts(history);
                if accounts.len() > 1 {
                    return Err(NoAccount(accounts.into_iter().collect::<Vec<_>>().join(", ")));
                }
                Ok(Account::new(accounts.into_iter().next().unwrap_or_default()))
            }
        }
    }

    /// What a reader has to know of it.
    pub(super) fn notes(&self, account: &Account) -> Vec<String> {
        match self {
            Self::Principals if !account.id().is_empty() => vec![format!(
                "Nothing says which account the pipeline is of. It is taken to be {}, which all principals of the history are of.",
                account.id()
            )],
            Self::Told(_) | Self::Principals => Vec::new(),
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
