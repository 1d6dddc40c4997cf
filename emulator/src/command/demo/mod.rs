//! `emulator demo`: attempts at a release, each judged by a real gate or by IAM.

mod pipeline;
mod scenes;
mod signatures;
mod story;
mod wrong_slot;

use std::error::Error;
use std::path::PathBuf;

use jiff::SignedDuration;
use lambda::aws::http_client;
use serde_json::json;
use signing::Approval;

use self::pipeline::{DEPLOY, GATE, PIPELINE, REQUIRE_SIGNATURE, SIGNED, SLOTS, STAGE, UNSIGNED};
use self::scenes::{Expected, Given, SCENES, Signing};
use self::signatures::Signatures;
use self::story::Story;
use super::lag::lag;
use crate::authorize::Authorizer;
use crate::aws::{Answer, Caller, Ended};
use crate::engine::Settings;
use crate::faults::Faults;
use crate::function_host::ChildOutput;
use crate::principals::Principals;
use crate::server::{Config, Secrets, Server};
use crate::terminal;

/// Watch one human with two keys be refused, and two humans pass
///
/// Starts the emulator in this process, creates a pipeline through its API, and plays nine attempts
/// at a release: as different principals, over HTTP, with the AWS SDK. The gate that judges them is
/// a separate process, as on AWS Lambda; in the last attempt, IAM policies decide. The exit code is
/// 1 if an attempt does not end as expected.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show every answer, and all that the gate says
    #[arg(long, short)]
    verbose: bool,
    /// Program to run as the gate, such as a built `bootstrap`; by default this program itself
    #[arg(long, value_name = "PROGRAM")]
    gate: Option<PathBuf>,
    /// Longest time in seconds until CodePipeline notices an answer; 0 for no delay, `aws` for the
    /// recorded 35 s
    #[arg(long, value_name = "SECONDS", default_value = "0.2", value_parser = lag)]
    lag: SignedDuration,
}

const ACCOUNT: &str = "111122223333";
const TRUSTED_ROLE: &str = "AWSReservedSSO_Approver_0123456789abcdef";

/// Plays the demo.
///
/// # Errors
/// If the emulator does not start, or an attempt does not end as expected.
pub async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let principals = Principals::examples(ACCOUNT);
    let signatures = Signatures::generate()?;
    let rule = json!({
        "trustedSessionRoles": [TRUSTED_ROLE], "signingKeys": signatures.signing_keys(),
    });
    let gate = args.gate.clone();
    let server =
        Server::start(config(principals.clone(), None, Some(rule.to_string()), gate, args.lag))
            .await?;
    let played = play(&server.url(), &principals, signatures, args.verbose).await;
    server.shutdown().await;
    let surprises = played?;
    let last = SCENES.len() + 1;
    let denied = wrong_slot::play(args.gate, args.lag).await?;
    terminal::print(&Story::new(last, wrong_slot::TITLE, args.verbose).denied(&denied))?;
    if surprises.is_empty() {
        let more = if args.verbose { "" } else { " `-v` shows all that was said." };
        terminal::print(&format!("All {last} ended as expected.{more} Next: `emulator serve`.\n"))?;
        return Ok(());
    }
    Err(format!(
        "{} of {last} attempts did not end as expected: {}",
        surprises.len(),
        surprises.join("; ")
    )
    .into())
}

/// An emulator on a free port.
fn config(
    principals: Principals,
    authorizer: Option<Authorizer>,
    rule: Option<String>,
    gate: Option<PathBuf>,
    lag: SignedDuration,
) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        settings: Settings {
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            account_id: ACCOUNT.to_owned(),
            bare_job_details: false,
        },
        lag,
        seed: None,
        principals,
        authorizer,
        gate,
        rule,
        functions: Vec::new(),
        secrets: Secrets::default(),
        faults: Faults::default(),
        function_timeout: None,
        log_level: None,
        output: ChildOutput::Discard,
    }
}

/// Creates the pipeline of the demo, which also starts it, as the first of the principals.
///
/// # Errors
/// If the API refuses.
pub(super) async fn create_example(
    url: &str,
    principals: &Principals,
) -> Result<(), Box<dyn Error>> {
    let (key_id, _) = principals.iter().next().ok_or("nobody is there to create a pipeline")?;
    Caller::new(url, key_id, &http_client()).create_pipeline(PIPELINE, &UNSIGNED).await?;
    Ok(())
}

