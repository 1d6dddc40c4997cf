//! `undecided`: whether one human may serve two slots depends on what the account does not show:
//! who is behind a role of IAM Identity Center, an identity provider or another account.

use findings::{Check, Finding, Severity};
use iam::account::{Actor, Outsider, RoleIx};

use super::Find;
use super::can_approve_both_through_role::evidence_of_outsider;
use crate::account_view::AccountView;
use crate::counted::{conclude_of_outsiders, if_refused};
use crate::entered_roles::{EnteredRoles, ServedTogether};
use crate::evidence;
use crate::identity_center::permission_set_of;
use crate::outsiders::{self, OutsiderOfBoth};
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "undecided",
    severity: Severity::Error,
    title: "The account does not show whether one human serves two slots",
    find,
};

/// The most roles that the evidence names for each slot.
const NAMED: usize = 5;

/// How to learn who has the roles of IAM Identity Center.
const WHO_IS_ASSIGNED: &str = "Say who is assigned with `--identity-center-file`, or with \
    `--identity-center` where you may read it. In the account that administers IAM Identity \
    Center, save what these print: `aws sso-admin list-permission-sets-provisioned-to-account`; \
    for each set `describe-permission-set` and `list-account-assignments`; `aws identitystore \
    list-users` and `list-groups`; for each group `list-group-memberships`.";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = match view.assigned_people() {
        Some(assigned) => {
            let missing = assigned.gaps.iter().map(|gap| gap.describe(view.account(), assigned));
            missing.map(|it| CHECK.finding(it.subject, it.message, it.help)).collect()
        }
        None => unknown_people(view)?,
    };
    let outsiders = outsiders::find(view)?.into_iter().filter(|it| !it.is_certain);
    findings.extend(outsiders.map(|it| of_outsider(view, &it)));
    Ok(findings)
}

/// For every two slots that people of IAM Identity Center serve, each with another role: who has
/// both roles is not known.
fn unknown_people(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let (account, scope) = (view.account(), view.reach.scope);
    let roles = account.roles_by_ix();
    let roles = roles.filter(|(_, role)| permission_set_of(&role.identity).is_some());
    let roles: Vec<RoleIx> = roles.map(|(at, _)| at).collect();
    let entered = EnteredRoles::new(view, roles.iter().copied())?;
    let roles: Vec<RoleIx> =
        roles.into_iter().filter(|role| entered.needs_another(*role)).collect();
    let mut findings = Vec::new();
    for slots in scope.pairs() {
        let Some(served) = entered.two_slots(&roles, Some(slots), |_, _| true)? else { continue };
        let [a, b] = slots.map(|slot| view.slot(slot));
        let [by_a, by_b] = names(view, &served);
        let message = format!(
            "People of IAM Identity Center approve {a} as `{by_a}` and {b} of the same stage as \
             `{by_b}`. The account does not show who is assigned to these roles, so one person may \
             have both."
        );
        let [slot, _] = slots;
        let slot = scope.slots_by_ix().find(|(at, _)| *at == slot);
        let subject = slot.map_or_else(String::new, |(_, slot)| scope.slot_arn(account, slot));
        let mut finding = CHECK.finding(subject, message, WHO_IS_ASSIGNED.to_owned());
        for slot in slots {
            let leading = roles.iter().filter(|role| entered.leads_to(**role, slot));
            let detail = format!("serves {}", view.slot(slot));
            let leading = leading.take(NAMED);
            finding
                .evidence
                .extend(leading.map(|role| evidence::actor(account, Actor::Role(*role), &detail)));
        }
        conclude_of_outsiders(view, &mut finding, &served.verdict, if_refused(view));
        let [_, witness] = served.pair.witness;
        finding.witness = Some(witness);
        findings.push(finding);
    }
    Ok(findings)
}

fn of_outsider(view: &AccountView<'_>, found: &OutsiderOfBoth) -> Finding {
    let [a, b] = found.served.pair.slots.map(|slot| view.slot(slot));
    let [by_a, by_b] = names(view, &found.served);
    let name = outsiders::name(&found.outsider);
    let (who, unknown, help) = match &found.outsider {
        Outsider::Saml(_) | Outsider::Web(_) => (
            format!("People or workloads that `{name}` signs in"),
            "whether one of them may have both roles",
            "Let different subjects enter the two roles, with a condition on the subject or on a \
             tag that the provider sets. If the provider already sees to it, accept this with a \
             reason.",
        ),
        Outsider::Account(_) => (
            format!("Principals of the account {name}"),
            "whether one of them may assume both roles",
            "Name one principal in each of the two trust policies, not the whole account. If that \
             account already sees to it, accept this with a reason.",
        ),
        Outsider::Principal(_) => (
            format!("`{name}`"),
            "whether it may assume both roles: one of them trusts more than it names",
            "Name the principals in both trust policies. If the other account already sees to it, \
             accept this with a reason.",
        ),
        Outsider::Anybody => (
            "Principals of other accounts".to_owned(),
            "whether one of them may assume both roles: the trust policies name everybody",
            "Name the principals in both trust policies.",
        ),
    };
    let message = format!(
        "{who} may approve {a} as `{by_a}` and {b} of the same stage as `{by_b}`. The account does \
         not show {unknown}."
    );
    let [first, _] = &found.served.by;
    let subject = match &found.outsider {
        Outsider::Account(id) => format!("arn:{}:iam::{id}:root", view.account().partition),
        Outsider::Principal(arn) | Outsider::Saml(arn) => arn.clone(),
        Outsider::Web(name) if name.starts_with("arn:") => name.clone(),
        // Some providers have no ARN, and everybody has none.
        Outsider::Web(_) | Outsider::Anybody => {
            view.account().arn(Actor::Role(first.role)).to_owned()
        }
    };
    let mut finding = CHECK.finding(subject, message, help.to_owned());
    conclude_of_outsiders(view, &mut finding, &found.served.verdict, if_refused(view));
    finding.evidence = evidence_of_outsider(view, found);
    let [_, witness] = &found.served.pair.witness;
    finding.witness = Some(witness.clone());
    finding
}

/// The names of the roles that serve two slots.
fn names<'a>(view: &AccountView<'a>, served: &ServedTogether) -> [&'a str; 2] {
    served.by.each_ref().map(|entered| view.name(Actor::Role(entered.serving())))
}
