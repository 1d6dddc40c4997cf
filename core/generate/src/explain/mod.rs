//! Explains how principals are counted. Every answer comes from the crate `rule`.

pub mod comment;
pub mod human;
pub mod json;

use std::collections::BTreeSet;

use jiff::Timestamp;
use rule::{
    Account, ActionKind, Approver, Attempt, Decision, Execution, Facts, Initiator, Keys, Misfit,
    Person, Principal, RESERVED_PATH, Reason, ReasonCode, Rule, Status, Trust, decide, persons,
};

/// A placeholder for any action that the rule does not name. The name of an action cannot have a
/// space.
const ANY_ACTION: &str = "any approval";

/// How the principals are counted.
pub struct Explanation {
    /// The count without asking IAM about any role.
    known: Count,
    /// The roles that the gate would ask IAM about, because only a glob of the rule trusts them.
    asked: BTreeSet<String>,
    /// The count if IAM showed all of these roles under the path that AWS reserves. `None` if there
    /// are no such roles.
    if_reserved: Option<Count>,
    /// The number of persons that the rule requires.
    quorum: u32,
}

/// The principals, and the persons that they belong to.
struct Count {
    principals: Vec<Explained>,
    /// The persons, those with the best names first.
    persons: Vec<Person>,
    /// Whether two of the principals are different persons and could serve different actions.
    as_two: bool,
}

/// How one principal is counted.
struct Explained {
    principal: Principal,
    keys: Keys,
    /// The actions that the rule names, or any action if it names none. Each comes with the reason
    /// why an approval would not count there, if there is one.
    actions: Vec<(String, Option<Reason>)>,
}

impl Count {
    /// The person that a principal belongs to, by its position.
    fn person(&self, position: usize) -> Option<&Person> {
        self.persons.iter().find(|person| person.members().contains(&position))
    }
}

impl Explained {
    /// Why it does not count in any action. `None` if it counts in one.
    fn objection(&self) -> Option<&Reason> {
        let mut objections = self.actions.iter().map(|(_, objection)| objection.as_ref());
        let first = objections.next().flatten()?;
        objections.all(|objection| objection.is_some()).then_some(first)
    }

    /// The actions where it would count.
    fn counts_in(&self) -> impl Iterator<Item = &str> {
        self.actions
            .iter()
            .filter(|(_, objection)| objection.is_none())
            .map(|(action, _)| action.as_str())
    }
}

/// What is known about the pipeline's account.
pub enum Known {
    /// Only its id, so the paths of its roles are not known.
    Id(String),
    /// The account with all its roles.
    Roles(Account),
}

/// Explains each principal, and all of them together.
///
/// # Errors
/// [`Misfit`] if the rule gives one of them to two people.
pub fn explain(rule: &Rule, known: Known, arns: &[String]) -> Result<Explanation, Misfit> {
    let principals: Vec<Principal> = arns.iter().map(|arn| Principal::parse(arn)).collect();
    let (account, asked) = match known {
        Known::Roles(account) => (account, BTreeSet::new()),
        Known::Id(id) => {
            let account = Account::new(id);
            let asked = unproven(rule, &account, &principals);
            (account, asked)
        }
    };
    let if_reserved = if asked.is_empty() {
        None
    } else {
        let arn =
            |role: &String| format!("arn:aws:iam::{}:role{RESERVED_PATH}{role}", account.id());
        let reserved =
            asked.iter().fold(account.clone(), |account, role| account.with_role(&arn(role)));
        Some(count(rule, &reserved, &principals)?)
    };
    Ok(Explanation {
        known: count(rule, &account, &principals)?,
        asked,
        if_reserved,
        quorum: rule.quorum().get(),
    })
}

/// The account of the first principal that has one.
pub fn account_of(arns: &[String]) -> Option<String> {
    let principals = arns.iter().map(|arn| Principal::parse(arn));
    principals.filter_map(|principal| principal.account().map(str::to_owned)).next()
}

/// The roles of the account that only a glob of the rule trusts.
fn unproven(rule: &Rule, account: &Account, principals: &[Principal]) -> BTreeSet<String> {
    let own = principals.iter().filter(|principal| principal.account() == Some(account.id()));
    let roles = own.filter_map(Principal::role);
    roles.filter(|role| rule.trust(role, account) == Trust::Unproven).map(str::to_owned).collect()
}