/// Plays every scene. Returns what was not as expected.
async fn play(
    url: &str,
    principals: &Principals,
    mut signatures: Signatures,
    verbose: bool,
) -> Result<Vec<String>, Box<dyn Error>> {
    let http = http_client();
    let caller = |key_id: &str| Caller::new(url, key_id, &http);
    terminal::print(&introduction(url, verbose))?;
    let starter = caller("bob");
    let mut surprises = Vec::new();
    // The creation of a pipeline starts an execution.
    let mut execution_id = starter.create_pipeline(PIPELINE, &UNSIGNED).await?;
    let mut is_new = true;
    let mut requires_signatures = false;
    for (number, scene) in (1..).zip(&SCENES) {
        let mut story = Story::new(number, scene.title, verbose);
        if scene.requires_signatures && !requires_signatures {
            starter.update_pipeline(PIPELINE, &SIGNED).await?;
            requires_signatures = true;
            story.note(&format!("The UserParameters of {GATE} are now {REQUIRE_SIGNATURE}"));
        }
        for round in scene.rounds {
            match round.retry {
                Some(mode) => {
                    // Only an execution that has ended can be retried.
                    starter.end_of(PIPELINE, &execution_id, GATE).await?;
                    starter.retry(PIPELINE, STAGE, &execution_id, mode).await?;
                }
                None if is_new => {}
                None => execution_id = starter.start(PIPELINE).await?,
            }
            is_new = false;
            for given in round.answers {
                let told =
                    give(&caller(given.key_id), given, &execution_id, &mut signatures).await?;
                let mut known = principals.iter();
                let arn = known.find(|(id, _)| *id == given.key_id);
                let arn = arn.map_or(given.key_id, |(_, arn)| arn);
                let answered = match given.answer {
                    Answer::Approved => "approved",
                    Answer::Rejected => "rejected",
                };
                story.note(&format!("{} is {answered} by {arn}{told}", given.slot));
            }
        }
        let ended = starter.end_of(PIPELINE, &execution_id, GATE).await?;
        if !is_expected(scene.expected, &ended) {
            surprises.push(format!("{number}. {}", scene.title));
        }
        terminal::print(&story.judged(&ended))?;
    }
    Ok(surprises)
}

/// What is there before the first attempt.
fn introduction(url: &str, verbose: bool) -> String {
    if !verbose {
        return format!(
            "CodePipeline on {url}. In its stage {STAGE}, {} and\n{} wait, and the gate judges each attempt.\n\n",
            SLOTS[0], SLOTS[1]
        );
    }
    format!(
        "An embedded CodePipeline on {url}, with the pipeline {PIPELINE}:\n\
         Source, then {STAGE} ({} and {} in parallel, then {GATE}), then {DEPLOY}.\n\
         {GATE} runs in a separate process over the Lambda Runtime API, with the rule\n\
         {{\"trustedSessionRoles\": [\"{TRUSTED_ROLE}\"],\n \
         \"signingKeys\": {{\"alice\": [\"ssh-ed25519 AAAA…\"], \"bob\": [\"ssh-ed25519 AAAA…\"]}}}}.\n\n",
        SLOTS[0], SLOTS[1]
    )
}

/// Answers as soon as the approval is open. Returns what the reader is told about the signature.
async fn give(
    caller: &Caller,
    given: &Given,
    execution_id: &str,
    signatures: &mut Signatures,
) -> Result<String, Box<dyn Error>> {
    let open = caller.open_approval(PIPELINE, STAGE, given.slot).await?;
    // The API says what a person signs.
    let revisions = match given.signature {
        Signing::No => Vec::new(),
        Signing::By(_) | Signing::CopiedFrom(_) => caller.revisions(PIPELINE, execution_id).await?,
    };
    let answer = Approval {
        pipeline: PIPELINE,
        execution: execution_id,
        stage: STAGE,
        action: given.slot,
        attempt: &open.attempt,
        answer: given.answer,
        revisions: &Vec::from_iter(revisions.iter().map(String::as_str)),
    };
    let (comment, told) = signatures.comment(given.signature, &answer)?;
    caller.put_answer(&open, given.answer, &comment).await?;
    Ok(told)
}

fn is_expected(expected: Expected, ended: &Ended) -> bool {
    let deployed = ended.done.iter().any(|action| action == DEPLOY);
    match expected {
        Expected::Passes => ended.succeeded && deployed,
        Expected::Refused(reason) => !ended.succeeded && !deployed && ended.gate.contains(reason),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_attempt_that_does_not_end_as_expected_is_a_surprise() {
        let ended = |succeeded, gate: &str, done: &[&str]| Ended {
            succeeded,
            gate: gate.to_owned(),
            variables: BTreeMap::new(),
            done: done.iter().map(ToString::to_string).collect(),
        };
        let passes = |ended| is_expected(Expected::Passes, &ended);
        assert!(passes(ended(true, "Satisfied", &[DEPLOY])));
        assert!(!passes(ended(true, "Satisfied", &[])));
        assert!(!passes(ended(false, "Refused: same-person", &[])));
        let refused = |ended| is_expected(Expected::Refused("same-person"), &ended);
        assert!(refused(ended(false, "Refused: same-person", &[])));
        assert!(!refused(ended(false, "The gate's role may not call GetPipelineState", &[])));
        assert!(!refused(ended(true, "Satisfied", &[DEPLOY])));
        assert!(!refused(ended(false, "Refused: same-person", &[DEPLOY])));
    }
}
