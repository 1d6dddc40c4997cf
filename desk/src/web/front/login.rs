//! The person that the identity provider names, and who that is in the rule.

use names::shown;
use rule::Rule;

/// A person who has signed in at the identity provider.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// The value of the claim.
    name: String,
}

impl Login {
    pub(super) fn new(name: String) -> Self {
        Self { name }
    }

    /// Whether this is certainly a person of the rule: the name means that person and nobody else.
    pub(crate) fn is(&self, rule: &Rule, person: &str) -> bool {
        rule.people_called(&self.name).into_iter().eq([person])
    }

    /// Why a passkey of this person lets nobody in. Returns `None` if it does.
    pub(crate) fn refuses(&self, rule: &Rule, person: &str) -> Option<String> {
        if self.is(rule, person) {
            return None;
        }
        let people: Vec<&str> = rule.people_called(&self.name).into_iter().collect();
        let name = shown(&self.name);
        Some(match people.as_slice() {
            [] => format!(
                "Your identity provider calls you {name}, and the rule knows nobody of that name. \
                 This passkey is {person}'s. If you are {person}, let the rule's `people` say so."
            ),
            [other] => format!(
                "Your identity provider calls you {name}, who is {other} in the rule. This passkey \
                 is {person}'s. Use your own."
            ),
            several => format!(
                "Your identity provider calls you {name}, and in the rule that may be {}. Let the \
                 rule's `people` say which.",
                several.join(" or ")
            ),
        })
    }
}
