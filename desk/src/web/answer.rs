//! An answer: judged before the key is asked, signed in the browser, judged again and sent.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use facts::{CallError, CodePipeline, ReadError, Roles};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signing::{Answer, Assertion, BadSignature, Desk, Nonce, Signature, Statement};

use super::reply::{Problem, json, read};
use super::seal::{Purpose, random};
use super::session::{COPYABLE, Visitor};
use super::webauthn::{self, Posted, Request};
use super::{Ports, Web};
use crate::answering::{AnswerError, Answering, Written};
use crate::comment::{self, CommentError};
use crate::judge::{JudgeError, Judged, Judgement};
use crate::look::{Eyes, Situation};
use crate::not_sent::NotSent;
use crate::open::{Changed, OpenRun, still_open};
use crate::overview::LAGS;
use crate::pipeline::Pipeline;
use crate::port::Aws;
use crate::report::json::Outlook;
use crate::report::listed;
use crate::report::pending::person;
use crate::report::why::to_you;

/// How long a person may take to touch the key.
const TOUCH: SignedDuration = SignedDuration::from_mins(5);
/// The most characters of a comment. A signature of a passkey needs about 190 of the 512.
pub(super) const WORDS: usize = 300;

/// The answer that a person wants to give, as the form says it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Wanted {
    pipeline: String,
    execution: String,
    stage: String,
    action: String,
    /// The attempt that the page showed.
    attempt: String,
    /// `Approved` or `Rejected`.
    answer: String,
    comment: String,
}

/// What the browser carries from the question to the answer.
#[derive(Deserialize, Serialize)]
struct Asked {
    person: String,
    key: String,
    nonce: [u8; 16],
    wanted: Wanted,
}

#[derive(Serialize)]
struct Given {
    text: String,
}

impl Wanted {
    fn answer(&self) -> Result<Answer, Problem> {
        let answers = [Answer::Approved, Answer::Rejected];
        let meant = answers.into_iter().find(|answer| answer.as_str() == self.answer);
        meant.ok_or_else(Problem::malformed)
    }

    /// The words of the approver.
    fn words(&self) -> Result<&str, Problem> {
        let unfit = |text: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text);
        let words = self.comment.trim();
        if words.is_empty() && self.answer()? == Answer::Rejected {
            return Err(unfit("Say in the comment why you reject.".to_owned()));
        }
        match words.chars().count() {
            given if given > WORDS => {
                Err(unfit(format!("The comment has {given} characters, and only {WORDS} fit.")))
            }
            _ => comment::check(words).map(|()| words).map_err(|error| unfit(sentence(&error))),
        }
    }

    fn is(&self, run: &OpenRun) -> bool {
        let place = (&run.execution_id, &run.stage, &run.action);
        place == (&self.execution, &self.stage, &self.action)
    }
}

/// Judges the answer that a person wants to give. If it would count, says what to sign.
pub(super) async fn ask<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let visitor = web.visitor(&headers).ok_or_else(Problem::signed_out)?;
    let wanted: Wanted = read(&headers, &body)?;
    shown_here(&web, &wanted)?;
    web.run(|web| async move { ask_for(&web, &visitor, wanted).await })
        .await
        .unwrap_or_else(|| Err(Problem::internal()))
}

async fn ask_for<P: Ports>(
    web: &Web<P>,
    visitor: &Visitor,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let (answer, words) = (wanted.answer()?, wanted.words()?);
    let rules = web.rules();
    let eyes = web.eyes(&rules);
    let caller = web.ports.principal(&visitor.person).await.map_err(unavailable)?;
    let (pipeline, situation) = look(&eyes, &wanted, &caller).await?;
    let answering = answering(&pipeline, &situation, answer, &caller, words)?;
    if answer == Answer::Approved {
        if visitor.is_copyable_for(&situation) {
            let problem = refused(&wanted.action, COPYABLE);
            return Err(problem.because(Some(rule::ReasonCode::NotSigned.as_str())));
        }
        let judged = answering.rehearsed(Some(&visitor.key), Timestamp::now());
        accepted(judged, &wanted.action, &situation)?;
    }
    let nonce = random().map_err(|_| Problem::internal())?;
    let statement =
        answering.with_statement(|approval| Statement::new(approval, &Nonce::new(nonce)));
    let statement = statement
        .map_err(|error| refused(&wanted.action, &error.to_string()))?
        .map_err(|error| refused(&wanted.action, &error.to_string()))?;
    let asked =
        Asked { person: visitor.person.clone(), key: visitor.key.id().to_string(), nonce, wanted };
    let until = Timestamp::now() + TOUCH;
    Ok(json(&Request {
        challenge: statement.challenge(),
        rp_id: web.desk.rp_id(),
        credential: visitor.key.credential_id().map(webauthn::text),
        seal: web.seal.close(Purpose::Answer, asked, until).ok_or_else(Problem::internal)?,
    }))
}

