//! `member-of-both-groups`: a user in the groups of two slots, whatever it can do in effect.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::evidence;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "member-of-both-groups",
    severity: Severity::Error,
    title: "A user is in the groups of two slots",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = picture.account();
    let mut findings = Vec::new();
    for (at, user) in account.users.iter().enumerate() {
        let Some(groups) = two_groups(picture, &user.groups) else {
            continue;
        };
        let actor = Actor::User(at);
        let both = survey_says(picture, actor)?;
        let effect = match &both {
            Some(_) => "and its policies let it serve both",
            None => "though its policies do not let it serve both",
        };
        let [(first, slot_of_first), (second, slot_of_second)] = groups;
        let group = |at: usize| account.groups.get(at);
        let (Some(first), Some(second)) = (group(first), group(second)) else {
            continue;
        };
        let (a, b) = (picture.slot(slot_of_first), picture.slot(slot_of_second));
        let message = format!(
            "`{}` is a member of `{}`, which serves {a}, and of `{}`, which serves {b}, {effect}.",
            user.identity.name, first.name, second.name,
        );
        let help =
            format!("Remove it from one of the groups `{}` and `{}`.", first.name, second.name);
        let mut finding = CHECK.finding(user.identity.arn.clone(), message, help);
        finding.witness = both;
        finding.evidence = vec![
            evidence::actor(account, actor, "is a member of both"),
            Evidence::new("group", &first.arn, format!("serves {a}")),
            Evidence::new("group", &second.arn, format!("serves {b}")),
        ];
        findings.push(finding);
    }
    Ok(findings)
}

/// Two different groups of a user that serve two different slots, each with its slot.
fn two_groups(picture: &Picture<'_>, groups: &[usize]) -> Option<[(usize, usize); 2]> {
    let serving = |slot: usize| {
        let of_slot = picture.slot_groups.get(slot);
        groups
            .iter()
            .copied()
            .filter(move |group| of_slot.is_some_and(|of_slot| of_slot.contains(group)))
    };
    let slots = 0..picture.slots().len();
    slots.clone().find_map(|a| {
        slots.clone().skip(a + 1).find_map(|b| {
            let mut pairs =
                serving(a).flat_map(|first| serving(b).map(move |second| (first, second)));
            let (first, second) = pairs.find(|(first, second)| first != second)?;
            Some([(first, a), (second, b)])
        })
    })
}

/// An action of the second slot that the user may approve beside the first.
fn survey_says(picture: &Picture<'_>, actor: Actor) -> Result<Option<String>, UndecidedError> {
    let approvals = picture.survey.approvals(actor);
    Ok(approvals.both.as_ref().map(|both| {
        let [_, second] = &both.witness;
        second.clone()
    }))
}
