//! What a change of the rule loosens and tightens, as text, JSON and annotations.

use findings::style::{BAD, GOOD};
use findings::{Lines, Location, Severity, annotation, counted, pretty};
use names::shown;
use rule::{Change, Effect, Rule};
use serde::Serialize;

/// What is different between two rules.
#[derive(Debug)]
pub struct RuleChanges {
    changes: Vec<Change>,
    old: String,
    new: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Root<'a> {
    schema_version: u32,
    answer: AnswerEntry,
    old: RuleEntry<'a>,
    new: RuleEntry<'a>,
    changes: Vec<ChangeEntry<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct AnswerEntry {
    /// `same`, `tightens` or `loosens`.
    answer: &'static str,
    sentence: String,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    digest: &'a str,
}

#[derive(Serialize)]
struct ChangeEntry<'a> {
    effect: &'static str,
    key: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct Summary {
    loosens: usize,
    tightens: usize,
}

impl<'a> From<&'a Change> for ChangeEntry<'a> {
    fn from(Change { effect, key, message, .. }: &'a Change) -> Self {
        Self { effect: effect.as_str(), key, message }
    }
}

impl RuleChanges {
    /// Compares two rules of the function's own environment.
    #[must_use]
    pub fn new(old: &Rule, new: &Rule) -> Self {
        Self {
            changes: old.changes_to(new),
            old: old.digest().to_owned(),
            new: new.digest().to_owned(),
        }
    }

    /// Whether anything loosens.
    #[must_use]
    pub fn loosen(&self) -> bool {
        self.of(Effect::Loosens).next().is_some()
    }

    fn of(&self, effect: Effect) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.effect == effect)
    }

    fn sentence(&self) -> String {
        let (loosening, tightening) =
            (self.of(Effect::Loosens).count(), self.of(Effect::Tightens).count());
        let verb =
            |count: usize, verb: &str| format!("{verb}{}", if count == 1 { "s" } else { "" });
        match (loosening, tightening) {
            (0, 0) => "Both rules mean the same.".to_owned(),
            (0, count) => format!(
                "Nothing loosens the rule; {} {} it.",
                counted(count, "change"),
                verb(count, "tighten")
            ),
            (count, _) => {
                format!("{} {} the rule.", counted(count, "change"), verb(count, "loosen"))
            }
        }
    }

    /// The text for people, with colours. The output layer removes them if they are not wanted.
    /// `width` is in columns.
    #[must_use]
    pub fn human(&self, width: usize) -> String {
        let mut lines = Lines::new(width);
        let style = if self.loosen() { BAD } else { GOOD };
        lines.styled(style, 0, &self.sentence());
        for (effect, heading) in [(Effect::Loosens, "Loosens:"), (Effect::Tightens, "Tightens:")] {
            if self.of(effect).next().is_none() {
                continue;
            }
            lines.blank();
            lines.paragraph("", 0, 0, heading);
            for Change { key, message, .. } in self.of(effect) {
                lines.paragraph("- ", 2, 2, &shown(&format!("{key}: {message}")));
            }
        }
        lines.finish()
    }

    /// The JSON for programs, schema version 1.
    ///
    /// # Errors
    /// As `serde_json`.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let answer = match (self.loosen(), self.changes.is_empty()) {
            (true, _) => Effect::Loosens.as_str(),
            (false, false) => Effect::Tightens.as_str(),
            (false, true) => "same",
        };
        pretty(&Root {
            schema_version: 1,
            answer: AnswerEntry { answer, sentence: self.sentence() },
            old: RuleEntry { digest: &self.old },
            new: RuleEntry { digest: &self.new },
            changes: self.changes.iter().map(ChangeEntry::from).collect(),
            summary: Summary {
                loosens: self.of(Effect::Loosens).count(),
                tightens: self.of(Effect::Tightens).count(),
            },
        })
    }

    /// Annotations of a workflow run of GitHub Actions, in the file of the new rule.
    #[must_use]
    pub fn github(&self, file: &str) -> String {
        let location = Location { file: file.to_owned(), line: None, id: None };
        let mut out = String::new();
        for Change { effect, key, message, .. } in &self.changes {
            let severity = match effect {
                Effect::Loosens => Severity::Error,
                Effect::Tightens => Severity::Note,
            };
            let title = format!("{} {key}", effect.as_str());
            out.push_str(&annotation(severity, &title, Some(&location), message));
        }
        out.push_str(&self.sentence());
        out.push('\n');
        out
    }
}
