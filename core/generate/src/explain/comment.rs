//! Explains what the signature in an approver's comment proves.

use std::fmt::Write as _;

use findings::pretty;
use names::shown;
use rule::{
    Account, ActionKind, Approver, Attempt, Basis, Execution, JudgedApproval, Misfit, Reason, Rule,
    SignatureRecord, Status,
};
use serde::Serialize;
use signing::{Answer, Approval, KeyId, KeyKind, Signature, SigningKey, Statement};

use super::{decide_alone, objection, succeeded};

/// The answer that a comment belongs to: the facts that its signature is about.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The pipeline.
    pub pipeline: String,
    /// `pipelineExecutionId`.
    pub execution: String,
    /// The stage.
    pub stage: String,
    /// The approval action.
    pub action: String,
    /// `actionExecutionId`.
    pub attempt: String,
    /// What the approver answered.
    pub answer: Answer,
    /// The revisions that the Source actions of the execution delivered.
    pub revisions: Vec<String>,
}

/// What a comment shows.
pub struct CommentExplanation<'r> {
    named: Named<'r>,
    /// What was answered, and how the gate judges it. `None` if nobody said what was answered.
    verified: Option<Verified>,
}

/// The key that a comment names.
enum Named<'r> {
    NoSignature,
    Unreadable(String),
    Unknown(KeyId),
    Key(&'r str, &'r SigningKey),
}

struct Verified {
    /// The statement that the key must have signed.
    statement: Option<Statement>,
    /// The judgement, if the rule requires this action.
    judged: Option<(JudgedApproval, Option<Reason>)>,
}

/// Explains a comment by the rule, and how the gate would judge the answer if `answered` says which
/// one it is. `arn` is the principal that gave it.
///
/// # Errors
/// [`Misfit`] if the rule gives the principal to two people.
pub fn explain_comment<'r>(
    rule: &'r Rule,
    account: &Account,
    arn: &str,
    comment: &str,
    answered: Option<&Answered>,
) -> Result<CommentExplanation<'r>, Misfit> {
    let signature = Signature::from_comment(comment);
    let named = match &signature {
        Ok(None) => Named::NoSignature,
        Err(problem) => Named::Unreadable(problem.to_string()),
        Ok(Some(signature)) => {
            let id = signature.key_id();
            let key = rule.public_keys().find(|(_, key)| key.id() == id);
            key.map_or(Named::Unknown(id), |(person, key)| Named::Key(person, key))
        }
    };
    let signature = signature.ok().flatten();
    let verified = match answered {
        Some(answered) => Some(Verified {
            statement: signature.and_then(|signature| answered.statement(&signature)),
            judged: judge(rule, account, arn, comment, answered)?,
        }),
        None => None,
    };
    Ok(CommentExplanation { named, verified })
}

impl Answered {
    fn statement(&self, signature: &Signature) -> Option<Statement> {
        let approval = Approval {
            pipeline: &self.pipeline,
            execution: &self.execution,
            stage: &self.stage,
            action: &self.action,
            attempt: &self.attempt,
            answer: self.answer,
            revisions: &Vec::from_iter(self.revisions.iter().map(String::as_str)),
        };
        Statement::new(&approval, signature.nonce()).ok()
    }
}

/// The gate's judgement of the answer, if nothing else had happened in its execution.
fn judge(
    rule: &Rule,
    account: &Account,
    arn: &str,
    comment: &str,
    answered: &Answered,
) -> Result<Option<(JudgedApproval, Option<Reason>)>, Misfit> {
    let attempt = |action: &str, kind| Attempt {
        id: Some(answered.attempt.clone()),
        ..succeeded(&answered.stage, action, kind)
    };
    let approval = Attempt {
        status: match answered.answer {
            Answer::Approved => Status::Succeeded,
            Answer::Rejected => Status::Failed,
        },
        approver: Approver { history: Some(arn.to_owned()), state: None },
        comment: Some(comment.to_owned()),
        ..attempt(&answered.action, ActionKind::ManualApproval)
    };
    let sources = answered.revisions.iter().enumerate().map(|(number, revision)| Attempt {
        revision: Some(revision.clone()),
        // No action of CodePipeline has a space in its name.
        ..attempt(&format!("source {number}"), ActionKind::Source)
    });
    let execution = Execution {
        pipeline: answered.pipeline.clone(),
        pipeline_version: None,
        id: answered.execution.clone(),
    };
    let attempts = std::iter::once(approval).chain(sources).collect();
    let decision = decide_alone(rule, account, execution, &answered.stage, attempts)?;
    let mut approvals = decision.record().approvals.iter();
    let judged = approvals.find(|approval| approval.action == answered.action);
    Ok(judged.map(|judged| (judged.clone(), objection(&decision, &answered.action))))
}

