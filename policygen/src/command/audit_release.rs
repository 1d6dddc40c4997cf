//! What the pipelines of an audit release, by options and by the files that declare them.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use audit::{Artifacts, Release, Slot};
use doctor::AroundGate;
use doctor::pipeline::Pipeline;
use doctor::template::NamedValue;
use names::{ActionName, Arn, FunctionRef, PipelineGlob, RegionGlob, StageGlob};
use rule::Rule;

use super::audit_targets::{self, is_open};
use super::doctor_sources;
use crate::output;

/// What is released, and with which roles.
#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArgs {
    /// Pipelines in files, as for `policygen doctor`: what they deploy behind the gate, and with
    /// which roles. They also give the slots, the pipeline, its stage and its region, unless an
    /// option does
    #[arg(long, visible_alias = "template", value_name = "FILE", num_args = 1..)]
    pipeline_file: Vec<PathBuf>,
    /// What a name in a template stands for: a parameter, a resource, an attribute such as
    /// `Function.Arn`, an export, or `AWS::Region` [default: the parameter's default]
    #[arg(long, value_name = "NAME=VALUE", requires = "pipeline_file")]
    parameter: Vec<NamedValue>,
    /// A role that deploys, by name or ARN: becoming it is a way past the gate. So is a role of
    /// the pipelines: those of --pipeline-file, or every role that CodePipeline may assume
    #[arg(long, value_name = "ROLE")]
    deploy_role: Vec<String>,
    /// A bucket of the pipelines' artifacts: replacing them is a way past the gate
    #[arg(long, value_name = "BUCKET")]
    artifact_bucket: Vec<String>,
    /// With --desk-role, the desk's function, by its name or its ARN
    #[arg(long, value_name = "FUNCTION", default_value = "two-person-rule-desk")]
    desk_function: FunctionRef,
}

/// What options and files say together.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) release: Release,
    /// The gate's function, as the pipelines call it.
    pub(crate) gate: FunctionRef,
    /// What all files agree on.
    pub(crate) slots: Option<Vec<Slot>>,
    pub(crate) pipeline: Option<PipelineGlob>,
    pub(crate) stage: Option<StageGlob>,
    pub(crate) region: Option<RegionGlob>,
    /// Whether every file could be read, and every pipeline has a gate.
    pub(crate) is_complete: bool,
}

/// Why the files of pipelines cannot be used.
#[derive(Debug, thiserror::Error)]
enum ReleaseError {
    #[error("the files of --pipeline-file have no pipeline `{0}`; check --pipeline")]
    NoPipeline(PipelineGlob),
    #[error("the files of --pipeline-file have no pipeline")]
    None,
    #[error(
        "`{pipeline}` in `{file}` has no action that runs `{gate}`, so nobody has to bypass the \
         gate; check --gate-function, or run `policygen doctor --pipeline-file {file}`"
    )]
    NoGate { pipeline: String, file: String, gate: FunctionRef },
    #[error(
        "`{pipeline}` in `{file}` has no action that certainly runs `{gate}`, because the \
         template leaves actions or functions open; say what they are with `--parameter NAME=VALUE`"
    )]
    OpenGate { pipeline: String, file: String, gate: FunctionRef },
}

