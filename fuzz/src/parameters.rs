//! UserParameters, which may only tighten the rule.

use rule::{Facts, Rule};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::rule::passes;

/// A rule, UserParameters, and an execution that both judge.
#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    floor: &'a RawValue,
    #[serde(borrow)]
    parameters: &'a RawValue,
    facts: Facts,
}

/// What the tightened rule lets pass, the rule itself lets pass. What is demanded is never less
/// than either of the two demands. A second time, the same parameters change nothing.
pub fn check(data: &[u8]) {
    let Ok(Input { floor, parameters, facts }) = serde_json::from_slice(data) else { return };
    let Ok(floor) = Rule::floor(floor.get()) else { return };
    // As GetJobDetails gives them, they are a text. They may be anything.
    let text: String =
        serde_json::from_str(parameters.get()).unwrap_or_else(|_| parameters.get().to_owned());
    let Ok(tightened) = floor.tightened_by(&text, &facts.gate_stage) else { return };
    let demands = |rule: &Rule| {
        [
            rule.quorum().get() as usize,
            rule.named_actions().count(),
            usize::from(rule.only_people()),
            usize::from(rule.excludes_initiator()),
            usize::from(rule.excludes_authors()),
            usize::from(rule.requires_every_approval()),
            // Fewer minutes demand more.
            rule.max_age_minutes().map_or(0, |minutes| usize::MAX - minutes as usize),
        ]
    };
    let all = |rule: &Rule, least: &Rule| {
        demands(rule).into_iter().zip(demands(least)).all(|(rule, least)| rule >= least)
            && rule.require_signature() >= least.require_signature()
            && rule.shared_roles() >= least.shared_roles()
    };
    assert!(all(&tightened, &floor), "the parameters loosen a demand of the floor");
    assert_eq!(tightened.digest(), floor.digest());
    if passes(&tightened, &facts) == Some(true) {
        assert_eq!(passes(&floor, &facts), Some(true), "the floor refuses it");
    }
    let again = tightened.tightened_by(&text, &facts.gate_stage);
    let again = again.as_ref().map(|again| passes(again, &facts));
    assert_eq!(again, Ok(passes(&tightened, &facts)), "the same parameters again");
}