/// What holds the private half of a key, in words.
fn held(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Passkey => "a passkey",
        KeyKind::Ssh => "an SSH key, which can be copied",
        KeyKind::SshSecurityKey => "an SSH key on a security key",
    }
}

impl CommentExplanation<'_> {
    fn key(&self) -> String {
        match &self.named {
            Named::NoSignature => "none: the comment carries no signature".to_owned(),
            Named::Unreadable(problem) => format!("none: {problem}"),
            Named::Unknown(id) => format!("{id}, which `signingKeys` does not have"),
            Named::Key(person, key) => {
                format!("{}, {person}'s: {}", key.id(), held(key.kind()))
            }
        }
    }

    /// The explanation as plain text.
    #[must_use]
    pub fn human(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "key        {}", self.key());
        let Some(Verified { statement, judged }) = &self.verified else {
            if matches!(self.named, Named::Unknown(_) | Named::Key(..)) {
                out.push_str(
                    "proves     nothing yet: say what was answered (--pipeline and what follows \
                     it in --help)\n",
                );
            }
            return out;
        };
        let text = statement.as_ref().map(Statement::to_string).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let label = if number == 0 { "statement" } else { "" };
            let _ = writeln!(out, "{label:<10} {}", shown(line));
        }
        let Some((judged, reason)) = judged else {
            out.push_str("person     nobody: the rule does not require this action\n");
            return out;
        };
        let proves = match &judged.signature {
            Some(signature) => {
                format!("that {} signed this: {}", signature.signer, signature.describe())
            }
            None => "nothing".to_owned(),
        };
        let _ = writeln!(out, "proves     {proves}");
        match (&judged.person, reason) {
            (Some(person), _) => {
                let basis = judged.basis.map_or("nothing", Basis::as_str);
                let _ = writeln!(out, "person     {person}, by {basis}");
                let _ = writeln!(out, "keys       {}", judged.keys.join(", "));
            }
            (None, Some(reason)) => {
                let _ = writeln!(out, "person     nobody ({})", reason.code);
                let _ = writeln!(out, "why        {}", shown(&reason.message));
            }
            (None, None) => out.push_str("person     nobody\n"),
        }
        out
    }

    /// The explanation as JSON, schema version 1.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let (key_id, signer, kind) = match &self.named {
            Named::NoSignature | Named::Unreadable(_) => (None, None, None),
            Named::Unknown(id) => (Some(id.to_string()), None, None),
            Named::Key(person, key) => {
                (Some(key.id().to_string()), Some(*person), Some(key.kind().as_str()))
            }
        };
        let judged = self.verified.as_ref().and_then(|verified| verified.judged.as_ref());
        pretty(&Report {
            schema_version: 1,
            key_id,
            signer,
            kind,
            problem: match &self.named {
                Named::Unreadable(problem) => Some(problem),
                Named::NoSignature | Named::Unknown(_) | Named::Key(..) => None,
            },
            statement: self
                .verified
                .as_ref()
                .and_then(|verified| verified.statement.as_ref())
                .map(Statement::to_string),
            answer: judged.map(|(judged, reason)| AnswerReport {
                signature: judged.signature.as_ref(),
                counts: judged.counted,
                person: judged.person.as_deref(),
                basis: judged.basis,
                keys: &judged.keys,
                reason: reason.as_ref(),
            }),
        })
    }
}

/// These structs are the format and change only with `schemaVersion`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    schema_version: u32,
    /// The key that the comment names.
    key_id: Option<String>,
    /// The person that the rule gives the key to.
    signer: Option<&'a str>,
    kind: Option<&'static str>,
    /// Why the comment cannot be read.
    problem: Option<&'a String>,
    statement: Option<String>,
    /// `null` if nobody said what was answered, or if the rule does not require the action.
    answer: Option<AnswerReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerReport<'a> {
    /// `null` if the key did not sign the statement.
    signature: Option<&'a SignatureRecord>,
    counts: bool,
    person: Option<&'a str>,
    basis: Option<Basis>,
    keys: &'a [String],
    reason: Option<&'a Reason>,
}
