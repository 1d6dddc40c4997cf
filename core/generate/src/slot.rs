//! Slots: approval actions that one set of people serves.

use std::fmt;
use std::str::FromStr;

use iam::Pattern;
use names::{ActionGlob, NameError};
use serde::Deserialize;

use super::name::is_plain;
use super::target::Targets;

/// The value of `--slot`: the name of one approval action.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SlotName(ActionGlob);

/// The value of `--slot-pattern`: a name for the slot, and a pattern of action names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SlotPattern {
    name: String,
    actions: ActionGlob,
}

/// An approval action, or a pattern of them, that one set of people serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    name: String,
    actions: ActionGlob,
}

impl FromStr for SlotName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('=') {
            return Err(NameError::new(
                text,
                "the name of an action; give NAME=PATTERN with `--slot-pattern` (`slot-pattern` in \
                 a file)",
            ));
        }
        match text.parse::<ActionGlob>() {
            Ok(action) if is_plain(&action) => Ok(Self(action)),
            Ok(_) | Err(_) => Err(NameError::new(
                text,
                "the name of an action: 1 to 100 of A-Z a-z 0-9 . @ - _; for a pattern, give \
                 NAME=PATTERN with `--slot-pattern`",
            )),
        }
    }
}

impl FromStr for SlotPattern {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let refused = || {
            NameError::new(
                text,
                "a slot's name and a pattern of action names, written NAME=PATTERN",
            )
        };
        let (name, actions) = text.split_once('=').ok_or_else(refused)?;
        let is_name = name.parse::<ActionGlob>().is_ok() && is_plain(name);
        if !is_name {
            return Err(refused());
        }
        Ok(Self { name: name.to_owned(), actions: actions.parse()? })
    }
}

impl TryFrom<String> for SlotName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl TryFrom<String> for SlotPattern {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<SlotName> for Slot {
    fn from(SlotName(action): SlotName) -> Self {
        Self { name: action.to_string(), actions: action }
    }
}

impl From<SlotPattern> for Slot {
    fn from(SlotPattern { name, actions }: SlotPattern) -> Self {
        Self { name, actions }
    }
}

impl Slot {
    pub(crate) fn actions(&self) -> &ActionGlob {
        &self.actions
    }

    /// Its only action, or `None` if it is a pattern.
    pub(crate) fn action(&self) -> Option<&str> {
        is_plain(&self.actions).then_some(&self.actions)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Two or more slots that have no action in common.
///
/// INVARIANT (apart): no action name matches the patterns of two slots. Every mechanism relies on
/// it.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Vec<Slot>);

/// Why slots cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotsError {
    /// There is only one.
    #[error("one slot is not enough: two persons need two approvals; give at least two slots")]
    TooFew,
    /// Two names differ only in case.
    #[error("the slots `{0}` and `{1}` have the same name for IAM, which ignores case; rename one")]
    SameName(String, String),
    /// Two slots have an action in common.
    #[error(
        "the slots `{first}` and `{second}` overlap: `{witness}` would be in both; narrow one of \
         the patterns"
    )]
    Overlap {
        /// The name of one slot.
        first: String,
        /// The name of the other slot.
        second: String,
        /// The ARN of an action that both match.
        witness: String,
    },
}

impl Slots {
    pub(crate) fn new(slots: Vec<Slot>, targets: &Targets) -> Result<Self, SlotsError> {
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter()
    }

    /// All slots but this one.
    pub(crate) fn others(&self, slot: &Slot) -> impl Iterator<Item = &Slot> {
        self.0.iter().filter(move |other| other.name != slot.name)
    }
}

/// An action name that both patterns match, if there is one.
///
/// Two slots overlap exactly if their action patterns do: all slots share pipelines, stage,
/// accounts and regions, and an action's ARN has exactly as many `:` and `/` as these patterns, so
/// no wildcard can match across one.
fn common_action(first: &ActionGlob, second: &ActionGlob) -> Option<String> {
    let witness = Pattern::new(first).witness(&Pattern::new(second))?;
    // Two patterns that both match the empty text are both `*`, and match any name.
    let witness = if witness.is_empty() { "x".to_owned() } else { witness };
    witness.parse::<ActionGlob>().is_ok().then_some(witness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(texts: &[&str]) -> Result<Slots, SlotsError> {
        let slot = |text: &&str| match text.parse::<SlotName>() {
            Ok(name) => Slot::from(name),
            Err(_) => Slot::from(text.parse::<SlotPattern>().unwrap()),
        };
        Slots::new(texts.iter().map(slot).collect(), &Targets::example())
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
            assert!(bad.parse::<SlotName>().is_err(), "{bad:?}");
            assert!(bad.parse::<SlotPattern>().is_err(), "{bad:?}");
        }
        let error = "A=b*".parse::<SlotName>().unwrap_err().to_string();
        assert!(error.contains("--slot-pattern"), "{error}");
        assert!("A".parse::<SlotPattern>().is_err());
    }
}
