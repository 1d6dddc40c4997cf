//! The steps of a chain, in words and as evidence.

use std::collections::HashSet;

use findings::{Check, Evidence, Finding};
use iam::account::{Actor, RoleIx};

use crate::account_view::AccountView;
use crate::action::Action;
use crate::closure::{Step, TwoSlots, Who};
use crate::counted::conclude;
use crate::evidence;
use crate::role_chains::RoleChains;

/// The most steps that a message names one by one.
const NAMED: usize = 6;

/// What a check finds if steps lead an actor to two slots. `says` makes the verb of the message,
/// given the slots in words.
pub(crate) fn to_two_slots<F>(
    check: &Check<F>,
    help: &str,
    view: &AccountView<'_>,
    actor: Actor,
    slots: &TwoSlots,
    says: impl FnOnce(&str) -> String,
) -> Finding {
    let [a, b] = slots.pair.slots.map(|slot| view.slot(slot));
    let open = slots.pair.open || slots.chain.iter().any(|step| step.open);
    let when = if open { ", if conditions hold" } else { "" };
    let message = format!(
        "`{}` {}{when}: {}.",
        view.name(actor),
        says(&format!("{a} and {b} of the same stage")),
        words(view, actor, &slots.chain),
    );
    let mut finding = check.finding(view.account().arn(actor).to_owned(), message, help.to_owned());
    conclude(view, actor, &mut finding, &slots.verdict, check.severity);
    finding.evidence = evidence(view, actor, &slots.chain);
    let [_, second] = &slots.pair.witness;
    finding.witness = Some(second.clone());
    finding
}

/// The steps with which an actor becomes a role. There are no steps if it is that role itself.
pub(crate) fn to_assume(view: &AccountView<'_>, actor: Actor, role: Actor) -> Vec<Step> {
    let Actor::Role(at) = role else { return Vec::new() };
    let chain = view.reachable(actor).chain_to_role(at).filter(|_| role != actor);
    chain.map_or(Vec::new(), |chain| through(view, actor, &chain.through))
}

/// The steps with which an actor assumes one role after the other.
pub(crate) fn through(view: &AccountView<'_>, actor: Actor, roles: &[RoleIx]) -> Vec<Step> {
    let mut by = Who::Actor(actor);
    let steps = roles.iter().map(|role| {
        let next = Actor::Role(*role);
        Step {
            by: std::mem::replace(&mut by, Who::Actor(next)),
            is_changed: false,
            action: Action::AssumeRole,
            resource: view.account().arn(next).to_owned(),
            open: false,
        }
    });
    steps.collect()
}

/// The steps of a chain, each at its first place only.
pub(crate) fn each_once<'s>(chain: impl IntoIterator<Item = &'s Step>) -> Vec<Step> {
    let mut seen = HashSet::new();
    chain.into_iter().filter(|step| seen.insert(*step)).cloned().collect()
}

/// The steps of an actor, in words: what is done to which resource.
pub(crate) fn words(view: &AccountView<'_>, actor: Actor, chain: &[Step]) -> String {
    let one = |step: &Step| {
        let by = match &step.by {
            Who::Actor(by) if *by == actor && !step.is_changed => String::new(),
            Who::Actor(by) => format!(" as `{}`", view.name(*by)),
            Who::Made(called) => format!(" as {called}"),
        };
        let on = match step.resource.as_str() {
            "*" => String::new(),
            resource => {
                let short = resource.rsplit(':').next().unwrap_or(resource);
                let on = if is_on_running_code(view, step) { "on what may run as" } else { "on" };
                format!(" {on} `{short}`")
            }
        };
        format!("{}{on}{by}", step.action)
    };
    let [first, middle, last] = evidence::ends_and_middle(chain, NAMED / 2);
    let middle = (!middle.is_empty()).then(|| format!("{} more steps", middle.len()));
    let texts = first.iter().map(one).chain(middle).chain(last.iter().map(one));
    texts.collect::<Vec<String>>().join(", then ")
}

/// Whether a step changes code that may run with the role that it names.
fn is_on_running_code(view: &AccountView<'_>, step: &Step) -> bool {
    view.changing_running_code().contains(&step.action)
        && matches!(view.account().actor(&step.resource), Some(Actor::Role(_)))
}

/// The evidence of the steps: each with the statements that allow it now. The middle of a long
/// chain is left out.
pub(crate) fn evidence(view: &AccountView<'_>, actor: Actor, chain: &[Step]) -> Vec<Evidence> {
    let [first, middle, last] = evidence::ends_and_middle(chain, evidence::SHOWN);
    let mut found = vec![evidence::actor(view.account(), actor, "acts")];
    found.extend(evidence_of(view, first));
    if let Some(step) = middle.last() {
        let steps = middle.len();
        let detail = format!("{} may be done to it, the last of {steps} more steps", step.action);
        found.push(Evidence::new("target", &step.resource, detail));
    }
    found.extend(evidence_of(view, last));
    found
}

fn evidence_of(view: &AccountView<'_>, chain: &[Step]) -> Vec<Evidence> {
    let account = view.account();
    let mut found = Vec::new();
    for step in chain {
        let by = match &step.by {
            Who::Actor(by) => Some(*by).filter(|_| !step.is_changed),
            Who::Made(_) => None,
        };
        let role = account.actor(&step.resource);
        if let (Action::AssumeRole, Some(by), Some(Actor::Role(role))) = (step.action, by, role) {
            let steps = RoleChains::assumptions(&view.reach, by, &[role]).into_iter();
            found.extend(
                steps.flat_map(|(from, to, step)| evidence::assumption(account, from, to, &step)),
            );
            continue;
        }
        let open = if step.open { ", if conditions hold" } else { "" };
        let how = match (&step.by, by) {
            (_, Some(_)) if is_on_running_code(view, step) => {
                format!("{} may be done to what may run with it{open}, by", step.action)
            }
            (_, Some(_)) => format!("{} may be done to it{open}, by", step.action),
            (Who::Actor(by), None) => {
                let arn = account.arn(*by);
                format!("`{arn}` may do {} to it then{open}", step.action)
            }
            (Who::Made(called), None) => format!("{called} may do {} to it{open}", step.action),
        };
        found.push(Evidence::new("target", &step.resource, how));
        if let Some(by) = by {
            let example = match is_on_running_code(view, step) {
                true => view.reach.example(by, step.action),
                false => None,
            };
            let resource = example.as_ref().unwrap_or(&step.resource);
            let blames = view.reach.permissions.blame(by, step.action, resource);
            found.extend(evidence::chain(account, by, step.action, &blames));
        }
    }
    found
}
