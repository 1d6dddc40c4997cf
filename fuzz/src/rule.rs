//! The rule of the gate, and what a change of it means.

use ::rule::{Effect, Facts, Rule, Verdict, decide};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Two rules, and an execution that they judge.
#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    old: &'a RawValue,
    #[serde(borrow)]
    new: &'a RawValue,
    facts: Facts,
}

/// Whether a rule lets an execution pass. `None` if it is an error.
pub(crate) fn passes(rule: &Rule, facts: &Facts) -> Option<bool> {
    decide(rule, facts).ok().map(|decision| decision.record().verdict == Verdict::Satisfied)
}

/// How many approvals of an execution have succeeded.
pub(crate) fn approvals(facts: &Facts) -> usize {
    let attempts = facts.attempts.iter();
    attempts
        .filter(|it| {
            it.kind == ::rule::ActionKind::ManualApproval && it.status == ::rule::Status::Succeeded
        })
        .count()
}

/// A rule means what its JSON says, in any order and with any white space, and does not differ from
/// itself. No release passes with fewer approvals than the quorum. If a change loosens nothing, an
/// execution that the new rule lets pass passes the old rule too.
pub fn check(data: &[u8]) {
    let Ok(Input { old, new, facts }) = serde_json::from_slice(data) else { return };
    let [Ok(old), Ok(new)] = [old, new].map(|json| read(json.get())) else { return };
    for rule in [&old, &new] {
        if passes(rule, &facts) == Some(true) {
            let quorum = usize::try_from(rule.quorum().get()).unwrap_or(usize::MAX);
            assert!(approvals(&facts) >= quorum, "fewer approvals than the quorum");
        }
    }
    let changes = old.changes_to(&new);
    if changes.iter().all(|change| change.effect != Effect::Loosens)
        && passes(&new, &facts) == Some(true)
    {
        assert_eq!(passes(&old, &facts), Some(true), "it loosens and does not say so: {changes:?}");
    }
}

fn read(json: &str) -> Result<Rule, ()> {
    let rule = match Rule::floor(json) {
        Ok(rule) => rule,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return Err(());
        }
    };
    assert_eq!(rule.changes_to(&rule), [], "a rule differs from itself");
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        let again = Rule::floor(&value.to_string());
        assert_eq!(again.as_ref().map(Rule::digest), Ok(rule.digest()), "{json}");
        assert_eq!(again, Ok(rule.clone()));
    }
    Ok(rule)
}
