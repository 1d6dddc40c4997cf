//! What people and other actions read about a decision: the summary and the output variables of a
//! success, and the message of a refusal.

use std::collections::{BTreeMap, BTreeSet};

use names::shown;

use crate::authorship::Authorship;
use crate::decision::{AtIs, Decision, JudgedApproval, Record, Satisfied, Verdict};
use crate::facts::Status;
use crate::identity::Basis;
use crate::key::Key;
use crate::message::{distinct_persons, list};
use crate::reason::ReasonCode;

/// The longest `failureDetails.message` of PutJobFailureResult (CodePipeline API model).
pub const REFUSAL_LIMIT: usize = 5000;
/// The longest text that another action can read from the output variable `Summary`: a
/// configuration value has at most 1,000 characters (CodePipeline User Guide, "Quotas").
pub const SUMMARY_LIMIT: usize = 1000;

/// How the message of every refusal begins. Messages of other failures begin differently.
const REFUSED: &str = "Refused: ";

/// Whether the message of a failed gate action is a refusal: there was a verdict, and it was not
/// satisfied. Every other message means that there was no verdict.
#[must_use]
pub fn is_refusal(message: &str) -> bool {
    message.starts_with(REFUSED)
}

/// The names of the gate's output variables.
pub mod output_variable {
    /// [`Verdict::as_str`](crate::Verdict::as_str); always `satisfied`.
    pub const VERDICT: &str = "Verdict";
    /// The persons who counted: `alice, bob`.
    pub const APPROVERS: &str = "Approvers";
    /// The number of persons who counted.
    pub const APPROVER_COUNT: &str = "ApproverCount";
    /// The pipeline execution that was judged.
    pub const PIPELINE_EXECUTION_ID: &str = "PipelineExecutionId";
    /// What the persons rest on: `trusted-session, user`.
    pub const BASIS: &str = "Basis";
    /// [`Rule::digest`](crate::Rule::digest) of the rule in the gate's own environment.
    pub const RULE_DIGEST: &str = "RuleDigest";
    /// The gate's version.
    pub const GATE_VERSION: &str = "GateVersion";
    /// Where the proof of the release is, if the rule has `proof`: `s3://bucket/key`.
    pub const PROOF: &str = "Proof";
    /// The summary of the success.
    pub const SUMMARY: &str = "Summary";
}

impl Satisfied<'_> {
    /// The output variables of the success of a gate of this version: name and value.
    #[must_use]
    pub fn output_variables(self, gate_version: &str) -> [(&'static str, String); 8] {
        let record = self.decision().record();
        [
            (output_variable::VERDICT, record.verdict.as_str().to_owned()),
            (output_variable::APPROVERS, self.approvers()),
            (output_variable::APPROVER_COUNT, record.persons.len().to_string()),
            (output_variable::PIPELINE_EXECUTION_ID, record.execution_id.clone()),
            (output_variable::BASIS, self.basis()),
            (output_variable::RULE_DIGEST, record.rule_digest.clone()),
            (output_variable::GATE_VERSION, gate_version.to_owned()),
            (output_variable::SUMMARY, self.summary()),
        ]
    }

    /// The summary of the success. It names the persons first and is at most [`SUMMARY_LIMIT`]
    /// bytes long.
    #[must_use]
    pub fn summary(self) -> String {
        let Record { quorum, authors, approvals, assumptions, reasons, .. } =
            &self.decision().record;
        let persons = &self.decision().persons;
        let mut text = format!(
            "Satisfied by {}: {} counted, {} required.\n",
            list(persons.iter().map(Key::label)),
            distinct_persons(persons.len()),
            quorum.get()
        );
        for approval in approvals {
            text.push_str(&approval_line(approval));
        }
        if let Some(authors) = authors {
            text.push_str(&authors_line(authors));
        }
        for assumption in assumptions {
            text.push_str(&format!("Assumption: {assumption}.\n"));
        }
        for reason in reasons {
            text.push_str(&format!("Note: {}.\n", reason.message));
        }
        cut(text.trim_end(), "", SUMMARY_LIMIT)
    }

    /// The persons who counted: `alice, bob`. Names contain no space, and no two are the same: if
    /// two keys have the same name, the whole keys are given.
    #[must_use]
    pub fn approvers(self) -> String {
        let persons = &self.decision().persons;
        let mut borne_by: BTreeMap<String, usize> = BTreeMap::new();
        for label in persons.iter().map(Key::label) {
            *borne_by.entry(label).or_default() += 1;
        }
        let name = |key: &Key| {
            let label = Some(key.label()).filter(|label| borne_by.get(label) == Some(&1));
            label.unwrap_or_else(|| key.to_string())
        };
        persons.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    /// What the persons rest on, each kind once: `user`, `trusted-session, user`.
    #[must_use]
    pub fn basis(self) -> String {
        let counted = self.decision().record.approvals.iter().filter(|approval| approval.counted);
        let kinds: BTreeSet<&str> =
            counted.filter_map(|approval| approval.basis).map(Basis::as_str).collect();
        kinds.into_iter().collect::<Vec<_>>().join(", ")
    }
}

impl Decision {
    /// The message of the refusal: who approved what, as which person they were counted, why that
    /// is not enough, and what to do next. It is at most [`REFUSAL_LIMIT`] bytes long, and what to
    /// do next is never cut off. Returns `None` if the decision is satisfied.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let record = &self.record;
        match record.verdict {
            Verdict::Satisfied => return None,
            Verdict::Unsatisfied => {}
        }
        let mut text = format!(
            "{REFUSED}{} counted, {} required (execution {}).\n",
            distinct_persons(self.persons.len()),
            record.quorum.get(),
            record.execution_id
        );
        for approval in &record.approvals {
            text.push_str(&approval_line(approval));
        }
        text.push_str("Why:\n");
        for reason in &record.reasons {
            text.push_str(&format!("- {}: {}.\n", reason.code, reason.message));
        }
        for assumption in &record.assumptions {
            text.push_str(&format!("Assumption: {assumption}.\n"));
        }
        Some(cut(&text, &self.next_step(), REFUSAL_LIMIT))
    }

    fn next_step(&self) -> String {
        let Record { pipeline, stage, execution_id, quorum, rule, .. } = &self.record;
        let too_few = if quorum.is_met_by(rule.actions.len()) {
            String::new()
        } else {
            format!(
                "{} persons need as many approval actions, so add manual approvals to stage \
                 {stage}, before the gate. ",
                quorum.get()
            )
        };
        if self.approvals_elsewhere {
            return format!(
                "What to do: {too_few}Stage {stage} cannot be reopened from here; start a new \
                 execution and have {} different people approve it:\n\
                 aws codepipeline start-pipeline-execution --name {pipeline}",
                quorum.get()
            );
        }
        // The gate does not read the declaration, so it does not know whether the stage retries.
        format!(
            "What to do: {too_few}Have {} different people approve once the approvals are open \
             again. The stage may reopen them by itself (`onFailure`); if it stands still, this \
             does:\n\
             aws codepipeline retry-stage-execution --pipeline-name {pipeline} --stage-name {stage} \
             --pipeline-execution-id {execution_id} --retry-mode ALL_ACTIONS",
            quorum.get()
        )
    }
}