impl ReleaseArgs {
    /// Reads the files. A pipeline without a gate does not end the audit of the others.
    pub(crate) fn read(
        &self,
        gate: &FunctionRef,
        pipeline: Option<&PipelineGlob>,
        floor: &Rule,
    ) -> Result<Released, Box<dyn Error>> {
        let bucket = |bucket: &String| Artifacts { bucket: bucket.clone(), pipeline: None };
        let mut found = Released {
            release: Release {
                deploy_roles: self.deploy_role.clone(),
                artifacts: self.artifact_bucket.iter().map(bucket).collect(),
                desk_function: Some(self.desk_function.clone()),
                reviews_function: floor.reviews().map(|reviews| reviews.function().clone()),
                ..Release::default()
            },
            gate: gate.clone(),
            slots: None,
            pipeline: None,
            stage: None,
            region: None,
            is_complete: true,
        };
        if self.pipeline_file.is_empty() {
            return Ok(found);
        }
        let sources = doctor_sources::read_files(&self.pipeline_file, &self.parameter)?;
        found.is_complete = sources.is_complete;
        let exact = pipeline.filter(|name| !name.contains(['*', '?']));
        let is_wanted =
            |it: &Pipeline| exact.is_none_or(|name| !it.has_name() || *name == it.name());
        let mut agreed = Agreed::default();
        let mut are_roles_known = true;
        let mut last = None;
        for of_file in &sources.found {
            for variant in &of_file.declared.variants {
                let declared = &variant.pipeline;
                if !is_wanted(declared) {
                    continue;
                }
                if let Some(around) = doctor::around_gate(declared, gate, floor) {
                    are_roles_known &= audit_targets::add(&mut found.release, declared, &around);
                    agreed.add(declared, &around);
                    continue;
                }
                let (pipeline, file) = (declared.name().to_owned(), of_file.file.clone());
                let gate = gate.clone();
                let error = match declared.has_undecided_actions() {
                    true => ReleaseError::OpenGate { pipeline, file, gate },
                    false => ReleaseError::NoGate { pipeline, file, gate },
                };
                found.is_complete = false;
                if let Some(before) = last.replace(error) {
                    output::print_error(&before);
                }
            }
        }
        match (last, exact) {
            (Some(error), _) if agreed.pipelines == 0 => return Err(error.into()),
            (Some(error), _) => output::print_error(&error),
            (None, Some(name)) if agreed.pipelines == 0 => {
                return Err(ReleaseError::NoPipeline(name.clone()).into());
            }
            (None, None) if agreed.pipelines == 0 => return Err(ReleaseError::None.into()),
            (None, _) => {}
        }
        found.release.are_roles_known = are_roles_known;
        agreed.fill(&mut found);
        Ok(found)
    }
}

/// What the pipelines say, each time with everything that any of them says.
#[derive(Default)]
struct Agreed {
    pipelines: usize,
    slots: BTreeSet<Vec<String>>,
    names: BTreeSet<String>,
    stages: BTreeSet<String>,
    regions: BTreeSet<String>,
    functions: BTreeSet<String>,
}

impl Agreed {
    fn add(&mut self, pipeline: &Pipeline, around: &AroundGate<'_>) {
        self.pipelines += 1;
        let approvals = around.approvals.iter().map(|action| action.name.clone());
        self.slots.insert(approvals.collect());
        // A `*` stands for what is not known, so nothing parses and nothing is limited to it.
        self.names.insert(if pipeline.has_name() { pipeline.name() } else { "" }.to_owned());
        self.stages.insert(around.stage.map_or(String::new(), |stage| stage.name.clone()));
        let region = Arn::parse(&pipeline.arn).map_or("", |arn| arn.region);
        self.regions.insert(region.to_owned());
        self.functions.insert(around.function.to_owned());
    }

    /// Fills in what all pipelines agree on.
    fn fill(self, found: &mut Released) {
        let one = |all: &BTreeSet<String>| match (all.first(), all.len()) {
            (Some(only), 1) if !only.is_empty() && !is_open(only) => Some(only.clone()),
            _ => None,
        };
        found.pipeline = one(&self.names).and_then(|name| name.parse().ok());
        found.stage = one(&self.stages).and_then(|name| name.parse().ok());
        let region = one(&self.regions).filter(|region| region != "*");
        found.region = region.and_then(|region| region.parse().ok());
        if let Some(function) = one(&self.functions).and_then(|name| name.parse().ok()) {
            found.gate = more_exact(&found.gate, function);
        }
        if let (Some(slots), 1) = (self.slots.first(), self.slots.len()) {
            let names: Result<Vec<ActionName>, _> = slots.iter().map(|name| name.parse()).collect();
            let slots = names.ok().filter(|names| names.len() >= 2);
            found.slots = slots.map(|names| {
                names.into_iter().map(|action| Slot { action, group: None }).collect()
            });
        }
    }
}

/// The one of two references to the gate that says more.
fn more_exact(given: &FunctionRef, declared: FunctionRef) -> FunctionRef {
    let says = |function: &FunctionRef| {
        let parts = [
            function.region().is_some(),
            function.account().is_some(),
            function.qualifier().is_some(),
        ];
        parts.into_iter().filter(|is_there| *is_there).count()
    };
    if says(&declared) > says(given) { declared } else { given.clone() }
}
