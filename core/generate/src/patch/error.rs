//! Why a pipeline cannot take the stage.

use doctor::pipeline::StagePlace;
use doctor::template::ReadError;

/// Why a pipeline cannot take the stage.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The file has no pipeline to read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// JSON failed.
    #[error("it could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// YAML failed.
    #[error("it could not be written as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// A plan or a state.
    #[error(
        "it is a plan or a state of Terraform, which Terraform writes itself; put the stage that \
         `--stage-json` prints into the configuration by hand"
    )]
    Terraform,
    /// A template without a pipeline.
    #[error("it has no pipeline")]
    NoPipeline,
    /// Several pipelines to choose from.
    #[error("it has several pipelines that `--pipeline` covers, {0}; name one")]
    Several(String),
    /// The generated policies are not about this pipeline.
    #[error(
        "the pipeline {0} is not among those of `--pipeline`, so nobody could approve in it; add \
         it there"
    )]
    NotCovered(String),
    /// The generated policies are about another place.
    #[error(
        "the pipeline is `{0}`, and the policies would be about another region or account, so nobody \
         could approve in it; give its `--region` and `--account`"
    )]
    Elsewhere(String),
    /// The gate is there.
    #[error(
        "the action `{action}` of the stage `{stage}` runs the gate already; there is nothing to do"
    )]
    GateThere {
        /// The gate's stage.
        stage: String,
        /// The gate's action.
        action: String,
    },
    /// A stage has the same name.
    #[error(
        "there is a stage `{0}` already; give another `--stage`, or give `--before {0}/ACTION` to \
         put the approvals and the gate into that stage"
    )]
    StageThere(String),
    /// An action has the same name.
    #[error("the stage `{stage}` has an action `{action}` already; give another `--slot`")]
    ActionThere {
        /// The stage.
        stage: String,
        /// The action.
        action: String,
    },
    /// The stage of the action is not the stage of the policies.
    #[error(
        "the approvals would be in the stage `{stage}`, but `--stage` says `{policies}`, so nobody \
         could answer them; give `--stage {stage}`"
    )]
    OtherStage {
        /// The stage of the action.
        stage: String,
        /// The stage of the policies.
        policies: String,
    },
    /// Nothing can be behind the gate.
    #[error("nothing that could deploy comes after the sources, so a gate would guard nothing")]
    NothingToGuard,
    /// No action certainly deploys.
    #[error(
        "no stage has an action that certainly deploys{}; say what two people approve, with \
         `--before` and one of {candidates}", changes_pipeline(.changing)
    )]
    NothingDeploys {
        /// The stages that seem to change the pipeline itself instead, or nothing.
        changing: String,
        /// The places to choose from.
        candidates: String,
    },
    /// There is more than one possible place.
    #[error(
        "{reason}, so it is not certain what two people approve; say it with `--before` and one of \
         {candidates}"
    )]
    NotCertain {
        /// Why it is not certain.
        reason: String,
        /// The places to choose from.
        candidates: String,
    },
    /// A place that the pipeline does not have.
    #[error("it has no `{wanted}`; its stages are {stages}")]
    NoSuchPlace {
        /// The place.
        wanted: StagePlace,
        /// The stages of the pipeline.
        stages: String,
    },
    /// The first stage holds the sources.
    #[error(
        "the stage would be the first one, and only Source actions can be there; move what deploys \
         into a later stage"
    )]
    First,
    /// There is nothing after the place.
    #[error("nothing comes after `{0}`, so the gate would guard nothing; give another place")]
    Last(StagePlace),
    /// The gate would not guard everything.
    #[error("the gate would not help there: {0} Give another place with `--before`")]
    Unsound(String),
    /// A template that cannot be changed as a text.
    #[error(
        "its stages are not written in a way that this program can add to; begin each stage and \
         action on a new line, or insert what `--stage-json` prints by hand"
    )]
    Layout,
}

fn changes_pipeline(stages: &str) -> String {
    match stages {
        "" => String::new(),
        stages if stages.contains(", ") => {
            format!(" ({stages} seem to change the pipeline itself)")
        }
        stage => format!(" ({stage} seems to change the pipeline itself)"),
    }
}
