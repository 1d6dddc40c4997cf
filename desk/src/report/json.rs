//! The JSON of the reports, schema version 1. Its members are published and frozen.

use jiff::Timestamp;
use rule::{Attempt, Decision, Reason, Reviewed, Status, Verdict};
use serde::Serialize;
use serde_json::Error;
use signing::{Signature, SigningKey};

use crate::judge::Judgement;
use crate::look::Situation;
use crate::open::OpenRun;
use crate::pipeline::{Pipeline, Stage};
use crate::port;
use crate::rule_source::{Origin, StageRule};

/// An open approval.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Approval {
    pub(crate) pipeline: String,
    pub(crate) execution_id: String,
    pub(crate) stage: String,
    pub(crate) action: String,
    pub(crate) action_execution_id: String,
    pub(crate) open_since: Option<Timestamp>,
    pub(crate) open_until: Option<Timestamp>,
    /// What the pipeline's author wants the approver to know.
    pub(crate) note: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) releases: Vec<Release>,
    /// `None` if the rule is not known or has no `reviews`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reviews: Option<Reviews>,
    pub(crate) answered: Vec<Answered>,
    pub(crate) rule: Rule,
}

/// A revision that is released.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Release {
    pub(crate) artifact: Option<String>,
    pub(crate) revision_id: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) url: Option<String>,
}

/// The authors and reviews of what is released, as the reviews function names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reviews {
    /// `yes`, or `no` or `unknown` with a colon and why.
    pub(crate) reviewed: String,
    pub(crate) authors: Vec<String>,
    pub(crate) pushers: Vec<String>,
    pub(crate) reviewers: Vec<String>,
}

/// An answer that somebody has given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answered {
    pub(crate) action: String,
    pub(crate) answer: &'static str,
    pub(crate) principal: Option<String>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) comment: Option<String>,
}

/// Whether the rule is known, and who says what it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) known: bool,
    /// `file`, or the name of a function.
    pub(crate) from: Option<String>,
    /// Why it is not known.
    pub(crate) problem: Option<String>,
}

/// Whether an approval by the caller counts. `counts` is `null` if nobody can say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    pub(crate) counts: Option<bool>,
    /// The person that it counts as.
    pub(crate) person: Option<String>,
    /// The caller's name among the authors of what is released, if the rule lets authors count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<String>,
    /// Whether it has to be signed to count.
    pub(crate) signed: bool,
    /// The reason's code, such as `same-person`.
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: Option<String>,
}

/// A signature, sent or about to be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signed {
    pub(crate) key_id: String,
    pub(crate) kind: &'static str,
    /// The person that the rule gives the key to.
    pub(crate) person: Option<String>,
}

/// A reason against the release.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Why {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// What the rule says about the execution after the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outlook {
    pub(crate) verdict: &'static str,
    pub(crate) persons: Vec<String>,
    /// The actions that still have to be approved.
    pub(crate) missing: Vec<String>,
    pub(crate) reasons: Vec<Why>,
}

impl From<&port::Release> for Release {
    fn from(release: &port::Release) -> Self {
        let port::Release { artifact, revision, message, url, author } = release.clone();
        Self { artifact, revision_id: revision, message, author, url }
    }
}

impl From<Reviewed<'_>> for Reviews {
    fn from(said: Reviewed<'_>) -> Self {
        let Reviewed { authors, pushers, reviewers, reviewed } = said;
        let [authors, pushers, reviewers] = [authors, pushers, reviewers]
            .map(|users| users.into_iter().map(str::to_owned).collect());
        Self { reviewed, authors, pushers, reviewers }
    }
}

impl From<&Attempt> for Answered {
    fn from(attempt: &Attempt) -> Self {
        let approver = &attempt.approver;
        Self {
            action: attempt.action.clone().unwrap_or_default(),
            answer: if attempt.status == Status::Succeeded { "Approved" } else { "Rejected" },
            principal: approver.history.clone().or_else(|| approver.state.clone()),
            at: attempt.answered.or(attempt.updated),
            comment: attempt.comment.clone(),
        }
    }
}

