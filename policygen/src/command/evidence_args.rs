//! The options of `policygen evidence`.

use std::error::Error;
use std::path::PathBuf;

use anstream::adapter::strip_str;
use clap::ValueEnum;
use evidence::{Cover, Moment, Period};
use names::NameError;

use super::evidence_manifest;
use super::evidence_recipe::{GivenFunction, Recipe};
use super::report::FailOn;
use crate::output;
use crate::places::AccessArgs;

const EXAMPLES: &str = "\
Examples:
  Was every release of the first quarter approved by two different people?
    policygen evidence --pipeline payments --since 2026-01-01 --until 2026-03-31 \\
      --rule rule.json

  The same as a report to hand over:
    policygen evidence --pipeline payments --since 90d --rule rule.json \\
      --cloudtrail --format html > evidence.html

  Every pipeline of two regions, in each account of the organization, one row for each:
    aws organizations list-accounts > accounts.json
    policygen evidence --all --since 90d --rule rule.json --cache evidence-cache \\
      --region eu-west-1 --region us-east-1 --assume-role Auditor --accounts accounts.json

  Without access to AWS, from lists that somebody else saved:
    aws codepipeline list-pipeline-executions --pipeline-name payments > executions.json
    aws codepipeline list-action-executions --pipeline-name payments > actions.json
    policygen evidence --pipeline payments --rule rule.json \\
      --input executions.json --input actions.json

Exit codes: 0 no open exception at or above --fail-on, 1 could not do it, 2 usage, 3 no execution in
the period, 10 open exceptions at or above --fail-on.";

/// Show who approved each release of a period, by the gate's own rule
///
/// Reads the history of the pipeline, which CodePipeline keeps for 12 months, and evaluates each
/// execution again with the gate's own code. The report shows who started it, what was released,
/// who approved and how that was counted, and whether the gate reported the same at the time. Over
/// several pipelines, it has one row for each and one answer over all of them.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = EXAMPLES,
    override_usage = "policygen evidence [OPTIONS] <--pipeline <NAME>|--all>"
)]
pub(crate) struct Args {
    /// The pipeline; may be given several times, for one report with a row for each
    #[arg(long, value_name = "NAME", required_unless_present = "all")]
    pub(crate) pipeline: Vec<String>,
    /// Every pipeline of each region and account, or of the folders of --input
    #[arg(long, conflicts_with_all = ["pipeline", "execution"])]
    pub(crate) all: bool,
    /// Only executions that started at this time or later: `90d`, `12h` or `4w` ago, a day or a
    /// time
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,
    /// Only executions that started before this time, or by the end of this day in UTC
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<Moment>,
    /// Only this execution
    #[arg(long, value_name = "ID", conflicts_with_all = ["since", "until"])]
    pub(crate) execution: Option<String>,
    /// The gate's rule, as in TWO_PERSON_RULE [default: the default rule]
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// The gate's function, by its name or its ARN; an Invoke action that runs it is the gate
    #[arg(long, value_name = "FUNCTION", default_value = "two-person-rule-gate")]
    gate_function: GivenFunction,
    /// The output of `aws codepipeline list-pipeline-executions` or `list-action-executions`,
    /// instead of asking AWS, or a directory of such files, such as a part of the archive; may be
    /// given several times. For several pipelines, files that do not name theirs are in a directory
    /// with its name
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) input: Vec<PathBuf>,
    /// The pipeline's account [default: what AWS says, or the only account of all principals]
    #[arg(long, value_name = "DIGITS", conflicts_with = "account_file")]
    account: Option<String>,
    /// The output of `aws iam get-account-authorization-details`, which shows the account and the
    /// roles that IAM Identity Center created
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    /// Look up each approval in CloudTrail, which goes back 90 days, and the principal that started
    /// its session; takes about a second per session
    #[arg(long, conflicts_with = "input")]
    pub(crate) cloudtrail: bool,
    /// Exported CloudTrail events: logs of a trail, compressed or not, or a directory of them; the
    /// output of `aws cloudtrail lookup-events` or `aws logs filter-log-events`; events of
    /// EventBridge; event records, also one per line. May be given several times
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) cloudtrail_file: Vec<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// The least severity of an exception that ends with exit code 10
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
    /// A JSON list of exceptions that you accept, each with `code`, `subject`, `reason` and
    /// `expires`, and if you like `ticket` and `reviewer`; they stay in the report, and do not fail
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,
    /// Begin CSV with the cover: lines with `#` that say what the report was made from
    #[arg(long)]
    pub(crate) cover: bool,
    /// Write the SHA-256 of each input and of the output into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Keep what AWS says in this directory, and ask again only for executions that are new or may
    /// have changed
    #[arg(long, value_name = "DIR", conflicts_with = "input", help_heading = "AWS access")]
    pub(crate) cache: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people at a terminal
    #[default]
    Human,
    /// For programs, schema version 1, with the decision records
    Json,
    /// The exceptions in SARIF 2.1.0, for code scanning
    Sarif,
    /// For spreadsheets, one line per execution
    Csv,
    /// Annotations of a workflow run of GitHub Actions, one per cause
    Github,
    /// JUnit XML, one test case per kind of exception
    Junit,
    /// One file for a browser, to print or to hand over
    Html,
    /// The proof of one satisfied execution for `policygen verify`, without the gate's signature
    Proof,
}

/// A text that is not the id of an account.
#[derive(Debug, thiserror::Error)]
#[error("--account")]
pub(crate) struct BadAccount(#[source] NameError);

impl Args {
    /// The question about a pipeline.
    ///
    /// # Errors
    /// If `--account` is not the id of an account.
    pub(crate) fn recipe(&self, pipeline: &str, period: Period) -> Result<Recipe, BadAccount> {
        Ok(Recipe {
            pipeline: pipeline.to_owned(),
            period,
            execution: self.execution.clone(),
            gate: self.gate_function.clone(),
            account: self.account.as_deref().map(str::parse).transpose().map_err(BadAccount)?,
            region: None,
            rule: self.rule.clone(),
            account_file: self.account_file.clone(),
            history: self.input.clone(),
            cloudtrail: self.cloudtrail_file.clone(),
            accept: self.accept.clone(),
            is_one_of_several: false,
        })
    }

    /// Prints the report, and writes its manifest before if it is wanted. Text for people may have
    /// colours; the manifest is about the text without them.
    ///
    /// # Errors
    /// If the manifest or the report cannot be written.
    pub(crate) fn print(&self, cover: &Cover, report: &[u8]) -> Result<(), Box<dyn Error>> {
        let styled = match self.format {
            Format::Human => Some(std::str::from_utf8(report)?),
            Format::Json
            | Format::Sarif
            | Format::Csv
            | Format::Github
            | Format::Junit
            | Format::Html
            | Format::Proof => None,
        };
        let plain = styled.map(|text| strip_str(text).to_string());
        let plain = plain.as_ref().map_or(report, String::as_bytes);
        if let Some(path) = &self.manifest {
            let format = self.format.to_possible_value();
            let format = format.as_ref().map_or("", |value| value.get_name());
            evidence_manifest::write(path, cover, format, plain)?;
        }
        match styled {
            Some(text) => output::print_styled(text)?,
            None => output::print(report)?,
        }
        Ok(())
    }
}
