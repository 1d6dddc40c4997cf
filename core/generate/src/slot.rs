//! Slots: approval actions that one set of people serves.

use std::fmt;
use std::str::FromStr;

use iam::Pattern;
use serde::Deserialize;

use super::name::{ActionGlob, NameError, is_plain};
use super::target::Targets;

/// An approval action, or a pattern of them, that one set of people serves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Slot {
    name: String,
    actions: ActionGlob,
}

impl FromStr for Slot {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (name, actions) = text.split_once('=').unwrap_or((text, text));
        let actions = actions.parse()?;
        let is_name = name.parse::<ActionGlob>().is_ok() && is_plain(name);
        if !is_name {
            return Err(NameError::new(
                text,
                "a slot: the name of an action, or NAME=PATTERN for the actions that a pattern matches",
            ));
        }
        Ok(Self { name: name.to_owned(), actions })
    }
}

impl TryFrom<String> for Slot {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl Slot {
    /// Its actions.
    pub fn actions(&self) -> &ActionGlob {
        &self.actions
    }

    /// Its only action; none when it is a pattern.
    pub fn action(&self) -> Option<&str> {
        is_plain(&self.actions).then_some(&self.actions)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Two slots or more, of which no two can ever mean the same action.
///
/// INVARIANT (apart): no action name is matched by the patterns of two slots. Every mechanism
/// relies on it.
#[derive(Clone, Debug)]
pub struct Slots(Vec<Slot>);

/// Why slots do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotsError {
    #[error("one slot is not enough: two persons need two approvals; give at least two slots")]
    TooFew,
    #[error(
        "the slots `{0}` and `{1}` have one name to IAM, which does not tell upper from lower case; rename one"
    )]
    SameName(String, String),
    #[error(
        "the slots `{first}` and `{second}` overlap: `{witness}` would be in both; narrow one of the patterns"
    )]
    Overlap { first: String, second: String, witness: String },
}

impl Slots {
    pub fn new(slots: Vec<Slot>, targets: &Targets) -> Result<Self, SlotsError> {
        if slots.len() < 2 {
            return Err(SlotsError::TooFew);
        }
        for (at, first) in slots.iter().enumerate() {
            for second in slots.iter().skip(at + 1) {
                if first.name.eq_ignore_ascii_case(&second.name) {
                    return Err(SlotsError::SameName(first.name.clone(), second.name.clone()));
                }
                if let Some(action) = common_action(&first.actions, &second.actions) {
                    return Err(SlotsError::Overlap {
                        first: first.name.clone(),
                        second: second.name.clone(),
                        witness: targets.example_action_arn(&action),
                    });
                }
            }
        }
        Ok(Self(slots))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter()
    }

    /// The others.
    pub fn others(&self, slot: &Slot) -> impl Iterator<Item = &Slot> {
        self.0.iter().filter(move |other| other.name != slot.name)
    }
}

/// An action name that both match.
///
/// All slots share pipelines, stage, accounts and regions, and an action's ARN has exactly as many
/// `:` and `/` as these patterns, so that none of their wildcards runs past one: two slots overlap
/// exactly when their action patterns do.
fn common_action(first: &ActionGlob, second: &ActionGlob) -> Option<String> {
    let witness = Pattern::new(first).witness(&Pattern::new(second))?;
    // Both match nothing at all only when both match everything.
    let witness = if witness.is_empty() { "x".to_owned() } else { witness };
    witness.parse::<ActionGlob>().is_ok().then_some(witness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(texts: &[&str]) -> Result<Slots, SlotsError> {
        let slots = texts.iter().map(|text| text.parse().unwrap()).collect();
        Slots::new(slots, &Targets::example())
    }

    #[test]
    fn slots_that_share_an_action_are_refused_with_its_arn() {
        for (first, second, action) in [
            ("A=Approval*", "B=*B", "ApprovalB"),
            ("A=Approval?", "B=ApprovalB", "ApprovalB"),
            ("A=*", "B=*", "x"),
            ("A=x", "B=x", "x"),
            ("A=*-ops", "B=dev-*", "dev-ops"),
        ] {
            assert_eq!(
                slots(&[first, second]).unwrap_err(),
                SlotsError::Overlap {
                    first: "A".into(),
                    second: "B".into(),
                    witness: format!(
                        "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/{action}"
                    ),
                }
            );
        }
        assert!(slots(&["A=dev-*", "B=ops-*", "C=Approval?"]).is_ok());
        let long = "a".repeat(60);
        // The shortest name that both match would be longer than any name.
        assert!(slots(&[&format!("A={long}*"), &format!("B=*b{long}")]).is_ok());
    }

    #[test]
    fn too_few_and_twice_the_same_are_refused() {
        assert_eq!(slots(&["ApprovalA"]).unwrap_err(), SlotsError::TooFew);
        assert_eq!(
            slots(&["ApprovalA", "approvala"]).unwrap_err(),
            SlotsError::SameName("ApprovalA".into(), "approvala".into())
        );
        for bad in ["", "=", "A=", "=A", "A*", "A=b c", "A=b=c", "A/B"] {
            assert!(bad.parse::<Slot>().is_err(), "{bad:?}");
        }
    }
}
