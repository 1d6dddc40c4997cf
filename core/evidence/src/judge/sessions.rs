//! Finds the human behind a session: the end of a chain of AssumeRole events.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rule::{Account, Key, Principal, Rule};

use crate::read::event::{Identity, SessionEvent};

/// The length at which following a chain stops.
const LONGEST: usize = 16;

/// The sessions whose start CloudTrail recorded.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// By access key. `None` if the events contradict each other.
    by_key: HashMap<String, Option<Origin>>,
    /// By principal id and the second of the start. `None` if several sessions match.
    by_time: HashMap<(String, i64), Option<Origin>>,
}

/// How a session started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The principal that assumed the role.
    pub(crate) by: Identity,
    /// Whether that principal chose the session's name, and not an identity provider.
    pub(crate) is_named_by_caller: bool,
}

impl Origin {
    /// Combines two events that seem to record the start of one session, or returns `None` if they
    /// contradict each other. If the caller is from another account, both accounts have an event,
    /// and the one in the role's account has no ARN of the caller.
    fn combined_with(self, other: &Self) -> Option<Self> {
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
            let origin = Origin { by: event.by, is_named_by_caller: event.is_named_by_caller };
            let combine = |known: &mut Option<Origin>| {
                *known = known.take().and_then(|known| known.combined_with(&origin));
            };
            if let Some(id) = event.principal_id {
                let entry = sessions.by_time.entry((id, second(event.at)));
                entry.and_modify(combine).or_insert_with(|| Some(origin.clone()));
            }
            if let Some(key) = event.access_key {
                let entry = sessions.by_key.entry(key);
                entry.and_modify(combine).or_insert_with(|| Some(origin.clone()));
            }
        }
        sessions
    }

    /// How this session started. The events are matched by access key or, because a console gives a
    /// session other keys, by principal id and start time.
    pub(crate) fn origin(&self, session: &Identity) -> Option<&Origin> {
        let by_key = session.access_key.as_deref().and_then(|key| self.by_key.get(key));
        by_key.and_then(Option::as_ref).or_else(|| {
            let started = (session.principal_id.clone()?, second(session.created?));
            self.by_time.get(&started)?.as_ref()
        })
    }

    /// The caller, the principal that started the caller's session, and so on, as far as the events
    /// go.
    pub(crate) fn chain<'a>(&'a self, caller: &'a Identity) -> Vec<&'a Identity> {
        let mut chain = vec![caller];
        let mut last = caller;
        while chain.len() < LONGEST
            && let Some(origin) = self.origin(last)
            && !chain.contains(&&origin.by)
        {
            chain.push(&origin.by);
            last = &origin.by;
        }
        chain
    }

    /// The keys of the human at the end of a caller's chain. Role keys are left out: many people
    /// may assume a role, so it must not join them.
    pub(crate) fn keys(&self, caller: &Identity, rule: &Rule, account: &Account) -> BTreeSet<Key> {
        let chain = self.chain(caller);
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
            // The id survives renaming a user, and is all that is known of a caller from another
            // account.
            let id = human.principal_id.iter().filter(|id| is_unique_id(id));
            keys.extend(id.map(|id| traced("principal-id", id)));
            keys.extend(human.arn.iter().map(|arn| traced("principal", &arn.to_lowercase())));
            let by_rule = keys_by_rule(human, rule, account);
            let names = by_rule.all().filter(|key| !matches!(key, Key::Role { .. }));
            keys.extend(names.cloned());
        }
        keys
    }
}

/// The keys that the rule gives to a principal of the trail, in the principal's own account.
/// `account` is the pipeline's. The session's role is added to it, because the trail shows its
/// path.
pub(super) fn keys_by_rule(identity: &Identity, rule: &Rule, account: &Account) -> rule::Keys {
    let principal = Principal::parse(identity.arn.as_deref().unwrap_or_default());
    let is_elsewhere = |other: &&str| *other != account.id();
    let home = match principal.account().filter(is_elsewhere) {
        Some(other) => Account::new(other),
        None => account.clone(),
    };
    let home = identity.issuer.iter().fold(home, |home, arn| home.with_role(arn));
    rule.keys(&principal, &home).unwrap_or_default()
}

/// Whether an id can be one of AWS's: 4 letters for its type and 17 more (IAM User Guide, "Unique
/// identifiers"). In examples and anonymised exports all principals have the same short id, which
/// must not join them.
fn is_unique_id(id: &str) -> bool {
    let of_principal = id.split(':').next().unwrap_or_default();
    of_principal.len() >= 16 && of_principal.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn second(at: Timestamp) -> i64 {
    at.as_second()
}