impl Rule {
    pub(crate) fn of(situation: &Situation) -> Self {
        match &situation.rule {
            Ok(StageRule { from: Origin::File, .. }) => {
                Self { known: true, from: Some("file".to_owned()), problem: None }
            }
            Ok(StageRule { from: Origin::Function(name), .. }) => {
                Self { known: true, from: Some(name.clone()), problem: None }
            }
            Err(problem) => Self { known: false, from: None, problem: Some(problem.to_string()) },
        }
    }
}

impl Standing {
    /// What a judgement says.
    pub(crate) fn of(judgement: &Judgement) -> Self {
        match judgement {
            Judgement::Counts(approval) => Self {
                counts: Some(true),
                person: approval.person.clone(),
                author: approval.author.clone(),
                signed: approval.signature.is_some(),
                ..Self::default()
            },
            Judgement::NotRequired => Self {
                message: Some("the rule does not ask for this approval".to_owned()),
                ..Self::default()
            },
            Judgement::Refused(Reason { code, message }) => Self {
                counts: Some(false),
                reason: Some(code.as_str()),
                message: Some(message.clone()),
                ..Self::default()
            },
        }
    }

    /// Nobody can say, because of this.
    pub(crate) fn unknown(problem: impl ToString) -> Self {
        Self { message: Some(problem.to_string()), ..Self::default() }
    }
}

impl Signed {
    pub(crate) fn of(key: &SigningKey, signature: &Signature, rule: Option<&rule::Rule>) -> Self {
        let keys = rule.into_iter().flat_map(rule::Rule::public_keys);
        let person = keys.into_iter().find(|(_, known)| known.id() == key.id());
        Self {
            key_id: signature.key_id().to_string(),
            kind: key.kind().as_str(),
            person: person.map(|(person, _)| person.to_owned()),
        }
    }
}

impl Outlook {
    /// What the rule says about a stage whose approvals may not all have begun.
    pub(crate) fn in_stage(decision: &Decision, rule: &rule::Rule, stage: &Stage) -> Self {
        let mut outlook = Self::of(decision);
        outlook.missing.extend(crate::judge::to_come(decision, rule, stage).map(str::to_owned));
        outlook
    }

    /// What the rule says about the stage of an approval.
    pub(crate) fn after(decision: &Decision, pipeline: &Pipeline, situation: &Situation) -> Self {
        match (&situation.rule, pipeline.stage(&situation.run.stage)) {
            (Ok(StageRule { rule, .. }), Some(stage)) => Self::in_stage(decision, rule, stage),
            (Ok(_) | Err(_), _) => Self::of(decision),
        }
    }

    /// Whether nothing more is needed from people.
    pub(crate) fn is_enough(&self) -> bool {
        self.verdict == Verdict::Satisfied.as_str() && self.missing.is_empty()
    }

    /// What the rule says about approvals that have all begun.
    pub(crate) fn of(decision: &Decision) -> Self {
        let record = decision.record();
        let reasons = match record.verdict {
            Verdict::Satisfied => &[],
            Verdict::Unsatisfied => record.reasons.as_slice(),
        };
        Self {
            verdict: record.verdict.as_str(),
            persons: record.persons.clone(),
            missing: crate::judge::missing(decision).into_iter().map(str::to_owned).collect(),
            reasons: reasons
                .iter()
                .map(|reason| Why { code: reason.code.as_str(), message: reason.message.clone() })
                .collect(),
        }
    }
}

impl Approval {
    /// The place of an approval, without what else is known about it.
    pub(crate) fn new(pipeline: &str, run: &OpenRun, rule: Rule) -> Self {
        Self {
            pipeline: pipeline.to_owned(),
            execution_id: run.execution_id.clone(),
            stage: run.stage.clone(),
            action: run.action.clone(),
            action_execution_id: run.id.clone(),
            open_since: run.since,
            open_until: None,
            note: None,
            link: None,
            releases: Vec::new(),
            reviews: None,
            answered: Vec::new(),
            rule,
        }
    }
}

/// A document, in one line per member.
///
/// # Errors
/// If it cannot be written as JSON.
pub(crate) fn render(document: &impl Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