/// Sends an answer that a person has signed, if it still counts.
pub(super) async fn give<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let visitor = web.visitor(&headers).ok_or_else(Problem::signed_out)?;
    let posted: Posted = read(&headers, &body)?;
    let asked = web.seal.open(Purpose::Answer, &posted.seal, Timestamp::now());
    let asked: Asked = asked.ok_or_else(|| {
        Problem::new(StatusCode::CONFLICT, "That took too long, so nothing was sent. Answer again.")
    })?;
    let is_same = asked.person == visitor.person && asked.key == visitor.key.id().to_string();
    if !is_same || !posted.is_of(&visitor.key) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "The answer is signed by another passkey than the one that you signed in with, so \
             nothing was sent.",
        ));
    }
    shown_here(&web, &asked.wanted)?;
    let assertion = posted.assertion().ok_or_else(Problem::malformed)?;
    web.finish(|web| async move { give_signed(&web, &visitor, &asked, assertion).await })
        .await
        .unwrap_or_else(|| Err(Problem::internal()))
}

async fn give_signed<P: Ports>(
    web: &Web<P>,
    visitor: &Visitor,
    Asked { nonce, wanted, .. }: &Asked,
    assertion: Assertion,
) -> Result<Response, Problem> {
    let (answer, words) = (wanted.answer()?, wanted.words()?);
    let rules = web.rules();
    let eyes = web.eyes(&rules);
    let caller = web.ports.principal(&visitor.person).await.map_err(unavailable)?;
    // Others may have answered while the person looked for the key.
    let (pipeline, situation) = look(&eyes, wanted, &caller).await?;
    let answering = answering(&pipeline, &situation, answer, &caller, words)?;
    let nonce = Nonce::new(*nonce);
    let signature = signature(&answering, visitor, &web.desk, &nonce, assertion)
        .map_err(|error| Problem::new(StatusCode::FORBIDDEN, unsigned(&error)))?;
    let comment = comment::compose(words, Some(&signature)).map_err(too_long)?;
    let written = Written { comment, signature: Some(signature) };
    let after = match answer {
        Answer::Rejected => None,
        Answer::Approved => {
            let judged = answering.judged(&written, Timestamp::now());
            Some(accepted(judged, &wanted.action, &situation)?)
        }
    };
    let sent =
        web.ports.answer(&visitor.person, &pipeline, &situation.run, answer, &written.comment);
    sent.await.map_err(|error| not_sent(NotSent::new(error, &situation)))?;
    Ok(json(&Given { text: given(&pipeline, &situation, after.as_ref()) }))
}

/// Refuses a pipeline that the desk does not show.
fn shown_here<P: Ports>(web: &Web<P>, wanted: &Wanted) -> Result<(), Problem> {
    if web.shows(&wanted.pipeline) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::NOT_FOUND, "This desk does not show that pipeline."))
}

/// The open approval of the page, and what an answer depends on.
async fn look<A: Aws, C: CodePipeline, R: Roles>(
    eyes: &Eyes<'_, A, C, R>,
    wanted: &Wanted,
    caller: &str,
) -> Result<(Pipeline, Situation), Problem> {
    let name = wanted.pipeline.as_str();
    let read = tokio::try_join!(eyes.pipeline(name), eyes.state(name));
    let (pipeline, state) = read.map_err(unavailable)?;
    let open = eyes.open(&pipeline, &state, Timestamp::now()).await.map_err(unavailable)?;
    let run = still_open(open, &wanted.attempt, |run| wanted.is(run)).map_err(|changed| {
        let text = match changed {
            Changed::Reopened => {
                "It has changed: the approval was opened again. Reload the page and look at it."
            }
            Changed::Over => {
                "It has changed: the approval does not wait any more. Somebody has answered it, \
                 or it has expired. Nothing was sent."
            }
        };
        Problem::new(StatusCode::CONFLICT, text)
    })?;
    let situation = eyes.situation(&pipeline, run, caller, false).await;
    Ok((pipeline, situation.map_err(unavailable)?))
}

