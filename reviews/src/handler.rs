//! One invocation: check that the job is ours, find the base, ask the forges, report.

use std::collections::BTreeSet;

use facts::{CodePipeline, Executions, Floor, GateRun, HistoryEntry, Query, read_history};
use job::{
    Budget, Disowned, Failure, FailureKind, GET_JOB_DETAILS, Invocation, InvocationError,
    JobDetails, Jobs, OwnExecution, own_parameters, report,
};
use names::{Arn, FunctionRef, Versions};
use rule::{Attempt, Reviews, Rule};
use serde::Deserialize;
use signing::in_one_line;

use crate::base::{Found, Search};
use crate::findings::{Findings, Lines};
use crate::forge::{ForgeError, Range};
use crate::forges::{Forges, Question, Unasked};
use crate::program::PROGRAM;
use crate::settings::{Settings, SettingsError};
use crate::source::{Delivered, Place, delivered};

/// What the function is told and where it asks and reports.
#[derive(Debug)]
pub struct Ports<'a, J, C, F> {
    /// Its own job.
    pub jobs: &'a J,
    /// The executions of the pipeline.
    pub codepipeline: &'a C,
    /// The forges.
    pub forges: &'a F,
}

/// The action's UserParameters. Everything else comes from the function's environment, which
/// nobody can change who can only edit pipelines.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Parameters {
    pipeline_execution_id: Option<String>,
}

/// Looks at the commits of one job's execution, and reports exactly one result.
///
/// # Errors
/// [`InvocationError`] if the report itself fails, or if the job belongs to another function.
pub async fn handle(
    ports: &Ports<'_, impl Jobs<Findings>, impl CodePipeline + Executions, impl Forges>,
    floor: &Floor,
    settings: &Result<Settings, SettingsError>,
    invocation: &Invocation,
    budget: Budget,
) -> Result<(), InvocationError> {
    let job_id = &invocation.job.id;
    let found = match look(ports, floor, settings, invocation, budget.gather).await {
        Ok(findings) => Ok(findings),
        Err(Disowned::Failure(failure)) => Err(failure),
        Err(Disowned::NotOurs(problem)) => return Err(InvocationError::not_ours(job_id, problem)),
    };
    let failed = |failure: &Failure| {
        tracing::error!(job_id, kind = failure.kind.as_str(), "nothing found out: {failure}");
    };
    match &found {
        Err(failure) => failed(failure),
        Ok(findings) => {
            let Findings { base, head, consensus, .. } = findings;
            let Lines { authors, pushers, reviewers, reviewed, .. } = findings.lines();
            let commits = consensus.commits;
            tracing::info!(
                job_id,
                base,
                head,
                commits,
                authors,
                pushers,
                reviewers,
                reviewed,
                "looked at the commits"
            );
        }
    }
    report(&PROGRAM, ports.jobs, job_id, budget, found.as_ref(), failed).await
}

async fn look(
    ports: &Ports<'_, impl Jobs<Findings>, impl CodePipeline + Executions, impl Forges>,
    floor: &Floor,
    settings: &Result<Settings, SettingsError>,
    Invocation { job, function_arn }: &Invocation,
    budget: facts::Budget,
) -> Result<Findings, Disowned> {
    let fail = Disowned::Failure;
    let details = budget.call(GET_JOB_DETAILS, || ports.jobs.job_details(&job.id)).await;
    let details = details.map_err(|error| fail(PROGRAM.failure(&error)))?;
    let parameters = own_parameters(&PROGRAM, job, &details, function_arn)?;
    let parameters = parameters.map(|text| serde_json::from_str(&text)).transpose();
    let parameters: Option<Parameters> =
        parameters.map_err(|problem| fail(Failure::user_parameters(problem)))?;
    let given = parameters.unwrap_or_default().pipeline_execution_id;
    let rule = floor.rule().map_err(|error| fail(error.into()))?;
    let reviews = own_reviews(rule, function_arn).map_err(fail)?;
    let settings = settings.as_ref();
    let settings =
        settings.map_err(|problem| fail(Failure::configuration(&format!("{problem}."))))?;
    let own = OwnExecution::choose(&PROGRAM, given.as_deref(), &details).map_err(fail)?;
    let task = Task { rule, reviews, details: &details, own: &own, function_arn };
    task.findings(ports, settings, budget).await.map_err(fail)
}

