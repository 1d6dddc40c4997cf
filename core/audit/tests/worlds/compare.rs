//! What the audit says about a world, beside what its people can do.

use std::collections::BTreeSet;
use std::fmt;

use audit::{Scope, audit};
use findings::{Answer, AnswerIs, Finding, Found};
use iam::account::{Account, Control};

use super::account::{Kind, World};
use super::explore::{self, Reach};
use super::policy;

/// What the audit says about somebody who can answer two approvals (docs/audit.md): as it is, by
/// roles that it assumes, and by writes.
const ALONE: &str = "can-approve-both";
const BY_ROLES: &str = "can-approve-both-through-role";
const BY_WRITES: [&str; 2] = ["can-grant-itself", "can-make-second-person"];

/// What the users in the worlds can do.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    worlds: usize,
    users: usize,
    alone: usize,
    by_roles: usize,
    by_one_write: usize,
    by_writes: usize,
    never: usize,
    /// Users among them that could, if nothing were denied.
    denied: usize,
    /// The search was given up.
    unknown: usize,
    /// The audit finds something that another version of a policy undoes.
    undone: usize,
}

impl Tally {
    fn count(&mut self, world: &World, user: &'static str, can: Reach) {
        self.users += 1;
        *match can {
            Reach::Alone => &mut self.alone,
            Reach::ByRoles => &mut self.by_roles,
            Reach::ByOneWrite => &mut self.by_one_write,
            Reach::ByWrites => &mut self.by_writes,
            Reach::Never => &mut self.never,
            Reach::Unknown => &mut self.unknown,
        } += 1;
        if can == Reach::Never {
            let free = explore::reach(&world.without_denials(), user);
            self.denied += usize::from(!matches!(free, Reach::Never | Reach::Unknown));
        }
    }

    /// Fails if a list has nothing of a kind, or if anything is left out.
    pub(crate) fn has_all(&self, kinds: &[Reach]) {
        let has = |kind: &Reach| match kind {
            Reach::Alone => self.alone > 0,
            Reach::ByRoles => self.by_roles > 0,
            Reach::ByOneWrite => self.by_one_write > 0,
            Reach::ByWrites => self.by_writes > 0,
            Reach::Never => self.never > 0,
            Reach::Unknown => self.unknown > 0,
        };
        assert!(kinds.iter().all(has) && self.unknown + self.undone == 0, "{self}");
    }

    /// Fails if something is too rare to be tested by chance, or if too much is left out.
    pub(crate) fn is_telling(&self) {
        for (what, share) in [
            ("alone", self.alone),
            ("by roles", self.by_roles),
            ("by one write", self.by_one_write),
            ("by several writes", self.by_writes),
            ("never", self.never),
            ("stopped by a denial", self.denied),
        ] {
            assert!(share * 400 >= self.users, "{what}: {self}");
        }
        assert!((self.unknown + self.undone) * 50 <= self.users, "{self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} worlds, {} users: {} can answer both alone, {} by roles, {} by one write, {} by \
             several, {} never, {} of them because of a denial; {} given up, {} undone by a version",
            self.worlds,
            self.users,
            self.alone,
            self.by_roles,
            self.by_one_write,
            self.by_writes,
            self.never,
            self.denied,
            self.unknown,
            self.undone,
        )
    }
}

/// Compares the two about every user, and about every role that a user may assume.
///
/// # Errors
/// What the audit says that is not so, or does not say.
pub(crate) fn compare(world: &World, tally: &mut Tally) -> Result<(), String> {
    let found = audited(world);
    tally.worlds += 1;
    for who in world.all(Kind::User).chain(world.all(Kind::Role)) {
        let can = explore::reach(world, who);
        let about: Vec<&Finding> =
            found.findings.iter().filter(|finding| finding.subject == who).collect();
        let codes: BTreeSet<&str> = about.iter().map(|finding| finding.code).collect();
        let by_writes = BY_WRITES.iter().any(|code| codes.contains(code));
        let is_user = world.identities[who].kind == Kind::User;
        if is_user {
            tally.count(world, who, can);
        }
        let is_so = match (can, codes.contains(ALONE), codes.contains(BY_ROLES), by_writes) {
            (Reach::Unknown, ..) | (Reach::Never, false, false, false) => true,
            (Reach::Alone, alone, ..) => alone,
            (Reach::ByRoles, alone, by_roles, _) => by_roles && !alone,
            (Reach::ByOneWrite | Reach::ByWrites, alone, by_roles, by_writes) => {
                by_writes && !alone && !by_roles
            }
            (Reach::Never, ..) => false,
        };
        // docs/audit.md, "can-approve-both": a role that no human can assume has other codes.
        let is_of_nobody = !is_user && can != Reach::Never && !is_reached(world, who);
        let is_undone = can == Reach::Never && is_undone(&about);
        tally.undone += usize::from(is_undone);
        if !is_so && !is_of_nobody && !is_undone {
            let texts: Vec<&str> = about.iter().map(|finding| finding.message.as_str()).collect();
            let way = explore::way(world, who);
            return Err(format!("{who}: {can:?} by {way:#?}, but the audit finds {texts:#?}"));
        }
        if is_user && !matches!(can, Reach::Never | Reach::Unknown) && says_nobody(&found) {
            return Err(format!("{who}: {can:?}, but the answer is that nobody can"));
        }
    }
    Ok(())
}

fn says_nobody(found: &Found) -> bool {
    matches!(found.answer, Some(Answer { is: AnswerIs::Nobody, .. }))
}

/// docs/audit.md, "What is not seen": what another version of a policy takes away from others.
fn is_undone(about: &[&Finding]) -> bool {
    about.iter().any(|finding| finding.message.contains("iam:SetDefaultPolicyVersion"))
}

/// Whether a user may become a role today.
fn is_reached(world: &World, role: &str) -> bool {
    let mut held: BTreeSet<&str> = world.all(Kind::User).collect();
    loop {
        let more: Vec<&str> = world
            .all(Kind::Role)
            .filter(|role| !held.contains(role))
            .filter(|role| held.iter().any(|who| world.may_assume(who, role)))
            .collect();
        if more.is_empty() {
            return held.contains(role);
        }
        held.extend(more);
    }
}

fn audited(world: &World) -> Found {
    let mut account = Account::parse(&world.json().to_string()).unwrap();
    if let Some(control) = &world.control {
        let text = policy::document_json(control).to_string();
        account.add_controls([
            Control::allowing_everything("FullAWSAccess".to_owned()),
            Control::read("control".to_owned(), &text),
        ]);
    }
    let scope = Scope::of_all(
        vec!["ApprovalA".parse().unwrap(), "ApprovalB".parse().unwrap()],
        "gate".parse().unwrap(),
    );
    audit(&account, &scope, None, None).unwrap()
}