fn answering<'a>(
    pipeline: &'a Pipeline,
    situation: &'a Situation,
    answer: Answer,
    caller: &'a str,
    words: &'a str,
) -> Result<Answering<'a>, Problem> {
    let known = match &situation.facts {
        Ok(known) => known,
        Err(ReadError { lag: Some(_), .. }) => return Err(lagging(LAGS)),
        Err(error) => return Err(unavailable(error.error.clone())),
    };
    Ok(Answering { pipeline: &pipeline.name, situation, known, answer, caller, words })
}

/// The signature, if it is good for exactly this answer, as the gate reads the execution now.
fn signature(
    answering: &Answering<'_>,
    visitor: &Visitor,
    desk: &Desk,
    nonce: &Nonce,
    assertion: Assertion,
) -> Result<Signature, BadSignature> {
    let signature = answering.with_statement(|approval| {
        let statement = Statement::new(approval, nonce)?;
        let id = visitor.key.id();
        let signature = Signature::from_passkey(id, &statement, desk, assertion);
        visitor.key.verify(approval, &signature, Some(desk)).map(|_| signature)
    });
    signature.unwrap_or(Err(BadSignature::NotSigned))
}

/// What the rule says, if it lets the answer count. Nothing is sent that is not judged.
fn accepted(
    judged: Result<Option<Judged>, AnswerError>,
    action: &str,
    situation: &Situation,
) -> Result<Judged, Problem> {
    match judged {
        Ok(Some(judged)) => match &judged.judgement {
            Judgement::Counts(_) | Judgement::NotRequired => Ok(judged),
            Judgement::Refused(reason) => {
                let why = to_you(reason.code.as_str(), &reason.message);
                Err(refused(action, &why).because(Some(reason.code.as_str())))
            }
        },
        Ok(None) => {
            let why = situation.rule.as_ref().err().map(ToString::to_string);
            Err(refused(action, &why.unwrap_or_else(|| "it cannot be judged".to_owned())))
        }
        Err(AnswerError::Judge(JudgeError::NotInHistory)) => Err(lagging(LAGS)),
        Err(error) => Err(refused(action, &names::with_sources(&error))),
    }
}

fn refused(action: &str, why: &str) -> Problem {
    let text = format!("You would not count, so {action} stays open: {why}.");
    Problem::new(StatusCode::CONFLICT, text)
}

/// CodePipeline needs up to 35 s (recorded) to notice an answer.
fn lagging(why: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("Waiting: {why}.")).again()
}

fn unavailable(error: CallError) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, format!("Nothing was sent: {error}."))
}

fn unsigned(error: &BadSignature) -> String {
    format!("The signature is not good, so nothing was sent: {error}.")
}

/// Chromium adds a member to one in five clientDataJSONs, so that nobody relies on their form.
/// Such a signature may not fit beside the words. The next one probably does.
fn too_long(error: CommentError) -> Problem {
    match error {
        CommentError::TooLong { .. } => Problem::new(
            StatusCode::CONFLICT,
            "The browser made the signature longer than CodePipeline's comment allows. Touch your \
             key once more.",
        )
        .again(),
        CommentError::Marked => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence(&error)),
    }
}

fn not_sent(error: NotSent) -> Problem {
    let status = match &error {
        NotSent::Completed(_) | NotSent::Outdated { .. } => StatusCode::CONFLICT,
        NotSent::Denied { .. }
        | NotSent::Unclear(_)
        | NotSent::Unasked { .. }
        | NotSent::Other(_) => StatusCode::BAD_GATEWAY,
    };
    Problem::new(status, sentence(&error))
}

/// What became of the answer, and what is missing now.
fn given(pipeline: &Pipeline, situation: &Situation, after: Option<&Judged>) -> String {
    let action = &situation.run.action;
    let Some(Judged { after, .. }) = after else {
        return format!("You rejected {action}. The stage stops.");
    };
    let outlook = Outlook::after(after, pipeline, situation);
    let Outlook { persons, missing, .. } = &outlook;
    let rest = if outlook.is_enough() {
        let persons: Vec<String> = persons.iter().map(|it| person(it)).collect();
        format!("The rule is satisfied by {}.", persons.join(" and "))
    } else if missing.is_empty() {
        "Every approval is answered, and the rule is not satisfied.".to_owned()
    } else {
        format!("Still missing: {}.", listed(missing))
    };
    format!("You approved {action}. {rest}")
}

/// An error with its sources, as a sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = names::with_sources(error);
    // Many of AWS's messages end with a full stop, and others do not.
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
