//! The rule that approvals of a stage are judged by: a file of the user, or what the gate's
//! function shows of its own configuration.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{self, Arc, PoisonError};
use std::{fs, io};

use facts::{Budget, CallError, Operation, RULE, RULE_FILE};
use names::{FunctionRef, shown};
use rule::{Rule, RuleError};
use tokio::sync::Mutex;

use crate::pipeline::{EXECUTION_VARIABLE, GateAction, Pipeline, Stage};
use crate::port::Aws;
use crate::sign::StandIn;
use crate::written::Written;

const GET_FUNCTION_CONFIGURATION: Operation = Operation::of("lambda", "GetFunctionConfiguration");

/// [`EXECUTION_VARIABLE`] says which execution is judged, not how, so any id will do for the
/// parser.
const ANY_EXECUTION: &str = "00000000-0000-0000-0000-000000000000";

/// Why the file of `--rule` cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RuleFileError {
    #[error("`{path}` cannot be read; check the path")]
    Unreadable { path: PathBuf, source: io::Error },
    /// The gate would refuse the rule. The problem is in the gate's words.
    #[error("{path}: {problem}")]
    Rule { path: PathBuf, problem: RuleError },
}

/// Reads the gate's rule from a file, as in `TWO_PERSON_RULE`.
///
/// # Errors
/// [`RuleFileError`] if it cannot be read, or if the gate would refuse it.
pub(crate) fn from_file(path: &Path) -> Result<RuleFile, RuleFileError> {
    let path = path.to_owned();
    let json = match fs::read_to_string(&path) {
        Err(source) => return Err(RuleFileError::Unreadable { path, source }),
        Ok(json) => json.trim_start_matches('\u{feff}').to_owned(),
    };
    of_json(json).map_err(|problem| RuleFileError::Rule { path, problem })
}

/// Reads the gate's rule from its JSON.
///
/// # Errors
/// [`RuleError`] if the gate would refuse it.
pub(crate) fn of_json(json: String) -> Result<RuleFile, RuleError> {
    Ok(RuleFile { rule: Rule::floor(&json)?, json })
}

/// The rule of a file.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    pub(crate) rule: Rule,
    pub(crate) json: String,
}

/// The rule of a stage, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StageRule {
    pub(crate) rule: Arc<Rule>,
    pub(crate) from: Origin,
    pub(crate) written: Written,
}

/// Where the rule was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The file of `--rule`.
    File,
    /// The configuration of this function.
    Function(String),
}

/// Why nobody knows the rule of a stage. Its approvals are not judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unknown {
    #[error(
        "no Lambda action runs after the approvals of this stage, so nothing here can be the gate"
    )]
    NoGate,
    #[error("{} names no function that can be looked up", shown(.0))]
    NoFunction(String),
    #[error("several Lambda actions run after the approvals, and nothing shows which is the gate")]
    SeveralGates,
    #[error("{0}; give the rule with --rule")]
    Unreadable(CallError),
    #[error("Lambda cannot decrypt the environment of {0} for you; give the rule with --rule")]
    Undecrypted(String),
    #[error("{0} reads its rule from a file in its package; give that file with --rule")]
    InPackage(String),
    #[error("the environment of {0} has no {RULE}; if it is the gate, give its rule with --rule")]
    NoRule(String),
    #[error("the rule of {function} is one that the gate refuses: {problem}")]
    Refused { function: String, problem: RuleError },
    #[error(
        "the UserParameters of {} depend on a variable, so nobody knows them before they are used",
        shown(.0)
    )]
    Variable(String),
    #[error("the gate refuses the UserParameters of {}: {problem}", shown(.action))]
    Parameters { action: String, problem: RuleError },
}

type Environment = Result<Option<BTreeMap<String, String>>, CallError>;

/// Finds the rules of stages. Each function is asked once, and each rule read once.
#[derive(Debug)]
pub(crate) struct RuleSource {
    file: Option<RuleFile>,
    asked: Mutex<HashMap<FunctionRef, Environment>>,
    read: sync::Mutex<HashMap<Written, Arc<Rule>>>,
    stand_in: Arc<StandIn>,
}

impl RuleSource {
    /// The file of `--rule` takes the place of every function's configuration.
    pub(crate) fn new(file: Option<RuleFile>) -> Self {
        Self {
            file,
            asked: Mutex::default(),
            read: sync::Mutex::default(),
            stand_in: Arc::default(),
        }
    }

    /// Signs what is judged before an approver signs.
    pub(crate) fn stand_in(&self) -> Arc<StandIn> {
        Arc::clone(&self.stand_in)
    }

