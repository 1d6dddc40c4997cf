//! The reasons of a verdict in words, one sentence each, without a full stop.

use std::collections::BTreeSet;

use names::{ForgeUser, shown};
use signing::{KeyId, SigningKey};

use crate::account::{Account, RESERVED_PATH};
use crate::attempts::Rejection;
use crate::facts::Attempt;
use crate::key::{Key, Keys};
use crate::principal::{Principal, PrincipalKind};
use crate::rule::Rule;
use crate::session_name::is_generated;
use crate::signature_record::SignatureRecord;
use crate::trusted_role::Trust;

pub(crate) fn has_not_run(action: &str) -> String {
    format!("{action} has not run in this execution")
}

pub(crate) fn newest_is_unclear(action: &str) -> String {
    format!("the history does not tell which attempt of {action} is the newest")
}

pub(crate) fn incomplete_attempt() -> String {
    "an attempt in the history does not say its stage and action, so it could be the newest of any"
        .to_owned()
}

pub(crate) fn not_a_manual_approval(action: &str) -> String {
    format!("{action} is not of type Approval/AWS/Manual")
}

pub(crate) fn failed_unanswered(action: &str, attempt: &Attempt) -> String {
    let error = shown(attempt.error.as_deref().unwrap_or_default());
    let comment = attempt.comment.as_deref().map(|text| format!(": {}", shown(text)));
    let comment = comment.unwrap_or_default();
    format!("{action} failed before anybody could answer it ({error}{comment})")
}

pub(crate) fn rejected(action: &str, principal: Option<&Principal>) -> String {
    match principal {
        Some(principal) => format!("{action} was rejected by {}", shown(principal.arn())),
        None => format!("{action} was rejected or timed out"),
    }
}

pub(crate) fn not_approved(action: &str) -> String {
    format!("the newest attempt of {action} is not approved")
}

pub(crate) fn principals_differ(action: &str, history: &Principal, state: &Principal) -> String {
    format!(
        "the history says that {} approved {action}, the pipeline's state says {}",
        shown(history.arn()),
        shown(state.arn())
    )
}

pub(crate) fn no_principal(action: &str) -> String {
    format!("CodePipeline does not say who approved {action}")
}

pub(crate) fn machine(action: &str, principal: &Principal) -> String {
    format!("{action}: {} is a machine by `notPeople`", shown(principal.arn()))
}

pub(crate) fn bad_signature(action: &str, why: &str) -> String {
    format!("{action}: {why}")
}

pub(crate) fn unknown_key(id: KeyId) -> String {
    format!("the signature names the key {id}, which `signingKeys` does not have")
}

pub(crate) fn not_verified(person: &str, key: &SigningKey, why: &str) -> String {
    format!("the signature by {person}'s key {} is not good: {why}", key.id())
}

pub(crate) fn attempt_without_id() -> String {
    "CodePipeline does not say which attempt was answered".to_owned()
}

/// An approval whose comment is lost.
pub(crate) fn no_comment() -> String {
    "CodePipeline does not show the comment, which may carry a signature".to_owned()
}

/// A signature of one person on the approval of another.
pub(crate) fn signed_by_another(signer: &str, principal: &Principal, other: &str) -> String {
    format!("{signer} signed, and {} is proven to be {other}", shown(principal.arn()))
}

pub(crate) fn not_signed(action: &str) -> String {
    format!(
        "{action} was approved without a signature, and `requireSignature` lets only signed \
         approvals count: sign with `desk approve`"
    )
}

pub(crate) fn not_device_bound(action: &str, signature: &SignatureRecord) -> String {
    format!(
        "{action} was signed with {}, which can be copied or synced to other devices, and \
         `requireSignature` asks for keys that cannot leave their device",
        signature.label()
    )
}

pub(crate) fn superseded(action: &str, rejection: Rejection) -> String {
    let noticed = match rejection {
        Rejection::None | Rejection::Sometime => String::new(),
        Rejection::At(at) => format!(", which CodePipeline noticed at {at:.0}"),
    };
    format!(
        "the approval of {action} was not opened after the newest rejection in this execution{noticed}"
    )
}

