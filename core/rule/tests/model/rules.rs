//! The rules that the worlds are judged by.

use rule::{Account, Rule};
use serde_json::{Map, Value, json};

use super::execution::key;
use super::people::{ACCOUNT, Called, Credential, HUMANS, Human, NAMES, Principal, SSO};

/// What a rule says, in the words of the naive statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) quorum: usize,
    /// `actions` is absent: every manual approval of the stage is required.
    pub(crate) every_action: bool,
    /// `sharedRoles` is `collapse`.
    pub(crate) collapse: bool,
    pub(crate) keys: Keys,
    pub(crate) people: People,
    pub(crate) trust: Trust,
    pub(crate) only_people: bool,
    pub(crate) exclude_initiator: bool,
}

/// What the rule says about signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// There are no `signingKeys`.
    Absent,
    /// There is one of each human.
    Known,
    /// And `requireSignature` is set.
    Required,
}

/// What the `people` map says. Every entry is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum People {
    Empty,
    /// The users and identities of each human, but not those under somebody else's handle.
    Joined,
    /// Every user and identity of each human.
    Complete,
    /// The same, and the sessions of the shared role that bear the human's name.
    WithSessions,
}

/// How `trustedSessionRoles` names the identity provider's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    ByName,
    /// By a pattern, and IAM shows the role under IAM Identity Center's path.
    ByPattern,
    /// By a pattern, and IAM does not show it.
    ByPatternUnseen,
    Nobody,
}

impl Config {
    pub(crate) const PLAIN: Self = Self {
        quorum: 2,
        every_action: false,
        collapse: false,
        keys: Keys::Absent,
        people: People::Empty,
        trust: Trust::ByName,
        only_people: false,
        exclude_initiator: false,
    };

    /// Every rule about who counts, for this quorum.
    pub(crate) fn all(quorum: usize) -> Vec<Self> {
        let mut all = vec![Self { quorum, ..Self::PLAIN }];
        vary(&mut all, &[false, true], |config, collapse| config.collapse = collapse);
        vary(&mut all, &[Keys::Absent, Keys::Known, Keys::Required], |config, keys| {
            config.keys = keys;
        });
        let people = [People::Empty, People::Joined, People::Complete, People::WithSessions];
        vary(&mut all, &people, |config, people| config.people = people);
        let trust = [Trust::ByName, Trust::ByPattern, Trust::ByPatternUnseen, Trust::Nobody];
        vary(&mut all, &trust, |config, trust| config.trust = trust);
        vary(&mut all, &[false, true], |config, only| config.only_people = only);
        all.retain(|config| !config.only_people || config.names_people());
        all
    }

    /// Whether `people` or `signingKeys` names anybody.
    pub(crate) fn names_people(self) -> bool {
        self.people != People::Empty || self.keys != Keys::Absent
    }

    pub(crate) fn trusts(self, role: &str) -> bool {
        role == SSO && matches!(self.trust, Trust::ByName | Trust::ByPattern)
    }

    /// Whether it trusts a role, or would if IAM showed the role.
    pub(crate) fn may_trust(self, role: &str) -> bool {
        role == SSO && self.trust != Trust::Nobody
    }

    /// The principals that the `people` map gives to a human.
    fn principals(self, human: Human) -> Vec<Principal> {
        use Credential::{Admin, Namesake, Shared, Sso, Unlike, User};
        let others = || HUMANS.into_iter().filter(|other| *other != human).map(Namesake);
        let own = [User, Admin, Sso, Unlike].into_iter();
        let listed: Vec<Credential> = match self.people {
            People::Empty => Vec::new(),
            People::Joined => own.collect(),
            People::Complete => own.chain(others()).collect(),
            People::WithSessions => {
                own.chain(others()).chain([Shared(Called::As(human))]).collect()
            }
        };
        listed.into_iter().map(|credential| credential.principal(human)).collect()
    }

    /// The human that the `people` map gives a principal to.
    pub(crate) fn listed(self, principal: Principal) -> Option<Human> {
        HUMANS.into_iter().find(|human| self.principals(*human).contains(&principal))
    }

    pub(crate) fn account(self) -> Account {
        let account = Account::new(ACCOUNT);
        let path = format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{SSO}");
        if self.trust == Trust::ByPattern { account.with_role(&path) } else { account }
    }

    pub(crate) fn rule(self, actions: &[&str]) -> Rule {
        let per_human = |values: &dyn Fn(Human) -> Vec<String>| -> Map<String, Value> {
            HUMANS
                .map(|human| (NAMES[human].to_owned(), json!(values(human))))
                .into_iter()
                .collect()
        };
        let mut rule = json!({
            "quorum": self.quorum,
            "sharedRoles": if self.collapse { "collapse" } else { "reject" },
            "onlyPeople": self.only_people,
            "excludeInitiator": self.exclude_initiator,
            "trustedSessionRoles": match self.trust {
                Trust::ByName => vec![SSO],
                Trust::ByPattern | Trust::ByPatternUnseen => vec!["AWSReservedSSO_*"],
                Trust::Nobody => vec![],
            },
        });
        if !self.every_action {
            rule["actions"] = json!(actions);
        }
        if self.people != People::Empty {
            rule["people"] = per_human(&|human| {
                self.principals(human).into_iter().map(Principal::arn).collect()
            })
            .into();
        }
        if self.keys != Keys::Absent {
            rule["signingKeys"] = per_human(&|human| vec![key(human).to_string()]).into();
            rule["requireSignature"] = json!(self.keys == Keys::Required);
        }
        Rule::floor(&rule.to_string()).unwrap_or_else(|error| panic!("{rule}: {error}"))
    }
}

fn vary<T: Copy>(all: &mut Vec<Config>, values: &[T], set: impl Fn(&mut Config, T)) {
    *all = all
        .iter()
        .flat_map(|config| {
            values.iter().map(|value| {
                let mut config = *config;
                set(&mut config, *value);
                config
            })
        })
        .collect();
}
