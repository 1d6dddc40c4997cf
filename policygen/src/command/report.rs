//! The options that `audit` and `doctor` share, and the way from findings to the end of the
//! program.

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::civil::Date;

use crate::exit::Exit;
use crate::input::{self, InputError};
use crate::output;
use findings::{AcceptError, Acceptances, Catalog, Finding, Report, Severity};

/// How findings are reported.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportArgs {
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// The least severity that ends with exit code 10
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    pub(crate) fail_on: FailOn,
    /// A JSON list of findings that you accept, each with `code`, `subject`, `reason` and `expires`
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,
}

/// What findings are printed as.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, schema version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// A table, one row a finding
    Csv,
}

/// What ends the program with exit code 10.
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
    /// The least severity that does; none where nothing does.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("`{path}` is not an accept file")]
    Accept { path: PathBuf, source: AcceptError },
    #[error("the report could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the report could not be written as CSV")]
    Csv(#[from] findings::CsvError),
    #[error("the report could not be printed")]
    Output(#[from] io::Error),
}

/// How findings are reported, everything read that it takes.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    format: Format,
    fail_on: FailOn,
    acceptances: Acceptances,
}

impl ReportArgs {
    /// Reads the accept file, before anything else is done. `catalogs` are those of all verbs.
    ///
    /// # Errors
    /// [`ReportError`] when the accept file cannot be read, or is not one.
    pub(crate) fn read(&self, catalogs: &[&Catalog]) -> Result<Reporter, ReportError> {
        let acceptances = match self.accept.clone() {
            None => Acceptances::default(),
            Some(path) => Acceptances::parse(&input::text(&path)?, catalogs)
                .map_err(|source| ReportError::Accept { path, source })?,
        };
        Ok(Reporter { format: self.format, fail_on: self.fail_on, acceptances })
    }
}

impl Reporter {
    /// Prints what was found, and says how the program ends: [`Exit::Done`] or [`Exit::Findings`].
    ///
    /// `checked` says what was looked at, e.g. `2 pipelines`. Where there was nothing to look at
    /// there is nothing to report: the caller says so and ends with [`Exit::Nothing`].
    ///
    /// # Errors
    /// [`ReportError`] when the report cannot be printed.
    pub(crate) fn finish(
        &self,
        findings: Vec<Finding>,
        checked: String,
        catalog: &Catalog,
        today: Date,
    ) -> Result<Exit, ReportError> {
        let judged = self.acceptances.judge(findings, catalog, today);
        let report = Report::new(judged.open, judged.accepted, checked);
        match self.format {
            Format::Human => output::print_styled(&findings::human(&report))?,
            Format::Json => output::print(findings::json(&report)?.as_bytes())?,
            Format::Sarif => output::print(findings::sarif(&report, catalog)?.as_bytes())?,
            Format::Csv => output::print(&findings::csv(&report)?)?,
        }
        for unused in &judged.unused {
            output::print_note(&format!(
                "{unused} is accepted and was not found; take it out of the accept file if it is settled"
            ));
        }
        let fails = self.fail_on.severity().is_some_and(|severity| report.has(severity));
        Ok(if fails { Exit::Findings } else { Exit::Done })
    }
}
