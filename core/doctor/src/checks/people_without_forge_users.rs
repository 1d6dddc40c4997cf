//! `people-without-forge-users`: the rule excludes authors, and knows nobody by a login of the
//! forge.

use findings::{Check, Finding, Severity};
use rule::{ActionKind, Rule};

use super::Find;
use crate::gate::Gate;
use crate::place::Place;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "people-without-forge-users",
    severity: Severity::Warning,
    title: "`excludeAuthors`, and `people` has nobody's login of the forge",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    let is_blind = |rule: &Rule| rule.excludes_authors() && !rule.names_forge_users();
    let gate = topology.gates.iter().find(|gate: &&Gate<'_>| is_blind(&gate.rule))?;
    // Users of CodeCommit are principals of AWS.
    let has_logins = |place: &Place<'_>| {
        let provider = place.action.action_type_id.provider.as_str();
        place.action.kind() == ActionKind::Source
            && matches!(provider, "CodeStarSourceConnection" | "GitHub")
    };
    let sources: Vec<_> = topology.places().filter(has_logins).collect();
    let first = sources.first()?;
    Some(Finding {
        evidence: sources.iter().map(|place| topology.evidence(*place)).collect(),
        ..CHECK.finding(
            topology.arn(gate.place),
            format!(
                "The rule excludes authors, and `people` names no user of a forge. The authors of what `{}` delivers are users of a \
                 forge: each of them may be anybody, so nobody counts.",
                first.action.name
            ),
            "Add to each entry of `people` the person's login, such as `github:alice-gh`, or with the number that stays if the login \
             changes, `github:alice-gh/583231`."
                .to_owned(),
        )
    })
}
