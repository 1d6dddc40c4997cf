//! The options that `audit` and `doctor` share, and the way from findings to the exit code.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::civil::Date;

use crate::exit::Exit;
use crate::input::{self, InputError, InputName};
use crate::output;
use findings::{AcceptError, Acceptances, Catalog, Found, Report, Screen, Severity};

/// How to report findings.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportArgs {
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// The least severity that ends with exit code 10
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    pub(crate) fail_on: FailOn,
    /// A JSON list of findings that you accept, each with `code`, `subject`, `reason` and
    /// `expires`, and if you like `ticket` and `reviewer`
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,
    /// Show every cause with all its subjects and its whole chain, for people
    #[arg(long, short)]
    verbose: bool,
}

/// The format of findings.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, schema version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// A table, one row per finding
    Csv,
    /// Annotations of a workflow run of GitHub Actions
    Github,
    /// JUnit XML, one test case per check
    Junit,
}

/// The findings that end the program with exit code 10.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Errors and warnings
    Warning,
    /// Anything that is found
    Note,
    /// Nothing
    Never,
}

impl FailOn {
    /// The least severity that ends the program with exit code 10, or `None` if no finding does.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

/// What prevents a report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} is not an accept file")]
    Accept { path: InputName, source: AcceptError },
    #[error("the report could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the report could not be written as CSV")]
    Csv(#[from] findings::CsvError),
    #[error("the report could not be printed")]
    Output(#[from] io::Error),
}

/// Reports findings as the options say, with the accept file read.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    format: Format,
    fail_on: FailOn,
    acceptances: Acceptances,
    verbose: bool,
}

impl ReportArgs {
    /// Reads the accept file. Call this first, so that a broken file costs no time. `catalogs` are
    /// those of all verbs.
    ///
    /// # Errors
    /// [`ReportError`] if the accept file cannot be read or is not valid.
    pub(crate) fn read(&self, catalogs: &[&Catalog]) -> Result<Reporter, ReportError> {
        let acceptances = read_accept_file(self.accept.as_deref(), catalogs)?;
        let Self { format, fail_on, verbose, .. } = *self;
        Ok(Reporter { format, fail_on, acceptances, verbose })
    }
}

/// Reads an accept file. Without one, nothing is accepted.
///
/// # Errors
/// [`ReportError`] if the file cannot be read or is not valid.
pub(crate) fn read_accept_file(
    path: Option<&Path>,
    catalogs: &[&Catalog],
) -> Result<Acceptances, ReportError> {
    let Some(path) = path else {
        return Ok(Acceptances::default());
    };
    Acceptances::parse(&input::text(path)?, catalogs)
        .map_err(|source| ReportError::Accept { path: path.into(), source })
}

/// Notes the entries of an accept file that matched nothing.
pub(crate) fn print_unused(unused: &[String]) {
    for entry in unused {
        output::print_note(&format!(
            "{entry} is accepted and was not found; remove it from the accept file if it is settled"
        ));
    }
}

impl Reporter {
    /// Prints what was found and returns [`Exit::Done`] or [`Exit::Findings`].
    ///
    /// `checked` says what was checked, for example `2 pipelines`. If there was nothing to check,
    /// the caller must not call this but say so and end with [`Exit::Nothing`].
    ///
    /// # Errors
    /// [`ReportError`] if the report cannot be printed.
    pub(crate) fn finish(
        &self,
        found: Found,
        checked: String,
        catalog: &Catalog,
        today: Date,
    ) -> Result<Exit, ReportError> {
        let Found { findings, answer, elsewhere } = found;
        let judged = self.acceptances.judge(findings, catalog, today);
        let report = Report::new(judged.open, judged.accepted, checked);
        let report = report.answering(answer, elsewhere);
        match self.format {
            Format::Human => {
                let screen = Screen { width: output::width(), verbose: self.verbose };
                output::print_styled(&findings::human(&report, screen))?;
            }
            Format::Json => output::print(findings::json(&report)?.as_bytes())?,
            Format::Sarif => output::print(findings::sarif(&report, catalog)?.as_bytes())?,
            Format::Csv => output::print(&findings::csv(&report)?)?,
            Format::Github => output::print(findings::github(&report).as_bytes())?,
            Format::Junit => {
                let fail_on = self.fail_on.severity();
                output::print(findings::junit(&report, catalog, fail_on).as_bytes())?;
            }
        }
        print_unused(&judged.unused);
        let fails = self.fail_on.severity().is_some_and(|severity| report.has(severity));
        Ok(if fails { Exit::Findings } else { Exit::Done })
    }
}
