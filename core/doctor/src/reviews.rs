//! The actions of a pipeline that run the function of the rule's `reviews`.

use findings::Severity;
use names::{Arn, FunctionRef, Versions};
use rule::Reviews;

use crate::gate::Gate;
use crate::pipeline::{Action, Pipeline, is_open};
use crate::place::Place;

/// What a pipeline does about the authors of what it releases.
pub(crate) struct Reviewing<'a> {
    /// The function that says who wrote it.
    pub function: FunctionRef,
    /// Whether a gate excludes the authors.
    pub excludes_authors: bool,
    /// The actions that run the function, first to last.
    pub runs: Vec<Place<'a>>,
    /// The actions that run another function of that name, each with what differs.
    pub others: Vec<(Place<'a>, Vec<String>)>,
}

impl<'a> Reviewing<'a> {
    /// `None` if there is no gate, or its rule has no `reviews`.
    pub(crate) fn new(pipeline: &'a Pipeline, gates: &[Gate<'_>]) -> Option<Self> {
        let reviews = gates.first()?.rule.reviews()?;
        let named = Place::all(pipeline).filter_map(|place| {
            let function = named_alike(reviews, place.action)?;
            Some((place, differences(reviews, pipeline, place.action, function)))
        });
        let (mut runs, others): (Vec<_>, Vec<_>) =
            named.partition(|(_, differences)| differences.is_empty());
        runs.sort_by_key(|(place, _)| place.order());
        Some(Self {
            function: reviews.function().clone(),
            excludes_authors: gates.iter().any(|gate| gate.rule.excludes_authors()),
            runs: runs.into_iter().map(|(place, _)| place).collect(),
            others,
        })
    }

    /// How bad it is if nobody says who wrote what is released: without `excludeAuthors` it does
    /// not stop a release.
    pub(crate) fn severity(&self) -> Severity {
        if self.excludes_authors { Severity::Error } else { Severity::Warning }
    }
}

/// The `FunctionName` of an action whose function has the name of the reviews function.
fn named_alike<'a>(reviews: &Reviews, action: &'a Action) -> Option<&'a str> {
    let function = action.configuration.get("FunctionName").filter(|_| action.runs_function())?;
    let name = function.parse::<FunctionRef>().ok()?;
    name.name().eq_ignore_ascii_case(reviews.function().name()).then_some(function)
}

/// Why the gate does not believe this function of the same name. Empty if the gate believes it.
fn differences(
    reviews: &Reviews,
    pipeline: &Pipeline,
    action: &Action,
    function: &str,
) -> Vec<String> {
    let mut differences = Vec::new();
    let own = reviews.function();
    let is_there = |versions| own.matches(function, versions);
    if !is_there(Versions::Any) {
        differences.push(format!("it runs `{function}`, and the rule names `{own}`"));
    } else if !is_there(Versions::Same) {
        let version = |it: &FunctionRef| it.qualifier().unwrap_or("$LATEST").to_owned();
        let other = function.parse().map_or_else(|_| function.to_owned(), |it| version(&it));
        let own = version(own);
        differences.push(format!("it runs the version `{other}`, and the rule names `{own}`"));
    }
    // A role or a region that a template leaves open is not known to differ.
    let at = Arn::parse(&pipeline.arn);
    let place = |of: fn(Arn<'_>) -> &str| at.map(of).filter(|it| *it != "*");
    if let (Some(role), Some(account)) = (&action.role_arn, place(|arn| arn.account))
        && Arn::parse(role).is_some()
        && !own.is_run_by(&own.to_string(), Some(role), account)
    {
        differences.push(format!("it runs with `{role}`, a role of another account"));
    }
    if let (Some(region), Some(own)) = (&action.region, place(|arn| arn.region))
        && !is_open(region)
        && region != own
    {
        differences.push(format!("it runs in {region}, and the approvals are in {own}"));
    }
    differences
}
