//! What IAM says about the roles of the account that the rule trusts by a glob.

use std::collections::BTreeSet;

use rule::{Account, Attempt, Initiator, Principal, Rule, Trust};

use crate::call::{CallError, Operation};
use crate::port::Roles;
use crate::retry::Budget;

/// The pipeline's account. If only a glob of the rule trusts a role that acted in the execution,
/// IAM is asked whether the role has the reserved path.
pub(crate) async fn account(
    roles: &impl Roles,
    rule: &Rule,
    id: &str,
    attempts: &[Attempt],
    initiator: &Initiator,
    budget: Budget,
) -> Result<Account, CallError> {
    let answered_by =
        |attempt: &Attempt| [attempt.approver.history.clone(), attempt.approver.state.clone()];
    let starter = match initiator {
        Initiator::Principal(arn) => Some(arn.clone()),
        Initiator::Automatic(_) | Initiator::Unknown => None,
    };
    let arns = attempts.iter().flat_map(answered_by).flatten().chain(starter);
    with_roles(roles, rule, Account::new(id), arns, budget).await
}

/// The account, with what IAM says about the roles of these principals if only a glob of the rule
/// trusts them.
///
/// # Errors
/// [`CallError`] if IAM does not answer.
pub async fn with_roles(
    roles: &impl Roles,
    rule: &Rule,
    mut account: Account,
    principals: impl IntoIterator<Item = String>,
    budget: Budget,
) -> Result<Account, CallError> {
    let unproven: BTreeSet<String> = principals
        .into_iter()
        .map(|arn| Principal::parse(&arn))
        .filter(|principal| principal.account() == Some(account.id()))
        .filter_map(|principal| principal.role().map(str::to_owned))
        .filter(|role| rule.trust(role, &account) == Trust::Unproven)
        .collect();
    for role in unproven {
        let arn = budget.call(Operation::GET_ROLE, || roles.role_arn(&role)).await?;
        account = arn.iter().fold(account, |account, arn| account.with_role(arn));
    }
    Ok(account)
}
