//! People who approved and do not count: the person who started the execution, and the people who
//! wrote or pushed what is released.

use std::collections::BTreeSet;

use names::{ForgeUser, shown};

use crate::approval::Approval;
use crate::authorship::Authorship;
use crate::decision::Reason;
use crate::facts::{Facts, Initiator};
use crate::identity::{AmbiguousPerson, Basis};
use crate::key::Keys;
use crate::message;
use crate::person::persons;
use crate::principal::Principal;
use crate::reason::ReasonCode;
use crate::rule::Rule;

/// Somebody who does not count.
pub(crate) struct Excluded {
    pub(crate) keys: Keys,
    because: Because,
}

enum Because {
    Initiator,
    /// As the reviews function names them.
    Author(String),
}

/// The human behind a name, as far as the rule can tell.
enum Who {
    Person(Keys),
    /// A machine by the floor's own `notPeople`.
    Machine,
    /// It could be anybody, for this reason.
    Anybody(String),
}

impl Excluded {
    /// Why an approval of this person does not count.
    pub(crate) fn objection(&self, action: &str) -> Reason {
        match &self.because {
            Because::Initiator => reason(ReasonCode::Initiator, message::by_initiator(action)),
            Because::Author(name) => reason(ReasonCode::Author, message::by_author(action, name)),
        }
    }
}

fn reason(code: ReasonCode, message: String) -> Reason {
    Reason { code, message }
}

