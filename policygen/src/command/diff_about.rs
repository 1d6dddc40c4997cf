//! What a report is about, so that only reports about the same are compared.

use std::fmt;

use findings::diff::Reported;
use names::{Arn, shown};

/// What a report is about.
pub(super) struct About {
    /// The command that made it.
    pub(super) command: &'static str,
    /// The parts that `doctor` checked: the rule, and pipelines.
    parts: [bool; 2],
    /// The account or the pipeline, if there is only one.
    of: Option<String>,
    /// Where the only pipeline of `doctor` is, if a finding shows it.
    place: Option<String>,
    words: String,
}

impl About {
    /// Whether two reports are about the same, as far as they show it.
    pub(super) fn is_comparable(&self, other: &Self) -> bool {
        let agree = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        self.command == other.command
            && self.parts == other.parts
            && agree(&self.of, &other.of)
            && agree(&self.place, &other.place)
    }

    /// A history of a pipeline, by its ARN.
    pub(super) fn of_history(pipeline: &str) -> Self {
        let (of, words) = (Some(pipeline.to_owned()), format!("`{pipeline}`"));
        Self { command: "evidence", parts: [false, true], of, place: None, words }
    }

    /// Reads it from what `audit` and `doctor` say they checked. `None` if neither says so.
    pub(super) fn of_checked(checked: &str) -> Option<Self> {
        let (command, parts, of) = match checked.rsplit_once(" of account ") {
            Some((_, account)) => ("audit", [false, false], Some(account.to_owned())),
            None => {
                let by_default = checked.strip_prefix("the rule, and by the default rule ");
                let pipelines = by_default.or_else(|| checked.strip_prefix("the rule and "));
                let rest = pipelines.unwrap_or(checked);
                let one = rest.strip_prefix("the pipeline ").map(str::to_owned);
                let has_pipelines = one.is_some() || rest.ends_with(" pipelines");
                let has_rule = pipelines.is_some() || rest == "the rule";
                (has_pipelines || has_rule).then_some(())?;
                ("doctor", [has_rule, has_pipelines], one)
            }
        };
        Some(Self { command, parts, of, place: None, words: checked.to_owned() })
    }

    /// Pipelines in different accounts can be called the same.
    pub(super) fn find_place(&mut self, reported: &[Reported]) {
        if self.command == "doctor" && self.of.is_some() {
            self.place = reported.iter().find_map(|one| place(&one.finding.subject));
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`policygen {}` about {}", self.command, shown(&self.words))?;
        match &self.place {
            Some(place) => write!(f, " in {}", shown(place)),
            None => Ok(()),
        }
    }
}

/// The account and the region of a pipeline, or of a part of it.
fn place(subject: &str) -> Option<String> {
    let Arn { account, region, .. } = Arn::parse(subject)?;
    Some(format!("account {account}, region {region}"))
}
