//! An open approval as the reports show it, and the standing of an approver in it.

use jiff::Timestamp;
use rule::decide;
use signing::{Answer, SigningKey};

use crate::aftermath::answers;
use crate::answering::Answering;
use crate::look::{Known, Situation};
use crate::pipeline::EXECUTION_VARIABLE;
use crate::pipeline::Pipeline;
use crate::report::json::{Answered, Approval, Release, Reviews, Rule, Standing};
use crate::rule_source::StageRule;

/// An open approval with what is known about it.
pub(crate) fn approval(pipeline: &Pipeline, situation: &Situation) -> Approval {
    let run = &situation.run;
    let settings = pipeline.approval(&run.stage, &run.action).cloned().unwrap_or_default();
    let attempts = situation.facts.iter().flat_map(|known| &known.facts.attempts);
    let attempt = attempts.into_iter().find(|attempt| attempt.id.as_ref() == Some(&run.id));
    // The state does not say when an approval was opened.
    let since = attempt.and_then(|attempt| attempt.started).or(run.since);
    let answered = match &situation.facts {
        Ok(known) => answers(&run.stage, &known.facts.attempts),
        Err(_) => Vec::new(),
    };
    let mut shown = Approval::new(&pipeline.name, run, Rule::of(situation));
    shown.open_since = since;
    shown.open_until = since.and_then(|since| since.checked_add(settings.timeout()).ok());
    let resolved = |text: String| text.replace(EXECUTION_VARIABLE, &run.execution_id);
    shown.note = settings.note.map(resolved);
    shown.link = settings.link.map(resolved);
    shown.releases = situation.execution.releases.iter().map(Release::from).collect();
    shown.reviews = reviews(situation);
    shown.answered = answered.into_iter().map(Answered::from).collect();
    shown
}

/// The authors and reviews of what is released, as far as the gate's rule believes them.
fn reviews(situation: &Situation) -> Option<Reviews> {
    let (Ok(StageRule { rule, .. }), Ok(known)) = (&situation.rule, &situation.facts) else {
        return None;
    };
    rule.reviews()?;
    let decision = decide(rule, &known.facts).ok()?;
    decision.record().reviewed().map(Into::into)
}

/// Whether an approval of the caller would count, signed by the key of the agent if the rule has
/// it.
pub(crate) fn of_approver(
    pipeline: &str,
    situation: &Situation,
    known: &Known,
    caller: &str,
    now: Timestamp,
) -> Standing {
    let answering =
        Answering { pipeline, situation, known, answer: Answer::Approved, caller, words: "" };
    let signer = match answering.signer(None) {
        Ok(signer) => signer,
        Err(problem) => {
            return Standing {
                counts: Some(false),
                reason: Some(rule::ReasonCode::NotSigned.as_str()),
                ..Standing::unknown(problem)
            };
        }
    };
    rehearsed(&answering, signer.as_ref().map(|signer| &signer.key), now)
}

/// Whether an approval would count if `key` signs it.
pub(crate) fn rehearsed(
    answering: &Answering<'_>,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Standing {
    match answering.rehearsed(key, now) {
        Ok(Some(judged)) => Standing::of(&judged.judgement),
        Ok(None) => Standing::unknown("the signature of your key cannot be judged beforehand"),
        Err(problem) => Standing::unknown(names::with_sources(&problem)),
    }
}
