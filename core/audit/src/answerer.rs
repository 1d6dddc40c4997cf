//! Those who answer an approval, as AWS shows them to the gate.

use std::collections::BTreeSet;

use iam::Truth;
use iam::account::Actor;
use names::Arn;
use rule::{Rule, Trust};

use crate::account_view::AccountView;
use crate::action::Action;
use crate::closure::{Step, Who};
use crate::permissions::As;
use crate::session_naming::statement_of_choice;

/// Names of sessions that nobody has, if the caller may choose.
const NAMES: [&str; 2] = ["somebody", "somebody-else"];

/// Somebody who answers an approval: the principals that AWS may show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answerer {
    shown: Vec<Shown>,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) arn: String,
    /// What messages call it.
    pub(crate) words: String,
    /// Whether it is a session with the name that an identity provider gives to one human.
    pub(crate) is_own_name: bool,
}

/// Who names a session.
#[derive(Clone, Copy)]
enum Naming<'n> {
    /// The one who assumes the role.
    Caller,
    /// An identity provider: one name for each human.
    Provider,
    /// The trust policy: the name of this user.
    User(&'n str),
}

impl Answerer {
    /// The principals that AWS may show.
    pub(crate) fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// Whether an identity provider names all of its sessions.
    pub(crate) fn has_own_name(&self) -> bool {
        self.shown.iter().all(|shown| shown.is_own_name)
    }

    /// Any of these.
    pub(crate) fn any(all: impl Iterator<Item = Self>) -> Self {
        Self { shown: all.flat_map(|it| it.shown).collect() }
    }

    /// A new user with one of these ARNs or, if there may be more, with another one.
    pub(crate) fn new_user(arns: &[String], is_many: bool) -> Self {
        let one = |arn: &String| Shown {
            arn: arn.clone(),
            words: "a new user".to_owned(),
            is_own_name: false,
        };
        let mut shown: Vec<Shown> = arns.iter().map(one).collect();
        if let Some(first) = arns.first().filter(|_| is_many) {
            let arn = format!("{first}-2");
            shown.push(Shown { arn, words: "another new user".to_owned(), is_own_name: false });
        }
        Self { shown }
    }
}

impl AccountView<'_> {
    /// An actor as a user, also one that it has taken over, or as a session of a role that it
    /// assumes. A user answers under another name, too, if it can be renamed.
    pub(crate) fn answers_as(&self, human: Actor, serving: Actor) -> Answerer {
        self.answers_after(human, &[], serving)
    }

    /// The same after steps: those who took them may rename the user, too.
    pub(crate) fn answers_after(&self, human: Actor, steps: &[Step], serving: Actor) -> Answerer {
        let account = self.account();
        let Actor::Role(at) = serving else {
            if !self.any_renames() {
                return self.user(serving);
            }
            let by = steps.iter().filter_map(|step| match step.by {
                Who::Actor(actor) => Some(actor),
                Who::Made(_) => None,
            });
            let all: BTreeSet<Actor> = by.chain([human, serving]).collect();
            let renamed = self.may_rename(all, serving).then(|| self.renamed(serving));
            return Answerer::any([self.user(serving)].into_iter().chain(renamed));
        };
        let chooses = account.role(at).is_some_and(|role| statement_of_choice(role).is_some());
        let naming = match human {
            _ if chooses => Naming::Caller,
            Actor::User(_) => Naming::User(self.name(human)),
            Actor::Role(_) => Naming::Provider,
        };
        self.sessions(account.arn(serving), naming)
    }

    /// An actor as a user that it has taken over, or signed in to a role under any name.
    pub(crate) fn taken(&self, human: Actor, serving: Actor) -> Answerer {
        match serving {
            Actor::User(_) => self.answers_as(human, serving),
            Actor::Role(_) => self.sessions(self.account().arn(serving), Naming::Caller),
        }
    }

    /// Somebody new who signs in to a role under one new name.
    pub(crate) fn assigned(&self, role: &str) -> Answerer {
        self.sessions(role, Naming::User(NAMES[0]))
    }

    /// A session of a role under the name of one person, which nobody else can choose.
    pub(crate) fn session_named(&self, role: &str, person: &str) -> Answerer {
        self.sessions(role, Naming::User(person))
    }

    /// A session of a role, which the account need not have.
    pub(crate) fn session_of(&self, role: &str) -> Answerer {
        self.sessions(role, Naming::Caller)
    }

    fn user(&self, user: Actor) -> Answerer {
        let words = format!("`{}`", self.name(user));
        let arn = self.account().arn(user).to_owned();
        Answerer { shown: vec![Shown { arn, words, is_own_name: false }] }
    }

    /// Whether any of these actors, or a role that it may become, may rename a user.
    fn may_rename(&self, all: BTreeSet<Actor>, user: Actor) -> bool {
        let (arn, permissions) = (self.account().arn(user), &self.reach.permissions);
        let mut selves = all.into_iter().flat_map(|it| self.selves(it));
        selves.any(|it| {
            let it = As::Now(it);
            permissions.allows_to(&it, Action::UpdateUser, arn, Some(user), &[]) != Truth::No
        })
    }

    /// A user under other names: AWS shows who answered by the name that the user had then.
    fn renamed(&self, user: Actor) -> Answerer {
        let account = self.account();
        let arn = account.arn(user);
        let path = arn.rsplit_once('/').map_or(arn, |(path, _)| path);
        let is_free = |name: &&str| {
            let mut users = account.users.iter();
            !users.any(|user| user.identity.name.eq_ignore_ascii_case(name))
        };
        let names = [NAMES[0]].into_iter().chain(self.counting.rule.mentioned_names());
        let shown = names.filter(is_free).map(|name| Shown {
            arn: format!("{path}/{name}"),
            words: format!("`{}` under another name (iam:UpdateUser)", self.name(user)),
            is_own_name: false,
        });
        Answerer { shown: shown.collect() }
    }

    fn sessions(&self, role: &str, naming: Naming<'_>) -> Answerer {
        let rule: &Rule = &self.counting.rule;
        let name = role.rsplit('/').next().unwrap_or(role);
        let of_account = Arn::parse(role).map(|arn| (arn.partition, arn.account));
        let (partition, account) = of_account.unwrap_or_default();
        let session = |session: &str, words: String| Shown {
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
            words,
            is_own_name: matches!(naming, Naming::Provider),
        };
        let [first, second] = NAMES;
        let mut shown = match naming {
            Naming::User(user) => vec![session(user, format!("`{name}` as `{user}`"))],
            Naming::Provider => vec![session(first, format!("a session of `{name}`"))],
            Naming::Caller => vec![
                session(first, format!("a session of `{name}`")),
                session(second, format!("another session of `{name}`")),
            ],
        };
        // The name of a session that the gate does not believe gives it no standing.
        let is_believed = rule.trust(name, &self.gate_account) == Trust::Believed;
        if is_believed && !matches!(naming, Naming::User(_)) {
            let mentioned = rule.mentioned_names();
            shown.extend(mentioned.map(|it| session(it, format!("`{name}` as `{it}`"))));
        }
        Answerer { shown }
    }
}
