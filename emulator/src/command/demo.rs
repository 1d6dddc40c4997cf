//! `emulator demo`: six attempts at a release, each judged by a real gate.

use std::error::Error;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use jiff::SignedDuration;
use lambda::aws::http_client;

use super::serve::lag;
use crate::aws::{Action, Answer, Caller, Ended, Kind, RetryMode};
use crate::engine::Settings;
use crate::gate_host::ChildOutput;
use crate::principals::Principals;
use crate::server::{Config, Server};
use crate::terminal;

/// Watch one human with two keys be refused, and two humans pass
///
/// Starts the emulator in this process, creates a pipeline through its API, and plays six attempts
/// at a release: as different principals, over HTTP, with the AWS SDK. The gate that judges them is
/// a separate process, as on AWS Lambda. The exit code is 1 if an attempt does not end as expected.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Program to run as the gate, such as a built `bootstrap`; by default this program itself
    #[arg(long, value_name = "PROGRAM")]
    gate: Option<PathBuf>,
    /// Longest time in seconds until CodePipeline notices an answer; 0 for no delay, `aws` for the
    /// recorded 35 s
    #[arg(long, value_name = "SECONDS", default_value = "0.3", value_parser = lag)]
    lag: SignedDuration,
}

const ACCOUNT: &str = "111122223333";
const PIPELINE: &str = "payments";
const STAGE: &str = "Approve";
const GATE: &str = "Gate";
const DEPLOY: &str = "Deploy";
const SLOTS: [&str; 2] = ["ApprovalA", "ApprovalB"];
const RULE: &str = r#"{"trustedSessionRoles": ["AWSReservedSSO_Approver_0123456789abcdef"]}"#;

const STAGES: [(&str, &[Action]); 3] = [
    ("Source", &[Action { name: "Source", kind: Kind::Source, run_order: 1 }]),
    (
        STAGE,
        &[
            Action { name: SLOTS[0], kind: Kind::Approval, run_order: 1 },
            Action { name: SLOTS[1], kind: Kind::Approval, run_order: 1 },
            Action { name: GATE, kind: Kind::Gate(None), run_order: 2 },
        ],
    ),
    ("Deploy", &[Action { name: DEPLOY, kind: Kind::Deploy, run_order: 1 }]),
];

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// An attempt at a release: a new execution, or a retry of the last one.
struct Scene {
    title: &'static str,
    rounds: &'static [Round],
    /// The expected outcome.
    expected: Expected,
}

/// Answers to open approvals.
struct Round {
    /// The actions of the last execution to retry. `None` starts a new execution.
    retry: Option<RetryMode>,
    /// The slot, the access key id of its approver, and the answer.
    answers: &'static [(&'static str, &'static str, Answer)],
}

#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Passes,
    /// Its message must have this reason code.
    Refused(&'static str),
}

/// Approves both slots of a new execution.
macro_rules! approved_by {
    ($a:literal, $b:literal) => {
        &[Round {
            retry: None,
            answers: &[(SLOTS[0], $a, Answer::Approved), (SLOTS[1], $b, Answer::Approved)],
        }]
    };
}

const SCENES: [Scene; 6] = [
    Scene {
        title: "alice turns both keys",
        rounds: approved_by!("alice", "alice"),
        expected: Expected::Refused("same-person"),
    },
    Scene {
        title: "the approvals are reopened with that command; alice and bob turn one key each",
        rounds: &[Round {
            retry: Some(RetryMode::AllActions),
            answers: &[(SLOTS[0], "alice", Answer::Approved), (SLOTS[1], "bob", Answer::Approved)],
        }],
        expected: Expected::Passes,
    },
    Scene {
        title: "one role with two session names",
        rounds: approved_by!("deployer-1", "deployer-2"),
        expected: Expected::Refused("shared-role"),
    },
    Scene {
        title: "two people with one permission set; IAM Identity Center sets their session names",
        rounds: approved_by!("sso-alice", "sso-carol"),
        expected: Expected::Passes,
    },
    Scene {
        title: "alice as an IAM user, and as a session of a role that anybody on the team can assume",
        rounds: approved_by!("alice", "deployer-1"),
        expected: Expected::Refused("shared-role"),
    },
    Scene {
        title: "bob says no; only his approval is asked for again, and carol gives it",
        rounds: &[
            Round {
                retry: None,
                answers: &[
                    (SLOTS[0], "alice", Answer::Approved),
                    (SLOTS[1], "bob", Answer::Rejected),
                ],
            },
            Round {
                retry: Some(RetryMode::FailedActions),
                answers: &[(SLOTS[1], "sso-carol", Answer::Approved)],
            },
        ],
        expected: Expected::Refused("superseded-by-rejection"),
    },
];

