//! What a report of `evidence` is made of, for the verb itself and for `verify`, which makes it
//! again.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use evidence::history::History;
use evidence::{
    AccountSource, Cover, Event, EventError, Origin, Period, Question, Report, Role, RuleSource,
    Source, Trail, read_events,
};
use findings::{Acceptances, Judged};
use iam::account::Account;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::{AccountId, FunctionRef, FunctionRefError};
use rule::Rule;

use super::CATALOGS;
use super::evidence_history::{self, Wanted};
use super::report::ReportError;
use crate::VERSION;
use crate::input::{InputError, InputName};
use crate::snapshot::SnapshotError;
use crate::sources::Sources;

/// What prevents a report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecipeError {
    #[error("{path} cannot be used")]
    Events { path: InputName, source: EventError },
    #[error(
        "the gate judged {executions} of the executions by another rule than the default one, and \
         no --rule is given; give the gate's rule with --rule"
    )]
    NoRule { executions: usize },
}

/// A function, with the text that names it.
#[derive(Clone, Debug)]
pub(crate) struct GivenFunction {
    text: String,
    function: FunctionRef,
}

impl FromStr for GivenFunction {
    type Err = FunctionRefError;

    fn from_str(text: &str) -> Result<Self, FunctionRefError> {
        Ok(Self { text: text.to_owned(), function: text.parse()? })
    }
}

/// The question of a report, and the files that answer it.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) pipeline: String,
    pub(crate) period: Period,
    pub(crate) execution: Option<String>,
    pub(crate) gate: GivenFunction,
    pub(crate) account: Option<AccountId>,
    pub(crate) region: Option<String>,
    pub(crate) rule: Option<PathBuf>,
    pub(crate) account_file: Option<PathBuf>,
    pub(crate) history: Vec<PathBuf>,
    pub(crate) cloudtrail: Vec<PathBuf>,
    pub(crate) accept: Option<PathBuf>,
}

/// Everything that the files say.
#[derive(Debug)]
pub(crate) struct Ingredients {
    sources: Sources,
    acceptances: Acceptances,
    rule: Rule,
    rule_source: RuleSource,
    account: AccountSource,
    history: History,
    origin: Option<Origin>,
    events: Vec<Event>,
}

/// What AWS answered.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) history: History,
    pub(crate) events: Vec<Event>,
    pub(crate) pipeline_arn: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) calls: Vec<Source>,
}

/// A finished report.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) report: Report,
    pub(crate) cover: Cover,
    pub(crate) judged: Judged,
}

impl Recipe {
    /// Reads all files.
    ///
    /// # Errors
    /// The first file that cannot be used, or lists that do not belong together.
    pub(crate) fn read(&self) -> Result<Ingredients, Box<dyn Error>> {
        let mut sources = Sources::default();
        let acceptances = match &self.accept {
            Some(path) => Acceptances::parse(&sources.text(Role::Accept, path)?, &CATALOGS)
                .map_err(|source| ReportError::Accept { path: path.as_path().into(), source })?,
            None => Acceptances::default(),
        };
        let rule_source = match &self.rule {
            Some(path) => RuleSource {
                file: Some(path.display().to_string()),
                json: sources.text(Role::Rule, path)?,
            },
            None => RuleSource { file: None, json: "{}".to_owned() },
        };
        let rule = Rule::floor(&rule_source.json).map_err(|problem| InputError::Rule {
            path: self.rule.as_deref().unwrap_or(Path::new("")).into(),
            problem,
        })?;
        let account = self.account(&mut sources)?;
        let events = self.events(&mut sources)?;
        let wanted = Wanted {
            pipeline: &self.pipeline,
            account: account.id(),
            region: self.region.as_deref(),
        };
        let (history, origin) = evidence_history::read(&self.history, &wanted, &mut sources)?;
        Ok(Ingredients {
            sources,
            acceptances,
            rule,
            rule_source,
            account,
            history,
            origin,
            events,
        })
    }

    fn account(&self, sources: &mut Sources) -> Result<AccountSource, Box<dyn Error>> {
        if let Some(path) = &self.account_file {
            let text = sources.text(Role::Account, path)?;
            let account = Account::parse_supposing(&text)
                .map_err(|source| SnapshotError::Account { path: path.as_path().into(), source })?;
            let known = rule::Account::new(account.id.as_str()).with_roles(account.role_arns());
            return Ok(AccountSource::Given(known));
        }
        Ok(match &self.account {
            Some(id) => AccountSource::Given(rule::Account::new(id.as_str())),
            None => AccountSource::Principals,
        })
    }

    fn events(&self, sources: &mut Sources) -> Result<Vec<Event>, Box<dyn Error>> {
        let mut events = Vec::new();
        for path in &self.cloudtrail {
            for path in Sources::files_of(path)? {
                let json = sources.text(Role::CloudTrail, &path)?;
                events.extend(read_events(json.as_bytes()).map_err(|source| {
                    RecipeError::Events { path: path.as_path().into(), source }
                })?);
            }
        }
        Ok(events)
    }

    /// Makes the report. `asked` has what AWS answered, and `asks_trail` says whether CloudTrail
    /// was asked.
    ///
    /// # Errors
    /// If nothing says which account or which rule to judge by.
    pub(crate) fn make(
        self,
        ingredients: Ingredients,
        asked: Asked,
        asks_trail: bool,
        made_at: Timestamp,
    ) -> Result<Made, Box<dyn Error>> {
        let Ingredients { sources, acceptances, rule, rule_source, account, .. } = ingredients;
        let origin = ingredients.origin;
        let known = asked.account.or(origin.as_ref().map(|origin| origin.account.clone()));
        let account = match (account, known) {
            (AccountSource::Principals, Some(id)) => AccountSource::Given(rule::Account::new(&id)),
            (account, _) => account,
        };
        let mut events = ingredients.events;
        events.extend(asked.events);
        let mut history = ingredients.history;
        history.executions.extend(asked.history.executions);
        history.actions.extend(asked.history.actions);
        let trail = asks_trail.then(|| Trail::new(&self.pipeline, events));
        let question = Question {
            pipeline: self.pipeline,
            period: self.period,
            execution: self.execution,
            rule,
            pipeline_arn: asked.pipeline_arn.or(origin.map(|origin| origin.arn)),
            account,
            has_snapshot: self.account_file.is_some(),
            gate: self.gate.function,
        };
        let mut report = Report::new(question, history, trail.as_ref())?;
        if rule_source.file.is_none() && report.judged_by_another_rule() > 0 {
            let executions = report.judged_by_another_rule();
            return Err(RecipeError::NoRule { executions }.into());
        }
        let judged = report.accept(&acceptances, made_at.to_zoned(TimeZone::UTC).date());
        let mut all = sources.into_all();
        all.extend(asked.calls);
        let cover = Cover {
            made_at,
            version: VERSION.to_owned(),
            rule: rule_source,
            region: self.region.or(asked.region),
            gate: self.gate.text,
            asked_trail: asks_trail,
            sources: all,
        };
        Ok(Made { report, cover, judged })
    }
}
