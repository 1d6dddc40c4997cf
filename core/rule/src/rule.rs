//! The rule: what is required before a release goes out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::glob::NameGlob;
use crate::handle::Affix;
use crate::pattern::PrincipalPattern;
use crate::roster::Roster;
use crate::rule_file::{Demands, Identities, RuleError, parse_floor, parse_parameters};
use crate::trusted_role::TrustedRole;

/// The number of distinct persons required. Cannot be built below 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Quorum(u32);

impl Quorum {
    /// Two persons: the least there is, and the default.
    pub const TWO: Self = Self(2);

    /// # Errors
    /// [`RuleError::Value`] below 2.
    pub fn new(persons: u32) -> Result<Self, RuleError> {
        if persons < Self::TWO.0 {
            return Err(RuleError::value(
                "quorum",
                format!("{persons} would let one person release alone; write 2 or more"),
            ));
        }
        Ok(Self(persons))
    }

    /// The number of persons.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// Whether that many persons are enough.
    #[must_use]
    pub fn is_met_by(self, persons: usize) -> bool {
        u32::try_from(persons).is_ok_and(|persons| persons >= self.0)
    }
}

/// What becomes of approvals through a role whose sessions are not told apart. The later one is the
/// stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SharedRoles {
    /// They count together as one person, which is an assumption: any of them may be somebody who
    /// approved as themselves as well.
    Collapse,
    /// They do not count at all.
    #[default]
    Reject,
}

/// A checked rule. Its default is the rule of an empty file: two distinct persons over every manual
/// approval of the gate's stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    demands: Demands,
    identities: Identities,
    /// The floor names `actions`, so that those of the stage that nobody names are not required.
    named_only: bool,
    /// What the floor and the parameters each demand of their own actions, where those differ.
    parts: Vec<Part>,
}

/// One of two united lists of actions, and the quorum that goes with it.
///
/// Two lists united are a larger pool: one person could serve the whole floor's list, and another
/// the whole of the parameters', and the union would have its two persons. So each list has to meet
/// its own quorum as well.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// The actions; none for every manual approval of the stage.
    pub actions: Option<BTreeSet<String>>,
    /// Distinct persons required over these actions.
    pub quorum: Quorum,
}

impl Rule {
    /// The rule of the function's own environment: the floor below which nothing goes.
    ///
    /// # Errors
    /// [`RuleError`] naming the key that is wrong.
    pub fn floor(json: &str) -> Result<Self, RuleError> {
        let (demands, identities) = parse_floor(json)?;
        Self { named_only: demands.actions.is_some(), demands, identities, parts: Vec::new() }
            .check()
    }

    /// This rule, tightened by the UserParameters of an action in `gate_stage`: of each pair of
    /// demands the stricter one, of lists the union.
    ///
    /// # Errors
    /// [`RuleError`] if the parameters are not a rule, set what only the floor may set, or
    /// contradict the floor.
    pub fn tightened_by(&self, parameters: &str, gate_stage: &str) -> Result<Self, RuleError> {
        let floor = self.demands.clone();
        let parameters = parse_parameters(parameters)?;
        may_name_stage(floor.stage.as_deref(), parameters.stage.as_deref(), gate_stage)?;
        let parts = self.united_with(&parameters);
        let demands = Demands {
            quorum: floor.quorum.max(parameters.quorum),
            actions: match (floor.actions, parameters.actions) {
                (Some(floor), Some(parameters)) => {
                    Some(floor.union(&parameters).cloned().collect())
                }
                (floor, parameters) => floor.or(parameters),
            },
            stage: equal("stage", floor.stage, parameters.stage)?,
            // A floor that is silent has its default, which is the stricter of the two.
            shared_roles: Some(self.shared_roles()).max(parameters.shared_roles),
            only_people: floor.only_people.max(parameters.only_people),
            exclude_initiator: floor.exclude_initiator.max(parameters.exclude_initiator),
            max_age_minutes: match (floor.max_age_minutes, parameters.max_age_minutes) {
                (Some(floor), Some(parameters)) => Some(floor.min(parameters)),
                (floor, parameters) => floor.or(parameters),
            },
            handle_affixes: match (floor.handle_affixes, parameters.handle_affixes) {
                (Some(floor), Some(parameters)) => {
                    Some(floor.union(&parameters).cloned().collect())
                }
                (floor, parameters) => floor.or(parameters),
            },
            not_people: floor.not_people.into_iter().chain(parameters.not_people).collect(),
            pipeline_execution_id: equal(
                "pipelineExecutionId",
                floor.pipeline_execution_id,
                parameters.pipeline_execution_id,
            )?,
        };
        Self { demands, identities: self.identities.clone(), named_only: self.named_only, parts }
            .check()
    }

    /// What stays of the floor's demands and of the parameters' when their lists of actions are
    /// united.
    fn united_with(&self, parameters: &Demands) -> Vec<Part> {
        let Some(actions) = &parameters.actions else {
            return self.parts.clone();
        };
        let floor = Part { actions: self.demands.actions.clone(), quorum: self.quorum() };
        let parameters = Part {
            actions: Some(actions.clone()),
            quorum: parameters.quorum.unwrap_or(Quorum::TWO),
        };
        // Fewer actions than persons are no rule of their own, but an addition to the floor's.
        let is_rule = parameters.quorum.is_met_by(actions.len());
        let parameters = is_rule.then_some(parameters);
        self.parts.iter().cloned().chain([floor]).chain(parameters).collect()
    }