/// Plays the demo.
///
/// # Errors
/// If the emulator does not start, or an attempt does not end as expected.
pub async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let principals = Principals::examples(ACCOUNT);
    let server = Server::start(Config {
        listen: ([127, 0, 0, 1], 0).into(),
        settings: Settings {
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            account_id: ACCOUNT.to_owned(),
            bare_job_details: false,
        },
        lag: args.lag,
        seed: None,
        principals: principals.clone(),
        authorizer: None,
        gate: args.gate,
        rule: Some(RULE.to_owned()),
        gate_log_level: None,
        gate_output: ChildOutput::Discard,
    })
    .await?;
    let played = play(&server.url(), &principals).await;
    server.shutdown().await;
    let surprises = played?;
    if surprises.is_empty() {
        terminal::print(&format!(
            "{GOOD}All {} attempts ended as expected.{GOOD:#} Next: `emulator serve`, and the AWS CLI.\n",
            SCENES.len()
        ))?;
        return Ok(());
    }
    Err(format!(
        "{} of {} attempts did not end as expected: {}",
        surprises.len(),
        SCENES.len(),
        surprises.join("; ")
    )
    .into())
}

/// Plays every scene. Returns what was not as expected.
async fn play(url: &str, principals: &Principals) -> Result<Vec<String>, Box<dyn Error>> {
    let http = http_client();
    let caller = |key_id: &str| Caller::new(url, key_id, &http);
    terminal::print(&format!(
        "An embedded CodePipeline on {url}, with the pipeline {TITLE}{PIPELINE}{TITLE:#}:\n\
         Source, then {STAGE} ({} and {} in parallel, then {GATE}), then {DEPLOY}.\n\
         {GATE} runs in a separate process over the Lambda Runtime API, with the rule {RULE}.\n\n",
        SLOTS[0], SLOTS[1]
    ))?;
    let starter = caller("bob");
    let mut surprises = Vec::new();
    // The creation of a pipeline starts an execution.
    let mut execution_id = starter.create_pipeline(PIPELINE, &STAGES).await?;
    let mut is_new = true;
    for (number, scene) in (1..).zip(&SCENES) {
        terminal::print(&format!("{TITLE}{number}. {}{TITLE:#}\n", scene.title))?;
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
            for (slot, key_id, answer) in round.answers {
                caller(key_id).answer(PIPELINE, STAGE, slot, *answer).await?;
                let arn =
                    principals.iter().find(|(id, _)| id == key_id).map_or(*key_id, |(_, arn)| arn);
                let answered = match answer {
                    Answer::Approved => "approved",
                    Answer::Rejected => "rejected",
                };
                terminal::print(&format!("   {slot} is {answered} by {arn}\n"))?;
            }
        }
        let ended = starter.end_of(PIPELINE, &execution_id, GATE).await?;
        terminal::print(&verdict(&ended))?;
        if !is_expected(scene.expected, &ended) {
            surprises.push(format!("{number}. {}", scene.title));
        }
    }
    Ok(surprises)
}

fn is_expected(expected: Expected, ended: &Ended) -> bool {
    let deployed = ended.done.iter().any(|action| action == DEPLOY);
    match expected {
        Expected::Passes => ended.succeeded && deployed,
        Expected::Refused(reason) => !ended.succeeded && !deployed && ended.gate.contains(reason),
    }
}

fn verdict(ended: &Ended) -> String {
    let headline = if ended.succeeded {
        format!("{GOOD}   The gate lets it pass; {DEPLOY} has run.{GOOD:#}\n")
    } else {
        format!("{BAD}   The gate refuses; {DEPLOY} has not run.{BAD:#}\n")
    };
    let said: String =
        ended.gate.lines().map(|line| format!("   {FAINT}│ {line}{FAINT:#}\n")).collect();
    format!("{headline}{said}\n")
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
