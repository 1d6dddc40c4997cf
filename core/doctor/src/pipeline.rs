//! A pipeline, in one type for every file that declares one and for what the SDK gives.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use names::{AccountId, Arn};

pub use crate::structure::*;

/// An ARN that is not the one of a pipeline of that name.
#[derive(Debug, thiserror::Error)]
#[error("its `metadata.pipelineArn` is `{arn}`, which is not the ARN of a pipeline `{name}`")]
pub struct ArnError {
    arn: String,
    name: String,
}

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its ARN, or a pattern if the file has none; see [`Pipeline::new`].
    pub arn: String,
    /// Its declaration.
    pub structure: Structure,
    /// What the template leaves open.
    pub(crate) undecided: Vec<Undecided>,
    /// The line in its file of the pipeline, its stages and its actions, by their ARNs.
    pub(crate) lines: BTreeMap<String, usize>,
}

/// A value that a template leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The path to the value, as in `stages[1].actions[0].configuration.FunctionName`.
    pub(crate) path: String,
    /// The value, with names in place of what is open, as in `${GateFunction}`.
    pub(crate) text: String,
    /// Its line, from 1. 0 if that is unknown.
    pub(crate) line: usize,
}

impl Undecided {
    pub(crate) fn new(path: &str, text: String, line: usize) -> Self {
        Self { path: path.to_owned(), text, line }
    }
}

impl Pipeline {
    /// A pipeline and its ARN. If `arn` is `None`, its region and account are wildcards, as the
    /// declaration has neither.
    ///
    /// # Errors
    /// [`ArnError`] if the ARN is not one of a pipeline of that name.
    pub fn new(arn: Option<String>, structure: Structure) -> Result<Self, ArnError> {
        let name = &structure.name;
        let arn = arn.unwrap_or_else(|| format!("arn:aws:codepipeline:*:*:{name}"));
        match Arn::parse(&arn) {
            Some(Arn { service: "codepipeline", resource, .. }) if resource == name => {
                Ok(Self::of(arn, structure))
            }
            Some(_) | None => Err(ArnError { arn, name: name.clone() }),
        }
    }

    /// A pipeline whose ARN is a pattern that need not end in its name.
    pub(crate) fn of(arn: String, structure: Structure) -> Self {
        Self { arn, structure, undecided: Vec::new(), lines: BTreeMap::new() }
    }

    /// The pipeline with what its template leaves open. `lines` has the line of each value, by its
    /// path.
    pub(crate) fn declared(
        mut self,
        undecided: Vec<Undecided>,
        lines: &BTreeMap<String, usize>,
    ) -> Self {
        let mut of = BTreeMap::new();
        let mut add = |arn: String, path: &str| {
            if let Some(line) = lines.get(path).filter(|line| **line > 0) {
                of.entry(arn).or_insert(*line);
            }
        };
        add(self.arn.clone(), "");
        for (index, stage) in self.stages().iter().enumerate() {
            add(self.stage_arn(stage), &format!("stages[{index}]"));
            for (number, action) in stage.actions.iter().enumerate() {
                let path = format!("stages[{index}].actions[{number}]");
                add(self.action_arn(stage, action), &path);
            }
        }
        self.lines = of;
        self.undecided = undecided;
        self
    }

    /// The name of the pipeline.
    pub fn name(&self) -> &str {
        &self.structure.name
    }

    /// The account of its ARN; `None` if that is a wildcard.
    pub fn account(&self) -> Option<AccountId> {
        Arn::parse(&self.arn)?.account_id()
    }

    /// The stages, first to last.
    pub fn stages(&self) -> &[Stage] {
        &self.structure.stages
    }

    /// Whether the template leaves open which actions there are, of what type one is, or which
    /// function one runs.
    pub fn has_undecided_actions(&self) -> bool {
        self.undecided.iter().any(|undecided| {
            let Some((stage, rest)) = numbered(&undecided.path, "stages[") else {
                return undecided.path == "stages";
            };
            let Some((action, key)) = numbered(rest, ".actions[") else {
                return rest == ".actions";
            };
            let action = self.stages().get(stage).and_then(|stage| stage.actions.get(action));
            match key {
                ".configuration" | ".configuration.FunctionName" => {
                    action.is_some_and(Action::runs_function)
                }
                key => key.starts_with(".actionTypeId") && key != ".actionTypeId.version",
            }
        })
    }

    /// Marks the builds of the projects that run `aws codepipeline update-pipeline`.
    pub(crate) fn set_updates_pipelines(&mut self, of_project: impl Fn(&str) -> bool) {
        let actions = self.structure.stages.iter_mut().flat_map(|stage| &mut stage.actions);
        for action in actions.filter(|action| action.action_type_id.provider == "CodeBuild") {
            let project = action.configuration.get("ProjectName");
            action.updates_pipelines = project.is_some_and(|project| of_project(project));
        }
    }

