//! Who is behind a session: the chain of AssumeRole events that ends in somebody who took none.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rule::{Account, Key, Principal, Rule};

use super::event::{Identity, SessionEvent};

/// Longer chains are not followed.
const LONGEST: usize = 16;

/// The sessions that somebody took.
#[derive(Debug, Default)]
pub struct Sessions {
    /// By the access key that they got; `None` if the events contradict each other.
    by_key: HashMap<String, Option<Taken>>,
    /// By the session's principal id and the second in which it was made; `None` if several were.
    by_time: HashMap<(String, i64), Option<Taken>>,
}

/// How a session came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub by: Identity,
    /// Whether whoever took it chose its name, and no identity provider did.
    pub is_named_by_caller: bool,
}

impl Taken {
    /// What two events say together that seem to be of one session. A session of another account's
    /// caller is told in both accounts, and the role's has no name for the caller. `None` if they
    /// name two.
    fn told_with(self, other: &Self) -> Option<Self> {
        match (&self.by.arn, &other.by.arn) {
            (Some(_), None) => Some(self),
            (None, Some(_)) => Some(other.clone()),
            (Some(one), Some(another)) => (one == another).then_some(self),
            (None, None) => (self == *other).then_some(self),
        }
    }
}

impl Sessions {
    pub(super) fn new(events: Vec<SessionEvent>) -> Self {
        let mut sessions = Self::default();
        for event in events {
            let taken = Taken { by: event.by, is_named_by_caller: event.is_named_by_caller };
            if let Some(id) = event.principal_id {
                let made = sessions.by_time.entry((id, second(event.at)));
                made.and_modify(|known| {
                    *known = known.take().and_then(|known| known.told_with(&taken))
                })
                .or_insert_with(|| Some(taken.clone()));
            }
            if let Some(key) = event.access_key {
                let made = sessions.by_key.entry(key);
                made.and_modify(|known| {
                    *known = known.take().and_then(|known| known.told_with(&taken))
                })
                .or_insert(Some(taken));
            }
        }
        sessions
    }

    /// Who took this session: by its access key or, since a console gives a session other keys, by
    /// who it is and when it was made.
    pub fn taken(&self, session: &Identity) -> Option<&Taken> {
        let by_key = session.access_key.as_deref().and_then(|key| self.by_key.get(key));
        by_key.and_then(Option::as_ref).or_else(|| {
            let made = (session.principal_id.clone()?, second(session.created?));
            self.by_time.get(&made)?.as_ref()
        })
    }

    /// Who called, who took the session in which they did, and so on: as far as the events go.
    pub fn chain<'a>(&'a self, of: &'a Identity) -> Vec<&'a Identity> {
        let mut chain = vec![of];
        let mut last = of;
        while chain.len() < LONGEST
            && let Some(taken) = self.taken(last)
            && !chain.contains(&&taken.by)
        {
            chain.push(&taken.by);
            last = &taken.by;
        }
        chain
    }

    /// What the chain shows of the human behind it. A role that the chain passes through is
    /// nobody's, and does not join those who took it.
    pub fn keys(&self, of: &Identity, rule: &Rule, account: &Account) -> BTreeSet<Key> {
        let chain = self.chain(of);
        let traced = |what: &str, name: &str| Key::Traced(format!("{what}:{name}"));
        let mut keys = BTreeSet::new();
        for identity in &chain {
            keys.extend(
                identity.source_identity.iter().map(|name| traced("source-identity", name)),
            );
            keys.extend(identity.on_behalf_of.iter().map(|id| traced("identity-center-user", id)));
        }
        for human in chain.iter().filter(|identity| !identity.is_taken()) {
            if let (Some(name), Some(provider)) = (&human.user_name, &human.provider) {
                keys.insert(traced(&provider.to_lowercase(), &name.to_lowercase()));
            }
            // It stays when a user is renamed, and is all that there is of a caller from another
            // account.
            let id = human.principal_id.iter().filter(|id| is_made_by_aws(id));
            keys.extend(id.map(|id| traced("principal-id", id)));
            keys.extend(human.arn.iter().map(|arn| traced("principal", &arn.to_lowercase())));
            let by_rule = keys_by_rule(human, rule, account);
            let names = by_rule.all().filter(|key| !matches!(key, Key::Role { .. }));
            keys.extend(names.cloned());
        }
        keys
    }
}

/// What the rule makes of somebody whom the trail shows, in their own account: if that is the
/// pipeline's, as far as it is known, and with the role of their session if the trail shows under
/// which path it stands.
pub(super) fn keys_by_rule(of: &Identity, rule: &Rule, account: &Account) -> rule::Keys {
    let principal = Principal::parse(of.arn.as_deref().unwrap_or_default());
    let is_elsewhere = |other: &&str| *other != account.id();
    let home = match principal.account().filter(is_elsewhere) {
        Some(other) => Account::new(other),
        None => account.clone(),
    };
    let home = of.issuer.iter().fold(home, |home, arn| home.with_role(arn));
    rule.keys(&principal, &home).unwrap_or_default()
}

/// Whether an id is one of AWS's: 4 letters that say of what, and 17 more (IAM User Guide, "Unique
/// identifiers"). In examples and in exports from which people took the names, everybody has the
/// same short one.
fn is_made_by_aws(id: &str) -> bool {
    let of_principal = id.split(':').next().unwrap_or_default();
    of_principal.len() >= 16 && of_principal.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn second(at: Timestamp) -> i64 {
    at.as_second()
}
