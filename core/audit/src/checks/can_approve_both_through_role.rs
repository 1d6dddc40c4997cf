//! `can-approve-both-through-role`: a principal that can serve two slots of one pipeline if it
//! assumes roles.

use findings::{Check, Evidence, Finding, Severity};

use iam::account::{Actor, RoleIx};

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::answerer::Answerer;
use crate::counted::{Verdict, best_pair, conclude, conclude_of_outsiders, if_refused};
use crate::entered_roles::ServedTogether;
use crate::evidence;
use crate::outsiders::{self, OutsiderOfBoth};
use crate::reach_index::{Candidate, SlotPair, UndecidedError};
use crate::role_chains::RoleChain;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-approve-both-through-role",
    severity: Severity::Error,
    title: "One principal may approve two slots of one pipeline by assuming roles",
    find,
};

/// The most roles on the way that the message names one by one.
const NAMED: usize = 4;

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in view.actors() {
        let own = view.reach.slots_of(actor).pair.as_ref();
        if own.is_some_and(|pair| view.is_settled(actor, pair)) {
            continue;
        }
        // `can-answer-without-desk` reports people who become the desk.
        let reachable = view.reachable(actor);
        let mut ends = reachable.approving().map(|(_, role)| Actor::Role(role));
        if view.desk.is_some() && ends.all(|it| view.is_desk(it)) {
            continue;
        }
        if let Some(found) = by_roles(view, actor)?
            && (own.is_none() || found.verdict.counts_two())
        {
            findings.push(finding(view, actor, &found));
        }
    }
    let outsiders = outsiders::find(view)?.into_iter().filter(|it| it.is_certain);
    findings.extend(outsiders.map(|outsider| of_outsider(view, &outsider)));
    Ok(findings)
}

/// A principal of another account that the trust policies of both roles name.
fn of_outsider(view: &AccountView<'_>, found: &OutsiderOfBoth) -> Finding {
    let ServedTogether { pair, by, verdict } = &found.served;
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let [by_a, by_b] = by.each_ref().map(|entered| view.name(Actor::Role(entered.serving())));
    let arn = outsiders::name(&found.outsider);
    let message = format!(
        "`{arn}` may approve {a} as `{by_a}` and {b} of the same stage as `{by_b}`, if its own \
         account allows it to assume both."
    );
    let help =
        "Let another principal enter one of the roles: change the trust policy of one of them.";
    let mut finding = CHECK.finding(arn.to_owned(), message, help.to_owned());
    conclude_of_outsiders(view, &mut finding, verdict, if_refused(view));
    finding.evidence = evidence_of_outsider(view, found);
    let [_, witness] = &pair.witness;
    finding.witness = Some(witness.clone());
    finding
}

/// How an outsider serves two slots.
pub(super) fn evidence_of_outsider(
    view: &AccountView<'_>,
    found: &OutsiderOfBoth,
) -> Vec<Evidence> {
    let name = outsiders::name(&found.outsider);
    let slots = found.served.by.iter().zip(&found.served.pair.witness);
    let evidence = slots.flat_map(|(entered, witness)| {
        let serving = Actor::Role(entered.serving());
        let mut evidence =
            vec![Evidence::new("principal", name, "may be let in by the trust policy")];
        evidence.extend(evidence::entered_role(view, entered));
        evidence.extend(evidence_of(view, serving, std::slice::from_ref(witness)));
        evidence
    });
    evidence.collect()
}

/// What the gate makes of two slots that an actor may approve through roles. `None` if it may not.
pub(super) fn verdict(
    view: &AccountView<'_>,
    actor: Actor,
) -> Result<Option<Verdict>, UndecidedError> {
    Ok(by_roles(view, actor)?.map(|found| found.verdict))
}

/// Two slots of one stage, and how an actor serves each: through a chain of roles, or, with `None`,
/// as itself.
struct ThroughRoles {
    pair: SlotPair,
    by: [Option<RoleChain>; 2],
    verdict: Verdict,
}

