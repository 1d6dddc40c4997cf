//! The decision and its record, schemaVersion 1: what was judged, by which rule, with which verdict.
//!
//! The gate logs the record; its JSON form is frozen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::facts::Status;
use crate::glob::{ArnGlob, NameGlob};
use crate::key::Key;
use crate::reason::ReasonCode;
use crate::rule::{Quorum, Rule, SharedRoles};

/// One evaluation: its record, and what that means. Only [`decide`](crate::decide()) makes one, and nothing changes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub(crate) record: Record,
    /// The persons who counted, each by its best proven key.
    pub(crate) persons: Vec<Key>,
    /// The gate stands in another stage than the approvals, so retrying its stage does not reopen them.
    pub(crate) approvals_elsewhere: bool,
}

/// The decision record, schemaVersion 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Record {
    /// 1.
    pub schema_version: u32,
    /// When it was judged.
    pub decided_at: Timestamp,
    /// The pipeline's name.
    pub pipeline: String,
    /// The version of the pipeline's structure that the execution runs on.
    pub pipeline_version: Option<i32>,
    /// The pipeline execution that was judged.
    pub execution_id: String,
    /// The stage in which the approvals are.
    pub stage: String,
    /// The gate's CodePipeline job; none when the past is judged.
    pub job_id: Option<String>,
    /// What was required.
    pub rule: EffectiveRule,
    /// The newest attempt of each required action.
    pub approvals: Vec<JudgedApproval>,
    /// The persons who counted, each by its best proven key.
    pub persons: Vec<String>,
    /// The number of persons required.
    pub quorum: Quorum,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not satisfied; and, when it is, what a reader of the record must know.
    pub reasons: Vec<Reason>,
}

/// The verdict of a decision. An error is never a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Enough distinct persons approved all that was required.
    Satisfied,
    /// They did not.
    Unsatisfied,
}

impl Verdict {
    /// The verdict as it stands in records and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Unsatisfied => "unsatisfied",
        }
    }
}

/// One attempt of a required action, and how it was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JudgedApproval {
    /// The action.
    pub action: String,
    /// The attempt; none when the action has not run in this execution.
    pub action_execution_id: Option<String>,
    /// How the attempt stands.
    pub status: Option<Status>,
    /// Who answered, as AWS named them.
    pub principal: Option<String>,
    /// The person it was counted as: the best proven key.
    pub person: Option<String>,
    /// The principal's keys, the proven ones first.
    pub keys: Vec<String>,
    /// When it was answered.
    pub at: Option<Timestamp>,
    /// What the approver wrote.
    pub comment: Option<String>,
    /// Whether it counted.
    pub counted: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
}

/// Why the verdict is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// The same for people, in one line.
    pub message: String,
}

/// The rule as it was applied: the floor tightened by UserParameters, with what was left out filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EffectiveRule {
    /// Distinct persons required.
    pub quorum: Quorum,
    /// The actions that were required in this execution.
    pub actions: BTreeSet<String>,
    /// The stage in which they are.
    pub stage: String,
    /// What became of approvals through untrusted roles.
    pub shared_roles: SharedRoles,
    /// Whether who started the execution did not count.
    pub exclude_initiator: bool,
    /// The greatest age of an approval, in minutes.
    pub max_age_minutes: Option<u32>,
    /// Globs of roles whose session names prove who somebody is.
    pub trusted_session_roles: Vec<String>,
    /// Who has which principals.
    pub people: BTreeMap<String, Vec<String>>,
    /// Who may count in which action.
    pub roster: BTreeMap<String, BTreeSet<String>>,
    /// Globs of roles and users that are machines.
    pub not_people: Vec<String>,
}

impl EffectiveRule {
    /// The rule as it is applied to these actions of this stage.
    pub(crate) fn of(rule: &Rule, stage: &str, actions: BTreeSet<String>) -> Self {
        Self {
            quorum: rule.quorum(),
            actions,
            stage: stage.to_owned(),
            shared_roles: rule.shared_roles(),
            exclude_initiator: rule.excludes_initiator(),
            max_age_minutes: rule.max_age_minutes(),
            trusted_session_roles: patterns(rule.trusted_session_roles(), NameGlob::pattern),
            people: rule
                .people()
                .iter()
                .map(|(name, globs)| (name.clone(), patterns(globs, ArnGlob::pattern)))
                .collect(),
            roster: rule.roster().clone(),
            not_people: patterns(rule.not_people(), NameGlob::pattern),
        }
    }
}

fn patterns<Glob>(globs: &[Glob], pattern: fn(&Glob) -> &str) -> Vec<String> {
    globs.iter().map(|glob| pattern(glob).to_owned()).collect()
}

/// Proof that a decision is satisfied, without which no success can be reported.
///
/// INVARIANT (fail closed): its field is private and [`Decision::satisfied`] alone makes it.
#[derive(Clone, Copy, Debug)]
pub struct Satisfied<'a>(&'a Decision);

impl Decision {
    /// What is written down.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The proof that this decision is satisfied, if it is.
    #[must_use]
    pub fn satisfied(&self) -> Option<Satisfied<'_>> {
        match self.record.verdict {
            Verdict::Satisfied => Some(Satisfied(self)),
            Verdict::Unsatisfied => None,
        }
    }
}

impl<'a> Satisfied<'a> {
    /// The decision that is satisfied.
    #[must_use]
    pub fn decision(self) -> &'a Decision {
        self.0
    }
}
