//! Which key signs an answer.

use rule::{RequireSignature, Rule};
use signing::{KeyKind, SigningKey};

/// How an answer is signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyChoice {
    /// By a key of the agent, which the rule gives to a person.
    Agent { person: String, key: SigningKey },
    /// Not at all: no key of the rule is at hand, and the rule asks for none.
    Unsigned,
}

/// Why an answer cannot be signed although it must be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKey {
    #[error(
        "the rule counts signed approvals only, and your agent holds none of its keys{}; add your \
         key with `ssh-add`, or give it with --key. `desk enrol` shows how a key gets into the rule",
        if *.device_bound { " that cannot leave their device" } else { "" }
    )]
    NoneInAgent {
        /// The rule asks for keys that cannot be copied.
        device_bound: bool,
    },
    #[error(
        "your agent holds keys of several people of the rule, {}; say with --key who you are",
        .0.join(" and ")
    )]
    SeveralPeople(Vec<String>),
}

/// Chooses among the keys of the agent. If one person has several, a key that cannot be copied
/// goes first.
///
/// # Errors
/// [`NoKey`] if the rule asks for a signature and no key is at hand, or if it is not clear whose
/// key to use.
pub(crate) fn choose(rule: &Rule, in_agent: &[SigningKey]) -> Result<KeyChoice, NoKey> {
    let needs_device = rule.require_signature() == RequireSignature::DeviceBound;
    let mut usable: Vec<(&str, &SigningKey)> = rule
        .public_keys()
        .filter(|(_, key)| in_agent.iter().any(|held| held.id() == key.id()))
        .filter(|(_, key)| !needs_device || key.kind() == KeyKind::SshSecurityKey)
        .collect();
    usable.sort_by_key(|(person, key)| (*person, key.kind() != KeyKind::SshSecurityKey, key.id()));
    let Some((person, key)) = usable.first().copied() else {
        return match rule.require_signature() {
            RequireSignature::No => Ok(KeyChoice::Unsigned),
            RequireSignature::Any => Err(NoKey::NoneInAgent { device_bound: false }),
            RequireSignature::DeviceBound => Err(NoKey::NoneInAgent { device_bound: true }),
        };
    };
    let mut people: Vec<String> = usable.iter().map(|(person, _)| (*person).to_owned()).collect();
    people.dedup();
    if people.len() > 1 {
        return Err(NoKey::SeveralPeople(people));
    }
    Ok(KeyChoice::Agent { person: person.to_owned(), key: key.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Public keys of the SSH signatures in `core/signing/tests/vectors.json`, and one more.
    const ALICE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";
    const BOB: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKhzoRombMwuyBfhOxlRrhnEkcEzlifKmDelioK8a3PV";

    fn rule(require: &str) -> Rule {
        let keys = format!(r#""signingKeys": {{"alice": ["{ALICE}"], "bob": ["{BOB}"]}}"#);
        Rule::floor(&format!(r#"{{{keys}, "requireSignature": {require}}}"#)).unwrap()
    }

    fn keys(lines: &[&str]) -> Vec<SigningKey> {
        lines.iter().map(|line| line.parse().unwrap()).collect()
    }

    #[test]
    fn the_one_key_of_the_rule_in_the_agent_signs() {
        for require in ["true", "false"] {
            let chosen = choose(&rule(require), &keys(&[BOB])).unwrap();
            let bob = BOB.parse().unwrap();
            assert_eq!(chosen, KeyChoice::Agent { person: "bob".to_owned(), key: bob });
        }
    }

    #[test]
    fn without_a_key_an_answer_is_unsigned_only_if_the_rule_allows_it() {
        assert_eq!(choose(&rule("false"), &[]), Ok(KeyChoice::Unsigned));
        assert_eq!(choose(&Rule::default(), &keys(&[BOB])), Ok(KeyChoice::Unsigned));
        assert_eq!(choose(&rule("true"), &[]), Err(NoKey::NoneInAgent { device_bound: false }));
        // A key on disk can be copied.
        let device_bound = rule(r#"{"deviceBound": true}"#);
        let refused = Err(NoKey::NoneInAgent { device_bound: true });
        assert_eq!(choose(&device_bound, &keys(&[BOB])), refused);
    }

    #[test]
    fn nobody_signs_as_somebody_else_by_accident() {
        let both = Err(NoKey::SeveralPeople(vec!["alice".to_owned(), "bob".to_owned()]));
        assert_eq!(choose(&rule("false"), &keys(&[BOB, ALICE])), both);
    }
}