/// The rule's `reviews`, which must name this function: the gate believes no other.
fn own_reviews<'a>(rule: &'a Rule, function_arn: &str) -> Result<&'a Reviews, Failure> {
    let reviews = rule.reviews().ok_or_else(|| {
        Failure::own_rule(
            "it has no `reviews`, so the gate does not ask who wrote what is released; give both \
             functions the same rule",
        )
    })?;
    if reviews.function().matches(function_arn, Versions::Same) {
        return Ok(reviews);
    }
    Err(Failure::own_rule(format!(
        "`reviews.function` is `{}`, and this function is {function_arn}, which the gate would not \
         believe",
        reviews.function()
    )))
}

/// One job that is ours.
struct Task<'a> {
    rule: &'a Rule,
    reviews: &'a Reviews,
    details: &'a JobDetails,
    own: &'a OwnExecution,
    function_arn: &'a str,
}

impl Task<'_> {
    async fn findings(
        &self,
        ports: &Ports<'_, impl Jobs<Findings>, impl CodePipeline + Executions, impl Forges>,
        settings: &Settings,
        budget: facts::Budget,
    ) -> Result<Findings, Failure> {
        let failure = |error| PROGRAM.failure(&error);
        let history = self.own_history(ports.codepipeline, budget).await?;
        let (revisions, head) = revisions(&history)?;
        let found = self.search(settings, ports.codepipeline, budget).await?;
        let mut findings = Findings {
            base: "-".to_owned(),
            head,
            rule_digest: self.rule.digest().to_owned(),
            ..Findings::default()
        };
        let Some((release, base)) = &found.release else {
            findings.object(format!(
                "no release of this pipeline was satisfied by the gate `{}` before, so there is \
                 nothing to compare with; release once under a rule without `excludeAuthors`",
                settings.gate
            ));
            return Ok(findings);
        };
        let (base_revisions, base_line) = self::revisions(base)?;
        findings.base = base_line;
        let account = self.details.account.as_str();
        let known = delivered(account, base, &base_revisions);
        let delivered = match &found.rolls_back_to {
            // The history of a rollback has no Source actions.
            Some(target) if target == release => known.clone(),
            Some(target) => {
                let pipeline = &self.details.pipeline;
                let history = read_history(ports.codepipeline, pipeline, target, budget).await;
                let history = history.map_err(failure)?;
                delivered(account, &history, &self::revisions(&history)?.0)
            }
            None => delivered(account, &history, &revisions),
        };
        if delivered.is_empty() {
            findings
                .object("this execution has no Source action, so nobody knows what it releases");
        }
        for source in &delivered {
            match self.range(source, &known) {
                Err(objection) => findings.object(objection),
                Ok(None) => {}
                Ok(Some((place, range))) => {
                    let question = Question {
                        host: place.host,
                        range: &range,
                        rule: self.rule,
                        account: &self.details.account,
                        budget,
                    };
                    let consensus = ports.forges.consensus(question).await;
                    findings.add(consensus.map_err(unasked)?);
                }
            }
        }
        Ok(findings)
    }

    /// The history of this execution, with our own run in it.
    async fn own_history(
        &self,
        codepipeline: &impl CodePipeline,
        budget: facts::Budget,
    ) -> Result<Vec<HistoryEntry>, Failure> {
        let JobDetails { account, pipeline, stage, action, action_execution_id, .. } = self.details;
        let query = Query {
            account,
            pipeline,
            execution_id: self.own.id(),
            rule: self.rule,
            gate_stage: stage,
            gate_run: Some(GateRun {
                action: action.as_deref(),
                id: action_execution_id.as_deref(),
            }),
        };
        let snapshot = query.read(codepipeline, budget).await;
        let snapshot = snapshot.map_err(|error| self.own.unread(&error))?;
        self.own.check(snapshot.history())?;
        Ok(snapshot.entries().cloned().collect())
    }

    async fn search(
        &self,
        settings: &Settings,
        codepipeline: &(impl CodePipeline + Executions),
        budget: facts::Budget,
    ) -> Result<Found, Failure> {
        let gate = beside(&settings.gate, self.function_arn);
        let search = Search {
            account: &self.details.account,
            pipeline: &self.details.pipeline,
            own: self.own.id(),
            gate: &gate,
        };
        let found = search.find(codepipeline, codepipeline, budget).await;
        found.map_err(|error| PROGRAM.failure(&error))
    }

    /// What a source delivered since the base. `None` if the base delivered the same; `Err` is an
    /// objection.
    fn range<'a>(
        &self,
        source: &'a Delivered,
        base: &BTreeSet<Delivered>,
    ) -> Result<Option<(&'a Place, Range)>, String> {
        let place = source.place.as_ref().map_err(Clone::clone)?;
        let of = |is_meant: &dyn Fn(&Place) -> bool| -> BTreeSet<&str> {
            let meant = base.iter().filter(|it| it.place.as_ref().is_ok_and(is_meant));
            meant.map(|it| it.revision.as_str()).collect()
        };
        let of_repository = of(&|it| it.is_of_repository(place));
        let of_branch = of(&|it| it.is_of_repository(place) && it.branch == place.branch);
        let bases = if of_branch.is_empty() { of_repository } else { of_branch };
        let Delivered { action, revision, .. } = source;
        let Place { repository, branch, .. } = place;
        let Some(base) = bases.first().filter(|_| bases.len() == 1) else {
            return Err(match bases.len() {
                0 => format!(
                    "the last satisfied release had nothing of {repository}, from which the Source \
                     action {action} takes"
                ),
                _ => format!("the last satisfied release had several revisions of {repository}"),
            });
        };
        if *base == revision {
            return Ok(None);
        }
        Ok(Some((
            place,
            Range {
                repository: repository.clone(),
                branch: branch.clone(),
                base: (*base).to_owned(),
                head: revision.clone(),
                required: self.reviews.required_for(repository),
            },
        )))
    }
}

