//! What the gate relies on of AWS and AWS does not document, looked at in one real execution. The report holds no name, so that it can be
//! sent on.

mod fact;
mod log;
pub(crate) mod render;

use jiff::{SignedDuration, Timestamp};
use rule::{ActionKind, Attempt, Initiator, Principal, PrincipalKind, Status};

pub(crate) use fact::{Fact, Finding, Seen};
pub(crate) use log::{GateSaw, read as read_log};

use crate::evidence::history::{ActionExecution, History};

/// The newest run of an action, by GetPipelineState.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunState {
    pub(crate) id: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) last_updated_by: Option<String>,
    pub(crate) last_status_change: Option<Timestamp>,
}

/// What there is to look at.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    pub(crate) history: &'a History,
    pub(crate) state: &'a [RunState],
    /// What the gate wrote into its log.
    pub(crate) gate: &'a [GateSaw],
}

/// The longest time that CodePipeline may take to notice an answer, as far as the gate allows for it.
const NOTICING: SignedDuration = SignedDuration::from_mins(1);

impl Look<'_> {
    /// Every fact, with what was seen of it.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        Fact::ALL
            .into_iter()
            .map(|fact| Finding {
                fact,
                seen: self.at(fact),
            })
            .collect()
    }

    fn at(&self, fact: Fact) -> Seen {
        match fact {
            Fact::RoleSessionArn => self.role_session_arn(),
            Fact::OneApprover => self.one_approver(),
            Fact::TokenIsTheAttempt => self.token_is_the_attempt(),
            Fact::ParallelToken => self.parallel_token(),
            Fact::NoticingLag => self.noticing_lag(),
            Fact::TimeoutCode => self.timeout_code(),
            Fact::TriggerShape => self.trigger_shape(),
            Fact::JobExecution => self.gate_saw(|saw| saw.pipeline_execution_id, "GetJobDetails gave the execution"),
            Fact::JobConfiguration => self.gate_saw(|saw| saw.function_name, "GetJobDetails gave the configuration"),
            Fact::JobParameters => self.job_parameters(),
            Fact::OwnRun => self.gate_saw(|saw| saw.own_run_by_id, "the gate found its own run by its id"),
            // Only somebody who makes a role could tell, and this changes nothing.
            Fact::ReservedNames => Seen::Unseen("not tested: it would take making a role".to_owned()),
        }
    }

    fn approvals(&self) -> impl Iterator<Item = &ActionExecution> {
        self.history
            .actions
            .iter()
            .filter(|action| action.attempt.kind == ActionKind::ManualApproval)
    }

    fn role_session_arn(&self) -> Seen {
        let approvers = self
            .approvals()
            .filter_map(|action| action.attempt.approver.history.as_deref());
        let kinds: Vec<PrincipalKind> = approvers.map(|arn| Principal::parse(arn).kind().clone()).collect();
        let count = |is: fn(&PrincipalKind) -> bool| kinds.iter().filter(|kind| is(kind)).count();
        let sessions = count(|kind| matches!(kind, PrincipalKind::Session { .. }));
        let roles = count(|kind| matches!(kind, PrincipalKind::Role { .. }));
        let unknown = count(|kind| matches!(kind, PrincipalKind::Unknown));
        if roles + unknown > 0 {
            return Seen::Fails(format!(
                "approvals by a bare role ARN: {roles}; by something of no known form: {unknown}"
            ));
        }
        match sessions {
            0 => Seen::Unseen("no approval by a role session".to_owned()),
            _ => Seen::Holds(format!(
                "approvals by an assumed-role ARN with a session name: {sessions}"
            )),
        }
    }

    fn one_approver(&self) -> Seen {
        let both: Vec<bool> = self
            .approvals()
            .filter_map(|action| {
                let state = self.state_of(&action.attempt)?;
                let (history, state) = (
                    action.attempt.approver.history.as_ref()?,
                    state.last_updated_by.as_ref()?,
                );
                Some(history == state)
            })
            .collect();
        tally(&both, "approvals have the same approver in history and state")
    }

    fn token_is_the_attempt(&self) -> Seen {
        let answered = self
            .approvals()
            .filter(|action| action.attempt.approver.history.is_some());
        let of_history =
            answered.filter_map(|action| Some(action.external_id.as_ref()? == action.attempt.id.as_ref()?));
        let open = self
            .state
            .iter()
            .filter_map(|run| Some(run.token.as_ref()? == run.id.as_ref()?));
        let both: Vec<bool> = of_history.chain(open).collect();
        tally(&both, "tokens are the attempt's actionExecutionId")
    }

    fn parallel_token(&self) -> Seen {
        let parallel = self
            .history
            .executions
            .iter()
            .any(|execution| execution.mode.as_deref() == Some("PARALLEL"));
        let mut open = self
            .approvals()
            .filter(|action| action.attempt.status == Status::InProgress)
            .peekable();
        if !parallel || open.peek().is_none() {
            return Seen::Unseen("no open approval of a PARALLEL execution".to_owned());
        }
        let shown: Vec<bool> = open
            .map(|action| {
                action.external_id.is_some() || self.state_of(&action.attempt).is_some_and(|run| run.token.is_some())
            })
            .collect();
        tally(&shown, "open approvals of a PARALLEL execution show a token")
    }

    fn noticing_lag(&self) -> Seen {
        let lags: Vec<SignedDuration> = self
            .approvals()
            .filter(|action| action.attempt.approver.history.is_some())
            .filter_map(|action| {
                let answered = self.state_of(&action.attempt)?.last_status_change?;
                Some(action.attempt.updated?.duration_since(answered))
            })
            .collect();
        let (Some(least), Some(most)) = (lags.iter().min(), lags.iter().max()) else {
            return Seen::Unseen("no answered approval that the state still shows".to_owned());
        };
        let words = format!("noticed {} to {} s after the answer", least.as_secs(), most.as_secs());
        if *least < SignedDuration::ZERO || *most > NOTICING {
            return Seen::Fails(words);
        }
        Seen::Holds(words)
    }

    fn timeout_code(&self) -> Seen {
        let unanswered = |attempt: &&Attempt| attempt.status == Status::Failed && attempt.approver.history.is_none();
        let failed: Vec<&Attempt> = self
            .approvals()
            .map(|action| &action.attempt)
            .filter(unanswered)
            .collect();
        if failed.is_empty() {
            return Seen::Unseen("no approval that failed without an answer".to_owned());
        }
        let codes: Vec<&str> = failed.iter().filter_map(|attempt| attempt.error.as_deref()).collect();
        let word = |code: &&&str| code.len() <= 40 && code.bytes().all(|b| b.is_ascii_alphanumeric());
        let words: Vec<&str> = codes.iter().filter(word).copied().collect();
        let told = format!(
            "{} of {} approvals that nobody answered have an error code ({})",
            codes.len(),
            failed.len(),
            if words.is_empty() { "none" } else { "see below" },
        );
        let told = words.iter().fold(told, |told, word| format!("{told} {word}"));
        if codes.is_empty() {
            Seen::Holds(told)
        } else {
            Seen::Fails(told)
        }
    }

    fn trigger_shape(&self) -> Seen {
        let known: Vec<bool> = self
            .history
            .executions
            .iter()
            .map(|execution| match execution.trigger.initiator() {
                Initiator::Principal(arn) => *Principal::parse(&arn).kind() != PrincipalKind::Unknown,
                Initiator::Automatic(_) => true,
                Initiator::Unknown => false,
            })
            .collect();
        tally(&known, "executions say who or what started them, in a known form")
    }

    fn job_parameters(&self) -> Seen {
        let words: Vec<&str> = self.gate.iter().map(|saw| saw.user_parameters.as_str()).collect();
        let count = |word: &str| words.iter().filter(|seen| **seen == word).count();
        let (other, event, variable) = (count("other"), count("event"), count("variable"));
        let told = format!("{event} filled in, {variable} with the variable left open, {other} otherwise");
        if other > 0 {
            return Seen::Fails(told);
        }
        if event + variable == 0 {
            return Seen::Unseen("no line of the gate's log about parameters".to_owned());
        }
        Seen::Holds(told)
    }

    fn gate_saw(&self, what: impl Fn(&GateSaw) -> Option<bool>, words: &str) -> Seen {
        let seen: Vec<bool> = self.gate.iter().filter_map(what).collect();
        if seen.is_empty() {
            return Seen::Unseen("no such line of the gate's log; give it by --log".to_owned());
        }
        tally(&seen, &format!("times {words}"))
    }

    fn state_of(&self, attempt: &Attempt) -> Option<&RunState> {
        self.state.iter().find(|run| run.id.is_some() && run.id == attempt.id)
    }
}

/// How many of those that could be looked at are as expected.
fn tally(seen: &[bool], what: &str) -> Seen {
    let good = seen.iter().filter(|good| **good).count();
    let words = format!("{good} of {} {what}", seen.len());
    if seen.is_empty() {
        Seen::Unseen("nothing to look at".to_owned())
    } else if good == seen.len() {
        Seen::Holds(words)
    } else {
        Seen::Fails(words)
    }
}