    /// Without the lines, which belong to another text than the file.
    pub(crate) fn forget_lines(&mut self) {
        self.lines.clear();
        self.undecided.iter_mut().for_each(|undecided| undecided.line = 0);
    }

    /// The line of a stage in its file, from 1. `None` if that is unknown.
    pub fn line_of(&self, stage: &Stage) -> Option<usize> {
        self.lines.get(&self.stage_arn(stage)).copied()
    }

    /// The line of an action in its file, from 1. `None` if that is unknown.
    pub fn line_of_action(&self, stage: &Stage, action: &Action) -> Option<usize> {
        self.lines.get(&self.action_arn(stage, action)).copied()
    }

    /// Whether its name is known.
    pub fn has_name(&self) -> bool {
        Arn::parse(&self.arn).is_some_and(|arn| arn.resource == self.name())
    }

    /// Whether a template leaves anything of it open.
    pub fn is_undecided(&self) -> bool {
        !self.undecided.is_empty()
    }

    /// Says that an action deploys, or all actions of a stage, no matter what their type is.
    /// Returns whether there is any.
    pub fn set_deploys(&mut self, place: &StagePlace) -> bool {
        let StagePlace { stage, action } = place;
        let stages = self.structure.stages.iter_mut().filter(|it| it.name == *stage);
        let mut is_there = false;
        for there in stages.flat_map(|stage| &mut stage.actions) {
            let is_meant = action.as_ref().is_none_or(|action| there.name == *action);
            if is_meant && !there.kind().may_be_approval() {
                there.is_named_deployment = true;
                is_there = true;
            }
        }
        is_there
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE` (Service Authorization Reference, "Resource
    /// types defined by AWS CodePipeline").
    pub fn stage_arn(&self, stage: &Stage) -> String {
        format!("{}/{}", self.arn, as_pattern(&stage.name))
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`.
    pub fn action_arn(&self, stage: &Stage, action: &Action) -> String {
        format!("{}/{}", self.stage_arn(stage), as_pattern(&action.name))
    }
}

/// The number of `PREFIX1]REST`, and the rest.
pub(crate) fn numbered<'a>(path: &'a str, prefix: &str) -> Option<(usize, &'a str)> {
    let (number, rest) = path.strip_prefix(prefix)?.split_once(']')?;
    Some((number.parse().ok()?, rest))
}

/// What stands in a text for a value that is not known before the template is deployed: a name, and
/// a reference to a secret or a parameter (CloudFormation User Guide, "Get values stored in other
/// services using dynamic references"). Each with its end.
const OPEN: [(&str, &str); 2] = [("${", "}"), (DYNAMIC_REFERENCE, "}}")];

/// The beginning of a reference to a secret or a parameter.
pub(crate) const DYNAMIC_REFERENCE: &str = "{{resolve:";

/// Whether a template leaves a text open, or a part of it.
pub(crate) fn is_open(text: &str) -> bool {
    OPEN.iter().any(|(begin, _)| text.contains(begin))
}

/// A pattern of a name that a template leaves open: `*` in place of each part that is open. Names
/// cannot have a `$` or a `{` (CodePipeline API model, `PipelineName`).
pub(crate) fn as_pattern(name: &str) -> String {
    OPEN.iter().fold(name.to_owned(), |name, (begin, end)| {
        let mut pattern = String::new();
        let mut rest = name.as_str();
        while let Some((before, after)) = rest.split_once(begin) {
            pattern.push_str(before);
            pattern.push('*');
            rest = after.split_once(end).map_or("", |(_, after)| after);
        }
        pattern + rest
    })
}

/// A stage, or an action of a stage: `STAGE[/ACTION]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePlace {
    /// The name of the stage.
    pub stage: String,
    /// The name of the action. `None` stands for the whole stage.
    pub action: Option<String>,
}

/// A text that names no stage.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not STAGE or STAGE/ACTION")]
pub struct StagePlaceError(String);

impl FromStr for StagePlace {
    type Err = StagePlaceError;

    /// Names have no slash (CodePipeline API model, `StageName` and `ActionName`).
    fn from_str(text: &str) -> Result<Self, StagePlaceError> {
        let (stage, action) = match text.split_once('/') {
            Some((stage, action)) => (stage, Some(action)),
            None => (text, None),
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains('/');
        if !is_name(stage) || !action.is_none_or(is_name) {
            return Err(StagePlaceError(text.to_owned()));
        }
        Ok(Self { stage: stage.to_owned(), action: action.map(str::to_owned) })
    }
}

impl fmt::Display for StagePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stage)?;
        self.action.iter().try_for_each(|action| write!(f, "/{action}"))
    }
}
