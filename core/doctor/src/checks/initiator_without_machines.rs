//! `initiator-without-machines`: the rule excludes the person who starts an execution, and knows no
//! machine.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "initiator-without-machines",
    severity: Severity::Note,
    title: "`excludeInitiator` without `notPeople`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    if !rule.excludes_initiator() || rule.names_machines() {
        return None;
    }
    Some(CHECK.finding(
        about_rule("excludeInitiator"),
        "`excludeInitiator` is set, and `notPeople` names no machine. If a build server or a chat bot starts an execution through \
         its role, anybody may be behind it: nobody counts, and the gate refuses the release."
            .to_owned(),
        "Name the roles of the machines that start executions in `notPeople`. If only people and events start executions, accept this \
         finding.".to_owned(),
    ))
}
