//! The options of `policygen verify`.

use std::error::Error;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use evidence::Age;
use names::AccountId;
use rule::Rule;

use crate::input;
use crate::places::AccessArgs;

const EXAMPLES: &str = "\
Examples:
  May this build be deployed to production? The gate's key vouches for times and artifacts:
    policygen verify proof.json --rule own-rule.json --key gate.pem --pipeline payments \\
      --environment prod --artifact BuildOutput=build.zip --max-age 1h

  Trust nobody but the people who signed it, by leaving out the gate's key:
    policygen verify proof.json --rule own-rule.json --pipeline payments

  Without a proof, from any CI engine that may read the pipeline:
    policygen verify --pipeline payments --execution 3137f7cb-… --rule own-rule.json

  Is a report of `evidence` still what the saved lists say?
    policygen evidence --pipeline payments --rule rule.json --input executions.json \\
      --input actions.json --format json > report.json
    policygen verify report.json

Exit codes: 0 it holds, 1 could not do it, 2 usage, 10 it does not, and why.";

/// Say whether enough people approved a release, by your own rule, or whether a report is right
///
/// A proof is judged again by your rule. With the gate's public key, the facts in it are believed
/// as the gate saw them. Without it, only what people signed themselves is believed. With
/// --execution, the facts are read from CodePipeline. A JSON report of `evidence` is made again
/// from its files, in the same directory, and compared.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = EXAMPLES,
    override_usage = "policygen verify [OPTIONS] --rule <FILE> <PROOF>\n       \
        policygen verify [OPTIONS] --rule <FILE> --pipeline <NAME> --execution <ID>\n       \
        policygen verify <REPORT>"
)]
pub(crate) struct Args {
    /// A proof, or the output of `policygen evidence --format json`; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "execution")]
    pub(crate) file: Option<PathBuf>,
    /// Your own rule, as in TWO_PERSON_RULE
    #[arg(long, value_name = "FILE", required_unless_present = "file")]
    rule: Option<PathBuf>,
    /// The public half of the gate's key, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// A file that is about to be deployed. The proof must name its SHA-256, and its name in the
    /// pipeline if you give one; may be given several times
    #[arg(long, value_name = "[NAME=]FILE")]
    pub(crate) artifact: Vec<ArtifactFile>,
    /// The pipeline of the release
    #[arg(long, value_name = "NAME")]
    pub(crate) pipeline: Option<String>,
    /// The environment that the proof must be for
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// How long ago the proof may have been made: `30m`, `1h`, `2d`
    #[arg(long, value_name = "AGE")]
    pub(crate) max_age: Option<Age>,
    /// The stage of the approvals [default: that of the rule, otherwise that of the gate or the
    /// only one with approvals]
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Read this execution from CodePipeline, instead of a proof
    #[arg(
        long,
        value_name = "ID",
        requires = "pipeline",
        conflicts_with_all = ["file", "key", "artifact", "environment", "max_age"]
    )]
    pub(crate) execution: Option<String>,
    /// The pipeline's account [default: what AWS says]
    #[arg(long, value_name = "DIGITS", requires = "execution")]
    pub(crate) account: Option<AccountId>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, schema version 1
    Json,
}

/// A file, and the name of the artifact that it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArtifactFile {
    pub(crate) name: Option<String>,
    pub(crate) path: PathBuf,
}

impl FromStr for ArtifactFile {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Names of artifacts (CodePipeline API model, `ArtifactName`). A path with `=` in its first
        // part is written with `./` before it.
        let is_name = |name: &str| {
            let is_allowed = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
            !name.is_empty() && name.bytes().all(is_allowed)
        };
        Ok(match text.split_once('=').filter(|(name, _)| is_name(name)) {
            Some((name, path)) => Self { name: Some(name.to_owned()), path: path.into() },
            None => Self { name: None, path: text.into() },
        })
    }
}

/// The stage that the rule names is another one.
#[derive(Debug, thiserror::Error)]
#[error("--stage is `{given}`, but the rule's `stage` is `{of_rule}`; leave out --stage")]
struct AnotherStage {
    given: String,
    of_rule: String,
}

impl Args {
    /// The rule, with the stage of `--stage`.
    pub(crate) fn own_rule(&self) -> Result<Option<Rule>, Box<dyn Error>> {
        let Some(rule) = self.rule.as_deref().map(input::rule).transpose()? else {
            return Ok(None);
        };
        let Some(stage) = &self.stage else { return Ok(Some(rule)) };
        match rule.stage() {
            Some(of_rule) if of_rule != stage => {
                Err(AnotherStage { given: stage.clone(), of_rule: of_rule.to_owned() }.into())
            }
            Some(_) => Ok(Some(rule)),
            None => {
                let parameters = serde_json::json!({ "stage": stage }).to_string();
                Ok(Some(rule.tightened_by(&parameters, stage)?))
            }
        }
    }

    /// The first option that says nothing about a report.
    pub(crate) fn about_proofs(&self) -> Option<&'static str> {
        let options = [
            (self.rule.is_some(), "--rule"),
            (self.key.is_some(), "--key"),
            (!self.artifact.is_empty(), "--artifact"),
            (self.pipeline.is_some(), "--pipeline"),
            (self.environment.is_some(), "--environment"),
            (self.max_age.is_some(), "--max-age"),
            (self.stage.is_some(), "--stage"),
            (self.format != Format::default(), "--format"),
        ];
        options.into_iter().find_map(|(given, option)| given.then_some(option))
    }
}