    fn check(self) -> Result<Self, RuleError> {
        let named = self.named_actions().count();
        if self.named_only && !self.quorum().is_met_by(named) {
            return Err(RuleError::value(
                "actions",
                format!(
                    "names {named}, but `quorum` is {}, and so many persons need as many actions; name at least that many",
                    self.quorum().get()
                ),
            ));
        }
        let is_named = |action: &str| self.named_actions().any(|name| name == action);
        if let Some(action) =
            self.roster().actions().find(|action| self.named_only && !is_named(action))
        {
            return Err(RuleError::value(
                format!("roster.{action}"),
                "is the roster of an action that `actions` does not name; correct the one or the other",
            ));
        }
        if let Some(action) = self.named_actions().find(|action| self.roster().lacks(action)) {
            return Err(RuleError::value("roster", lacks_entry(action)));
        }
        Ok(self)
    }

    /// The number of distinct persons required.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        self.demands.quorum.unwrap_or(Quorum::TWO)
    }

    /// Whether every manual approval action of the stage is required, besides those that are named.
    #[must_use]
    pub fn requires_every_approval(&self) -> bool {
        !self.named_only
    }

    /// The actions that are required by name.
    pub fn named_actions(&self) -> impl Iterator<Item = &str> {
        self.demands.actions.iter().flatten().map(String::as_str)
    }

    /// The actions that have an entry in the roster.
    pub fn rostered_actions(&self) -> impl Iterator<Item = &str> {
        self.roster().actions()
    }

    /// The stage in which the approvals are, when it is not the gate's own.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.demands.stage.as_deref()
    }

    /// What becomes of approvals through untrusted roles.
    #[must_use]
    pub fn shared_roles(&self) -> SharedRoles {
        self.demands.shared_roles.unwrap_or_default()
    }

    /// Whether only those count who are in `people`, by proven keys.
    #[must_use]
    pub fn only_people(&self) -> bool {
        self.demands.only_people.unwrap_or_default()
    }

    /// Whether who started the execution by hand does not count.
    #[must_use]
    pub fn excludes_initiator(&self) -> bool {
        self.demands.exclude_initiator.unwrap_or_default()
    }

    /// The age in minutes above which an approval does not count.
    #[must_use]
    pub fn max_age_minutes(&self) -> Option<u32> {
        self.demands.max_age_minutes
    }

    /// The execution that the rule says is judged: `#{codepipeline.PipelineExecutionId}` as
    /// CodePipeline resolved it.
    #[must_use]
    pub fn pipeline_execution_id(&self) -> Option<&str> {
        self.demands.pipeline_execution_id.as_deref()
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn not_people(&self) -> &[NameGlob] {
        &self.demands.not_people
    }

    /// The floor's own `notPeople`: what may excuse an initiator from being a human.
    pub(crate) fn machines(&self) -> &[NameGlob] {
        &self.identities.machines
    }

    /// What is left out of handles that prove who somebody is: by the floor's word alone.
    pub(crate) fn proven_affixes(&self) -> BTreeSet<Affix> {
        self.identities.handle_affixes.clone().unwrap_or_else(Affix::defaults)
    }

    /// What is left out of handles before they are compared.
    pub(crate) fn affixes(&self) -> BTreeSet<Affix> {
        let mut affixes = self.proven_affixes();
        affixes.extend(self.demands.handle_affixes.iter().flatten().cloned());
        affixes
    }

    pub(crate) fn trusted_session_roles(&self) -> &[TrustedRole] {
        &self.identities.trusted_session_roles
    }

    pub(crate) fn people(&self) -> &BTreeMap<String, Vec<PrincipalPattern>> {
        &self.identities.people
    }

    pub(crate) fn roster(&self) -> &Roster {
        &self.identities.roster
    }
}

/// What is wrong with a roster that has no entry for a required action, and what to write.
pub(crate) fn lacks_entry(action: &str) -> String {
    format!(
        "has no entry for {action}, which is required, so that anybody could approve it; add one, or `\"{action}\": [\"*\"]` to let anybody"
    )
}

/// INVARIANT (fail closed): somebody who edits the pipeline may not have the gate look at the
/// approvals of another stage.
fn may_name_stage(
    floor: Option<&str>,
    parameters: Option<&str>,
    gate_stage: &str,
) -> Result<(), RuleError> {
    match parameters {
        Some(stage) if floor.is_none() && stage != gate_stage => Err(RuleError::value(
            "stage",
            format!(
                "UserParameters say `{stage}`, and may name the gate's own stage, `{gate_stage}`, alone; to judge the approvals of another \
                 stage, set `stage` in the function's TWO_PERSON_RULE"
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

fn equal(
    key: &str,
    floor: Option<String>,
    parameters: Option<String>,
) -> Result<Option<String>, RuleError> {
    match (floor, parameters) {
        (Some(floor), Some(parameters)) if floor != parameters => Err(RuleError::value(
            key,
            format!(
                "UserParameters say `{parameters}`, the function's own rule says `{floor}`; they must agree"
            ),
        )),
        (floor, parameters) => Ok(floor.or(parameters)),
    }
}