/// The gate's function, which is in our own account and region unless it is named by its ARN.
fn beside(gate: &FunctionRef, function_arn: &str) -> FunctionRef {
    let version = gate.qualifier().map(|it| format!(":{it}")).unwrap_or_default();
    let own = Arn::parse(function_arn).filter(|_| gate.account().is_none());
    let complete = own.and_then(|Arn { partition, region, account, .. }| {
        let name = gate.name();
        format!("arn:{partition}:lambda:{region}:{account}:function:{name}{version}").parse().ok()
    });
    complete.unwrap_or_else(|| gate.clone())
}

/// The revisions of an execution, and the same in one line.
fn revisions(history: &[HistoryEntry]) -> Result<(BTreeSet<String>, String), Failure> {
    let unclear = |problem: String| {
        Failure::new(
            FailureKind::SystemUnavailable,
            &format!("Nothing could be found out: {problem}. Retry the stage."),
        )
    };
    let attempts: Vec<Attempt> = history.iter().map(|entry| entry.attempt.clone()).collect();
    let revisions = rule::revisions(&attempts).map_err(|problem| unclear(problem.to_string()))?;
    let line = in_one_line(&Vec::from_iter(revisions.iter().copied()));
    let line = line.map_err(|problem| unclear(problem.to_string()))?;
    Ok((revisions.into_iter().map(str::to_owned).collect(), line))
}

/// The failure to report if a forge could not be asked.
fn unasked(error: Unasked) -> Failure {
    match error {
        Unasked::Settings(problem) => Failure::configuration(&format!("{problem}.")),
        Unasked::Aws(error) => PROGRAM.failure(&error),
        Unasked::Forge(ForgeError::Denied(problem)) => {
            Failure::configuration(&format!("Nothing could be found out: {problem}."))
        }
        Unasked::Forge(ForgeError::Unavailable(problem) | ForgeError::Malformed(problem)) => {
            Failure::new(
                FailureKind::SystemUnavailable,
                &format!("Nothing could be found out: {problem}. Retry the stage."),
            )
        }
    }
}