fn count(rule: &Rule, account: &Account, of: &[Principal]) -> Result<Count, Misfit> {
    let mut principals = Vec::new();
    for principal in of {
        let mut actions = Vec::new();
        for action in actions_of(rule) {
            let decision = if_approved(rule, account, &action, principal)?;
            actions.push((action.clone(), objection(&decision, &action)));
        }
        principals.push(Explained {
            keys: rule.keys(principal, account)?,
            principal: principal.clone(),
            actions,
        });
    }
    // A principal that does not count in any action joins no other, as in the gate.
    let counted: Vec<Keys> = principals
        .iter()
        .map(|explained| match explained.objection() {
            None => explained.keys.clone(),
            Some(_) => Keys::default(),
        })
        .collect();
    let persons = persons(&counted);
    Ok(Count { as_two: two_persons(&principals, &persons), principals, persons })
}

/// The actions that the rule can treat differently: those that it names, those with a roster, and
/// any other if it requires every approval of the stage and has no roster.
fn actions_of(rule: &Rule) -> BTreeSet<String> {
    let named = rule.named_actions().chain(rule.rostered_actions());
    let mut actions: BTreeSet<String> = named.map(str::to_owned).collect();
    if rule.requires_every_approval() && rule.rostered_actions().next().is_none() {
        actions.insert(ANY_ACTION.to_owned());
    }
    actions
}

/// The gate's decision if this principal had just approved this action and nothing else had
/// happened.
fn if_approved(
    rule: &Rule,
    account: &Account,
    action: &str,
    principal: &Principal,
) -> Result<Decision, Misfit> {
    let stage = rule.stage().unwrap_or("explain");
    let execution =
        Execution { pipeline: String::new(), pipeline_version: None, id: String::new() };
    let approval = Attempt {
        approver: Approver { history: Some(principal.arn().to_owned()), state: None },
        ..succeeded(stage, action, ActionKind::ManualApproval)
    };
    decide_alone(rule, account, execution, stage, vec![approval])
}

/// An attempt that has just succeeded.
fn succeeded(stage: &str, action: &str, kind: ActionKind) -> Attempt {
    let now = Some(Timestamp::UNIX_EPOCH);
    Attempt {
        stage: Some(stage.to_owned()),
        action: Some(action.to_owned()),
        id: None,
        kind,
        status: Status::Succeeded,
        started: now,
        updated: now,
        answered: now,
        error: None,
        approver: Approver::default(),
        comment: Some(String::new()),
        revision: None,
        region: None,
        invoked: None,
    }
}

/// The gate's decision if these attempts were all that had happened in the execution.
fn decide_alone(
    rule: &Rule,
    account: &Account,
    execution: Execution,
    stage: &str,
    attempts: Vec<Attempt>,
) -> Result<Decision, Misfit> {
    let facts = Facts {
        account: account.clone(),
        execution,
        gate_stage: stage.to_owned(),
        job_id: None,
        attempts,
        // The initiator is a property of an execution, and not of a principal or an answer.
        initiator: Initiator::Automatic("explain".to_owned()),
        now: Timestamp::UNIX_EPOCH,
    };
    decide(rule, &facts)
}

/// The reason why the approval of this action did not count, or `None` if it counted.
///
/// INVARIANT (fail closed): an approval that the decision does not mention did not count.
fn objection(decision: &Decision, action: &str) -> Option<Reason> {
    let record = decision.record();
    let judged = record.approvals.iter().find(|approval| approval.action == action);
    let code = match judged {
        Some(judged) if judged.counted => return None,
        Some(judged) => judged.reason.unwrap_or(ReasonCode::MissingApproval),
        None => ReasonCode::MissingApproval,
    };
    let said = record.reasons.iter().find(|reason| reason.code == code);
    Some(
        said.cloned()
            .unwrap_or_else(|| Reason { code, message: format!("{action} does not count") }),
    )
}

/// Whether two principals belong to two persons and can serve two different actions.
fn two_persons(principals: &[Explained], persons: &[Person]) -> bool {
    let can_pair = |a: &Explained, b: &Explained| {
        let any = |action: &str| action == ANY_ACTION;
        a.counts_in().any(|first| b.counts_in().any(|second| first != second || any(first)))
    };
    let members = |person: &Person| -> Vec<&Explained> {
        person.members().iter().filter_map(|position| principals.get(*position)).collect()
    };
    persons.iter().enumerate().any(|(at, first)| {
        persons.iter().skip(at + 1).any(|second| {
            members(first).iter().any(|a| members(second).iter().any(|b| can_pair(a, b)))
        })
    })
}
