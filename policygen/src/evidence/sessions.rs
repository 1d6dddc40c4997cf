//! Who is behind a session: the chain of AssumeRole events that ends in somebody who took none.

use std::collections::{BTreeSet, HashMap};

use rule::{Account, Key, Principal, Rule};

use super::event::{Identity, SessionEvent};

/// Longer chains are not followed.
const LONGEST: usize = 16;

/// The sessions that somebody took, by their access key id.
#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<String, Identity>);

impl Sessions {
    pub(super) fn new(events: Vec<SessionEvent>) -> Self {
        Self(events.into_iter().map(|event| (event.access_key, event.by)).collect())
    }

    /// Who called, who took the session in which they did, and so on: as far as the events go.
    pub(crate) fn chain<'a>(&'a self, of: &'a Identity) -> Vec<&'a Identity> {
        let mut chain = vec![of];
        let mut seen = BTreeSet::new();
        let mut last = of;
        while chain.len() < LONGEST
            && let Some(key) = last.access_key.as_deref().filter(|key| seen.insert(*key))
            && let Some(taker) = self.0.get(key)
        {
            chain.push(taker);
            last = taker;
        }
        chain
    }

    /// What the chain shows of the human at its end. A role that the chain passes through is nobody's, and does not join those who took it.
    pub(crate) fn keys(&self, of: &Identity, rule: &Rule, account: &Account) -> BTreeSet<Key> {
        let chain = self.chain(of);
        let traced = |what: &str, name: &str| Key::Traced(format!("{what}:{name}"));
        let mut keys = BTreeSet::new();
        for identity in &chain {
            keys.extend(
                identity
                    .source_identity
                    .iter()
                    .map(|name| traced("source-identity", name)),
            );
            keys.extend(
                identity
                    .on_behalf_of
                    .iter()
                    .map(|id| traced("identity-center-user", id)),
            );
        }
        let Some(end) = chain.last().filter(|end| !end.is_taken()) else {
            return keys;
        };
        if let (Some(name), Some(provider)) = (&end.user_name, &end.provider) {
            keys.insert(traced(&provider.to_lowercase(), &name.to_lowercase()));
        }
        if let Some(arn) = &end.arn {
            keys.insert(traced("principal", &arn.to_lowercase()));
            let account = end
                .issuer
                .iter()
                .fold(account.clone(), |account, arn| account.with_role(arn));
            let by_rule = rule.keys(&Principal::parse(arn), &account).unwrap_or_default();
            keys.extend(by_rule.all().filter(|key| !matches!(key, Key::Role { .. })).cloned());
        }
        keys
    }
}