/// Two slots that an actor may serve as itself or as roles that it may assume. If several roles
/// have the same permissions, the nearest is enough.
fn by_roles(view: &AccountView<'_>, actor: Actor) -> Result<Option<ThroughRoles>, UndecidedError> {
    // Those of a class that serve no slot themselves reach the same slots.
    let class = view.chains.shared(actor).filter(|_| !view.reach.slots_of(actor).any());
    if class.is_some_and(|class| view.apart.borrow().contains(&class)) {
        return Ok(None);
    }
    let serving = view.serving_as(actor);
    if serving.iter().all(|it| it.actor == actor && it.served.pair.is_none()) {
        return Ok(None);
    }
    let candidates = serving.iter().map(|it| Candidate::now(&it.class, it.served));
    let candidates: Vec<Candidate<'_>> = candidates.collect();
    let reach = &view.reach;
    if reach.any_pair(&candidates).map_err(reach.undecided(actor))?.is_none() {
        view.apart.borrow_mut().extend(class);
        return Ok(None);
    }
    let by: Vec<Answerer> = serving.iter().map(|it| view.answers_as(actor, it.actor)).collect();
    let found = best_pair(&view.counting, reach, &candidates, &by, |_, _| true);
    let Some((pair, verdict)) = found.map_err(reach.undecided(actor))? else {
        return Ok(None);
    };
    let reachable = view.reachable(actor);
    let by = pair.candidates.map(|at| match serving.get(at)?.actor {
        Actor::Role(role) if Actor::Role(role) != actor => reachable.chain_to_role(role),
        Actor::User(_) | Actor::Role(_) => None,
    });
    Ok(Some(ThroughRoles { pair, by, verdict }))
}

fn finding(
    view: &AccountView<'_>,
    actor: Actor,
    ThroughRoles { pair, by, verdict }: &ThroughRoles,
) -> Finding {
    let account = view.account();
    let role = |at: RoleIx| account.role(at).map_or("", |role| &role.identity.name);
    let named = |chain: &Option<RoleChain>| match chain {
        None => "as itself".to_owned(),
        Some(chain) => {
            let (last, before) = chain.through.split_last().unwrap_or((&chain.role, &[]));
            let quoted = |at: &RoleIx| format!("`{}`", role(*at));
            match before {
                [] => format!("as `{}`", role(*last)),
                [first, .., end] if before.len() > NAMED => {
                    let [first, end] = [first, end].map(quoted);
                    let others = before.len() - 2;
                    format!("as `{}` through {first}, {others} other roles and {end}", role(*last))
                }
                before => {
                    let names: Vec<String> = before.iter().map(quoted).collect();
                    format!("as `{}` through {}", role(*last), names.join(" and "))
                }
            }
        }
    };
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let [by_a, by_b] = by;
    let message = if by_a == by_b {
        format!("`{}` may approve {a} and {b} of the same stage {}.", view.name(actor), named(by_a))
    } else {
        format!(
            "`{}` may approve {a} {} and {b} of the same stage {}.",
            view.name(actor),
            named(by_a),
            named(by_b)
        )
    };
    let help = "Remove one of the assumptions: from the trust policy of the role, or from the permissions for sts:AssumeRole on it. Or \
                deny the role the other slot.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    conclude(view, actor, &mut finding, verdict, if_refused(view));
    let [first, second] = &pair.witness;
    let served: Vec<(&Option<RoleChain>, &[String])> = if by_a == by_b {
        vec![(by_a, &pair.witness)]
    } else {
        vec![(by_a, std::slice::from_ref(first)), (by_b, std::slice::from_ref(second))]
    };
    for (chain, actions) in served {
        let serving = match chain {
            None => actor,
            Some(chain) => {
                finding.evidence.push(evidence::actor(account, actor, "acts"));
                finding.evidence.extend(evidence::chain_of_roles(view, actor, &chain.through));
                Actor::Role(chain.role)
            }
        };
        finding.evidence.extend(evidence_of(view, serving, actions));
    }
    finding.witness = Some(second.clone());
    finding
}