/// One required action: who answered it, and as which person that was counted.
fn approval_line(approval: &JudgedApproval) -> String {
    let answered = match approval.status {
        Some(Status::Succeeded) => "approved",
        Some(Status::Failed) if approval.reason == Some(ReasonCode::MissingApproval) => {
            "failed unanswered"
        }
        Some(Status::Failed) => "rejected or timed out",
        Some(Status::InProgress) => "not answered yet",
        Some(Status::Abandoned) => "abandoned",
        Some(Status::Unknown) => "in an unknown state",
        None => "not run",
    };
    let by =
        approval.principal.as_ref().map(|arn| format!(" by {}", shown(arn))).unwrap_or_default();
    let at = match (approval.at, approval.at_is) {
        (Some(at), Some(AtIs::Answered)) => format!(" at {at:.0}"),
        (Some(at), Some(AtIs::Noticed) | None) => format!(" (noticed at {at:.0})"),
        (None, _) => String::new(),
    };
    let signed = approval
        .signature
        .as_ref()
        .map(|signature| format!(", signed with {} {}", signature.label(), signature.key_id));
    let signed = signed.unwrap_or_default();
    let counted = match (&approval.person, approval.reason) {
        (Some(person), _) => format!("counted as {person}"),
        (None, Some(reason)) => format!("not counted: {reason}"),
        (None, None) => "not counted".to_owned(),
    };
    format!("- {}: {answered}{by}{at}{signed}, {counted}\n", approval.action)
}

/// The people who are named as authors, pushers and reviewers of what is released.
fn authors_line(authorship: &Authorship) -> String {
    let Authorship { authors, pushers, reviewers, .. } = authorship;
    let names = |names: &BTreeSet<String>| match names.is_empty() {
        true => "nobody".to_owned(),
        false => list(names.iter().map(|name| shown(name))),
    };
    format!(
        "Authors: {}. Pushers: {}. Reviewers: {}.\n",
        names(authors),
        names(pushers),
        names(reviewers)
    )
}

/// `body` and then `hint`, together at most `limit` bytes. If that is too long, the body is cut on
/// a character boundary, and the hint stays whole.
#[must_use]
pub fn cut(body: &str, hint: &str, limit: usize) -> String {
    const MARK: &str = "…\n";
    if body.len() + hint.len() <= limit {
        return format!("{body}{hint}");
    }
    let room = limit.saturating_sub(hint.len() + MARK.len());
    let head = body.get(..body.floor_char_boundary(room)).unwrap_or_default();
    let hint_end = hint.floor_char_boundary(limit.saturating_sub(head.len() + MARK.len()));
    format!("{head}{MARK}{}", hint.get(..hint_end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_the_hint_whole_and_characters_whole() {
        let body = "é".repeat(100);
        for limit in 20..60 {
            let text = cut(&body, "do this", limit);
            assert!(text.len() <= limit, "{limit}: {}", text.len());
            assert!(text.ends_with("…\ndo this"), "{limit}: {text}");
        }
        assert_eq!(cut("body ", "hint", 9), "body hint");
        assert_eq!(cut("body ", "a hint", 9), "…\na hin");
    }

    #[test]
    fn only_a_refusal_reads_as_one() {
        assert!(is_refusal("Refused: nobody counted, 2 required (execution e).\n"));
        assert!(!is_refusal("The function's own rule is wrong: Refused: no"));
    }
}