pub(crate) fn too_old(action: &str, minutes: u32) -> String {
    format!("the approval of {action} is not from the last {minutes} minutes")
}

pub(crate) fn not_in_people(rule: &Rule, action: &str, principal: &Principal) -> String {
    let unsigned = match rule.has_signing_keys() {
        true => ", nobody signed,",
        false => ",",
    };
    format!(
        "{action}: {} is not in `people`{unsigned} and `onlyPeople` lets nobody else count",
        shown(principal.arn())
    )
}

pub(crate) fn not_on_roster(action: &str, who: &str) -> String {
    format!("{who} is not on the roster of {action}")
}

/// Why a principal without proven keys is nobody.
pub(crate) fn nobody(principal: &Principal, account: &Account) -> String {
    let arn = shown(principal.arn());
    if let Some(other) = principal.account().filter(|id| *id != account.id()) {
        return format!(
            "{arn} is of account {other}, and this pipeline is of account {}: what another account \
             calls its principals proves nothing here",
            account.id()
        );
    }
    match principal.kind() {
        PrincipalKind::Root => format!("{arn} is the account's root user, which could be anybody"),
        PrincipalKind::FederatedUser => {
            format!("{arn} is a federated user, whose name its caller chose")
        }
        PrincipalKind::Service => format!("{arn} is an AWS service"),
        PrincipalKind::Role { .. } => format!(
            "{arn} has no session name, and only the session name identifies a person who uses \
             this trusted role"
        ),
        PrincipalKind::Session { session, .. } if is_generated(session) => format!(
            "{arn} has a session name that software generates, which does not say who is behind it"
        ),
        PrincipalKind::Session { .. } => format!(
            "{arn} has a session name that names nobody: nothing is left of it without its domain, \
             its tag and its affixes"
        ),
        PrincipalKind::User { .. } | PrincipalKind::Unknown => {
            format!("`{arn}` is not the ARN of a user or role session")
        }
    }
}

/// Why a principal of an untrusted role does not count, and what to write into the rule if the role
/// deserves trust.
pub(crate) fn shared_role(
    rule: &Rule,
    principal: &Principal,
    keys: &Keys,
    account: &Account,
) -> String {
    let named = keys.claimed().iter().find_map(|key| match key {
        Key::Person(name) => Some(name),
        Key::Handle(_) | Key::Traced(_) | Key::User { .. } | Key::Role { .. } => None,
    });
    let but = named.map(|name| {
        format!("; `people` names this session as {name}, but the rule does not trust its role")
    });
    format!(
        "{} came through a role that several people may share, and `sharedRoles` is `reject`{}{}",
        shown(principal.arn()),
        but.unwrap_or_default(),
        how_to_trust(rule, principal, account)
    )
}

/// An unsigned approval through a role that somebody signed through.
pub(crate) fn role_of_a_signer(action: &str, role: &Key) -> String {
    format!(
        "{action} was approved through {} without a signature, and somebody who signed came through \
         that role too, so this may be the same person: sign it",
        role.label()
    )
}

/// What to write into the rule so that the sessions of a role count as different people, as the end
/// of a sentence. Empty for principals without a role, and for roles that the rule trusts already.
pub(crate) fn how_to_trust(rule: &Rule, principal: &Principal, account: &Account) -> String {
    let PrincipalKind::Session { role, .. } = principal.kind() else {
        return String::new();
    };
    match rule.trust(role, account) {
        Trust::Believed => String::new(),
        Trust::Unproven => format!(
            "; a glob of `trustedSessionRoles` matches {role}, but IAM has not shown that role \
             under {RESERVED_PATH}: if IAM Identity Center made it, allow the gate iam:GetRole on \
             that path, or add `{role}` to `trustedSessionRoles` in the function's rule"
        ),
        Trust::Untrusted => format!(
            "; if your identity provider, and not the caller, sets the session names of {role}, \
             add `{role}` to `trustedSessionRoles` in the function's rule"
        ),
    }
}