/// The people that the rule excludes. If nobody knows who one of them is, every approval could be
/// theirs, so all approvals get an objection.
pub(crate) fn excluded(
    rule: &Rule,
    facts: &Facts,
    authorship: Option<&Result<Authorship, String>>,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Vec<Excluded>, AmbiguousPerson> {
    let mut excluded = Vec::new();
    if rule.excludes_initiator() {
        excluded.extend(initiator(rule, facts, approvals, notes)?);
    }
    if rule.excludes_authors()
        && let Some(authorship) = authorship
    {
        excluded.extend(authors(rule, facts, authorship, approvals, notes)?);
    }
    Ok(excluded)
}

/// Every approval gets an objection unless it has one.
fn object_to_all(
    approvals: &mut [Approval<'_>],
    code: ReasonCode,
    message: impl Fn(&str) -> String,
) {
    for approval in approvals.iter_mut().filter(|approval| approval.objection.is_none()) {
        approval.objection = Some(reason(code, message(&approval.action)));
    }
}

fn initiator(
    rule: &Rule,
    facts: &Facts,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Option<Excluded>, AmbiguousPerson> {
    let no_human =
        |starter: &str| reason(ReasonCode::Initiator, message::no_human_initiator(starter));
    let unknown = match &facts.initiator {
        Initiator::Principal(arn) => match who_is(rule, facts, &Principal::parse(arn))? {
            Who::Person(keys) => {
                return Ok(Some(Excluded { keys, because: Because::Initiator }));
            }
            Who::Machine => {
                notes.push(no_human(&format!("{}, a machine by `notPeople`", shown(arn))));
                return Ok(None);
            }
            Who::Anybody(why) => why,
        },
        Initiator::Automatic(trigger) => {
            notes.push(no_human(&shown(trigger)));
            return Ok(None);
        }
        Initiator::Unknown => "CodePipeline does not say who".to_owned(),
    };
    object_to_all(approvals, ReasonCode::Initiator, |action| {
        message::maybe_by_initiator(action, &unknown)
    });
    Ok(None)
}

fn authors(
    rule: &Rule,
    facts: &Facts,
    authorship: &Result<Authorship, String>,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Vec<Excluded>, AmbiguousPerson> {
    let mut excluded = Vec::new();
    let mut object = |why: &str| {
        object_to_all(approvals, ReasonCode::Author, |action| {
            message::maybe_by_author(action, why)
        });
    };
    let authorship = match authorship {
        Ok(authorship) => authorship,
        Err(why) => {
            object(why);
            return Ok(excluded);
        }
    };
    if let Some(why) = authorship.objection() {
        object(&message::not_reviewed(why));
    }
    for name in authorship.everybody() {
        match author(rule, facts, name)? {
            Who::Person(keys) => {
                excluded.push(Excluded { keys, because: Because::Author(name.to_owned()) });
            }
            Who::Machine => {
                notes.push(reason(ReasonCode::Author, message::machine_author(name)));
            }
            Who::Anybody(why) => object(&why),
        }
    }
    Ok(excluded)
}

/// Writes down which approvals came from an author, no matter whether the rule lets authors count.
/// Approvals that something else stops from counting are left out.
pub(crate) fn name_authors(
    rule: &Rule,
    facts: &Facts,
    authorship: &Authorship,
    approvals: &mut [Approval<'_>],
) {
    let known =
        authorship.everybody().into_iter().filter_map(|name| match author(rule, facts, name) {
            Ok(Who::Person(keys)) => Some((name, keys)),
            Ok(Who::Machine | Who::Anybody(_)) | Err(_) => None,
        });
    let (names, mut keys): (Vec<&str>, Vec<Keys>) = known.unzip();
    let is_open = |approval: &Approval<'_>| {
        approval.objection.as_ref().is_none_or(|reason| reason.code == ReasonCode::Author)
    };
    keys.extend(approvals.iter().map(|approval| match is_open(approval) {
        true => approval.keys.clone(),
        false => Keys::default(),
    }));
    for person in persons(&keys) {
        let name = person.members().iter().find_map(|member| names.get(*member));
        let theirs = person.members().iter().filter_map(|at| at.checked_sub(names.len()));
        for at in theirs {
            if let Some(approval) = approvals.get_mut(at) {
                approval.author = name.map(|name| (*name).to_owned());
            }
        }
    }
}

/// The human that the reviews function calls by this name: a user of a forge, or an ARN.
fn author(rule: &Rule, facts: &Facts, name: &str) -> Result<Who, AmbiguousPerson> {
    if name.starts_with("arn:") {
        return who_is(rule, facts, &Principal::parse(name));
    }
    let Ok(user) = name.parse::<ForgeUser>() else {
        return Ok(Who::Anybody(message::not_an_author(name)));
    };
    if rule.is_machine_of_a_forge(&user) {
        return Ok(Who::Machine);
    }
    Ok(match rule.keys_of_forge_user(&user)? {
        Some(keys) => Who::Person(keys),
        None => Who::Anybody(message::author_not_in_people(&user)),
    })
}

fn who_is(rule: &Rule, facts: &Facts, principal: &Principal) -> Result<Who, AmbiguousPerson> {
    if rule.is_machine_by_the_floor(principal, &facts.account) {
        return Ok(Who::Machine);
    }
    let keys = rule.keys(principal, &facts.account)?;
    Ok(match rule.basis(principal, &facts.account) {
        // INVARIANT (merge only): a name that the caller chose never lends blame. The caller could
        // be anybody.
        Some(Basis::SharedRole) if keys.is_attributable() => {
            Who::Anybody(message::session_of_a_shared_role(principal.arn()))
        }
        Some(Basis::User | Basis::TrustedSession) if keys.is_attributable() => Who::Person(keys),
        Some(_) | None => Who::Anybody(message::nobody(principal, &facts.account)),
    })
}

impl Rule {
    /// The keys of the person of `people` that a user of a forge is. `None` if there is no such
    /// person.
    ///
    /// All names of the entry are keys, because a key of somebody who is excluded can only stop
    /// approvals from counting.
    fn keys_of_forge_user(&self, user: &ForgeUser) -> Result<Option<Keys>, AmbiguousPerson> {
        let is_named = |name: &&str| self.is_forge_user_of(name, user);
        let people: BTreeSet<&str> = self.people_names().filter(is_named).collect();
        let mut people = people.into_iter();
        match (people.next(), people.next()) {
            (Some(first), Some(second)) => Err(AmbiguousPerson {
                arn: user.to_string(),
                first: first.to_owned(),
                second: second.to_owned(),
            }),
            (None, _) => Ok(None),
            (Some(name), None) => {
                let names = self.names_of_people().filter(|(entry, _)| *entry == name);
                let handles = names.flat_map(|(_, name)| self.handles(name));
                let keys = self.keys_of_entry(name).into_iter().chain(handles);
                Ok(Some(Keys::new(keys, [])))
            }
        }
    }

    /// The person of `people` that a user of a forge is. `None` if there is no such person. If two
    /// entries match, which is an error of the rule wherever a verdict depends on it: the first.
    #[must_use]
    pub fn person_of_forge_user(&self, user: &ForgeUser) -> Option<&str> {
        self.people_names().find(|name| self.is_forge_user_of(name, user))
    }

    fn is_forge_user_of(&self, name: &str, user: &ForgeUser) -> bool {
        let patterns = self.people().get(name).into_iter().flatten();
        patterns.filter_map(|pattern| pattern.forge_user()).any(|known| known.names(user))
    }

    /// Whether the floor's own `notPeople` names this user of a forge as a machine, with the forge:
    /// `github:dependabot[bot]`. A glob that was written for names of AWS never means one.
    #[must_use]
    pub fn is_machine_of_a_forge(&self, user: &ForgeUser) -> bool {
        let name = format!("{}:{}", user.forge().as_str(), user.login());
        let globs = self.machines().iter();
        globs.filter(|glob| ForgeUser::is_meant_by(glob.pattern())).any(|glob| glob.matches(&name))
    }
}