    fn read(&self, written: &Written) -> Result<Arc<Rule>, RuleError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(written) {
            return Ok(Arc::clone(known));
        }
        let rule = Arc::new(written.read()?);
        read.insert(written.clone(), Arc::clone(&rule));
        Ok(rule)
    }

    /// The rule that the gate of a stage would judge by: its own, tightened by the UserParameters
    /// of its action.
    ///
    /// # Errors
    /// [`Unknown`] if nobody knows it.
    pub(crate) async fn of_stage(
        &self,
        aws: &impl Aws,
        stage: &Stage,
        budget: Budget,
    ) -> Result<StageRule, Unknown> {
        let gates: Vec<GateAction<'_>> = stage.gates().collect();
        let of_file = |file: &RuleFile| (file.json.clone(), Origin::File);
        let (gate, (floor, from)) = match (&self.file, gates.as_slice()) {
            (None, []) => return Err(Unknown::NoGate),
            // The gate may be in another stage, or not in the pipeline yet.
            (Some(file), []) => (None, of_file(file)),
            (Some(file), [gate]) => (Some(*gate), of_file(file)),
            (file, gates) => {
                let (gate, function, json) = self.gate_of(aws, gates, budget).await?;
                let of_function = (json, Origin::Function(function));
                (Some(gate), file.as_ref().map_or(of_function, of_file))
            }
        };
        let parameters = gate.map(|gate| parameters(&gate)).transpose()?.flatten();
        let written = Written { floor, parameters, stage: stage.name.clone() };
        let rule = self.read(&written).map_err(|problem| match (&from, gate) {
            (Origin::Function(function), _) if Rule::floor(&written.floor).is_err() => {
                Unknown::Refused { function: function.clone(), problem }
            }
            (_, gate) => Unknown::Parameters {
                action: gate.map(|gate| gate.action.to_owned()).unwrap_or_default(),
                problem,
            },
        })?;
        Ok(StageRule { rule, from, written })
    }

    /// The gate's function in a pipeline: the only one that runs after the approvals of a stage, or
    /// the only one of them that has a rule. If the approvals are in another stage than the gate,
    /// any function of the pipeline can be its.
    ///
    /// # Errors
    /// [`Unknown`] if nobody knows which it is.
    pub(crate) async fn gate(
        &self,
        aws: &impl Aws,
        pipeline: &Pipeline,
        budget: Budget,
    ) -> Result<FunctionRef, Unknown> {
        let is_elsewhere = self.file.as_ref().is_some_and(|file| file.rule.stage().is_some());
        let stages = pipeline.stages.iter().filter(|it| is_elsewhere || it.has_approvals());
        let mut gates: Vec<GateAction<'_>> = Vec::new();
        let name = |gate: &GateAction<'_>| gate.function.map(|it| it.name().to_string());
        for gate in stages.flat_map(Stage::gates) {
            if gates.iter().all(|known| name(known) != name(&gate)) {
                gates.push(gate);
            }
        }
        let gate = match gates.as_slice() {
            [] => return Err(Unknown::NoGate),
            [gate] => *gate,
            several => self.gate_of(aws, several, budget).await?.0,
        };
        gate.function.cloned().ok_or_else(|| Unknown::NoFunction(gate.action.to_owned()))
    }

    /// The gate among these actions: the one whose function has a rule.
    async fn gate_of<'a>(
        &self,
        aws: &impl Aws,
        gates: &[GateAction<'a>],
        budget: Budget,
    ) -> Result<(GateAction<'a>, String, String), Unknown> {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for gate in gates {
            match self.of_function(aws, gate, budget).await {
                Ok((function, json)) => found.push((*gate, function, json)),
                Err(problem) => problems.push(problem),
            }
        }
        match (found.len(), problems.len()) {
            // A function without a rule is not the gate, but one that could not be read may be.
            (1, _) if problems.iter().all(|it| matches!(it, Unknown::NoRule(_))) => {
                found.pop().ok_or(Unknown::SeveralGates)
            }
            (0, 1) => Err(problems.pop().unwrap_or(Unknown::SeveralGates)),
            _ => Err(Unknown::SeveralGates),
        }
    }

    /// The name of a function, and the JSON of its rule.
    async fn of_function(
        &self,
        aws: &impl Aws,
        gate: &GateAction<'_>,
        budget: Budget,
    ) -> Result<(String, String), Unknown> {
        let function = gate.function.ok_or_else(|| Unknown::NoFunction(gate.action.to_owned()))?;
        let name = || function.name().to_string();
        let environment = self.environment(aws, function, budget).await;
        let environment = environment.map_err(Unknown::Unreadable)?;
        let environment = environment.ok_or_else(|| Unknown::Undecrypted(name()))?;
        match (environment.get(RULE), environment.contains_key(RULE_FILE)) {
            (Some(json), false) => Ok((name(), json.clone())),
            (_, true) => Err(Unknown::InPackage(name())),
            (None, false) => Err(Unknown::NoRule(name())),
        }
    }

    async fn environment(
        &self,
        aws: &impl Aws,
        function: &FunctionRef,
        budget: Budget,
    ) -> Environment {
        // Held while the call runs, so that pipelines with the same gate wait for one answer.
        let mut asked = self.asked.lock().await;
        if let Some(known) = asked.get(function) {
            return known.clone();
        }
        let call = || aws.environment(function);
        let answer = budget.call(GET_FUNCTION_CONFIGURATION, call).await;
        asked.insert(function.clone(), answer.clone());
        answer
    }
}

/// The UserParameters of the gate's action.
fn parameters(gate: &GateAction<'_>) -> Result<Option<String>, Unknown> {
    let known = gate.user_parameters.map(|it| it.replace(EXECUTION_VARIABLE, ANY_EXECUTION));
    match known {
        Some(text) if text.contains("#{") => Err(Unknown::Variable(gate.action.to_owned())),
        known => Ok(known),
    }
}

#[cfg(test)]
#[path = "rule_source_tests.rs"]
mod tests;