/// The approver is the initiator.
pub(crate) fn by_initiator(action: &str) -> String {
    format!("{action} was approved by the person who started this execution")
}

/// Nobody can rule out that the approver is the initiator, because of `why`.
pub(crate) fn maybe_by_initiator(action: &str, why: &str) -> String {
    format!("{action}: the approver may be the person who started this execution ({why})")
}

pub(crate) fn session_of_a_shared_role(arn: &str) -> String {
    format!(
        "{} is a session of a role that several people may share; if it is a machine, name its role \
         in `notPeople` of the function's rule",
        shown(arn)
    )
}

/// The approver is named as an author.
pub(crate) fn by_author(action: &str, author: &str) -> String {
    format!(
        "{action} was approved by {}, who is named as an author or pusher of what is released",
        shown(author)
    )
}

/// Nobody can rule out that the approver is an author, because of `why`.
pub(crate) fn maybe_by_author(action: &str, why: &str) -> String {
    format!("{action}: the approver may have written what is released ({why})")
}

/// What is released was not reviewed, because of `why`.
pub(crate) fn not_reviewed(why: &str) -> String {
    format!("not every change in it is reviewed: {}", shown(why))
}

/// A word among the authors that names nobody.
pub(crate) fn not_an_author(name: &str) -> String {
    format!("`{}` is neither a user of a forge nor an ARN", shown(name))
}

pub(crate) fn author_not_in_people(user: &ForgeUser) -> String {
    format!(
        "{user} wrote or pushed some of it and could be anybody: add `{user}` to that person's \
         entry in `people` of the function's rule, or to `notPeople` if it is a machine"
    )
}

/// The note that one of the authors is not a human.
pub(crate) fn machine_author(name: &str) -> String {
    format!("{} wrote or pushed some of what is released, a machine by `notPeople`", shown(name))
}

/// The note that no human started the execution.
pub(crate) fn no_human_initiator(starter: &str) -> String {
    format!("no human initiator: the execution was started by {starter}")
}

pub(crate) fn quorum_not_met(counted: usize, required: u32, actions: &BTreeSet<String>) -> String {
    let over = match actions.len() {
        0 => "the stage has no manual approvals".to_owned(),
        _ => format!("over {}", list(actions.iter().cloned())),
    };
    format!("{} counted, {required} are required ({over})", distinct_persons(counted))
}

/// Several approvals of one person; `how_to_trust` ends the sentence.
pub(crate) fn same_person(
    actions: impl Iterator<Item = String>,
    person: &Key,
    shared: &[&Key],
    how_to_trust: &str,
) -> String {
    format!(
        "{} were approved by one person, {}: they share {}{how_to_trust}",
        list(actions),
        person.label(),
        list(shared.iter().map(|key| format!("`{key}`"))),
    )
}

/// The assumption that `sharedRoles: collapse` makes about a role.
pub(crate) fn one_person_behind(role: &str) -> String {
    format!(
        "`sharedRoles` is `collapse`: everybody who came through {role} counts as one person, who \
         is assumed to be nobody else"
    )
}

pub(crate) fn distinct_persons(count: usize) -> String {
    match count {
        0 => "nobody".to_owned(),
        1 => "1 distinct person".to_owned(),
        n => format!("{n} distinct persons"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    match (items.pop(), items.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_start_a_line_of_ours() {
        let principal = Principal::parse("alice\nRefused: no\u{1b}[2K");
        assert_eq!(
            machine("ApprovalA", &principal),
            r"ApprovalA: alice\nRefused: no\u{1b}[2K is a machine by `notPeople`"
        );
    }

    #[test]
    fn a_list_reads_as_one() {
        let read = |items: &[&str]| list(items.iter().map(ToString::to_string));
        assert_eq!(read(&[]), "");
        assert_eq!(read(&["a"]), "a");
        assert_eq!(read(&["a", "b", "c"]), "a, b and c");
    }
}
