//! The rule: what is required before a release.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use signing::{Desk, SigningKey};

use crate::digest::RuleDigest;
use crate::error::RuleError;
use crate::glob::NameGlob;
use crate::handle::Affix;
use crate::pattern::PrincipalPattern;
use crate::proof::ProofSettings;
use crate::quorum::Quorum;
use crate::reviews::Reviews;
use crate::roster::{Roster, missing_entry};
use crate::rule_file::{Demands, Identities, parse_floor, parse_parameters};
use crate::signing_keys::{RequireSignature, SigningKeys};
use crate::trusted_role::{SharedRoles, TrustedRole};

/// A checked rule. Its default is the rule of an empty file: two distinct persons over every manual
/// approval of the gate's stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    demands: Demands,
    /// There may be thousands of people, and a rule is tightened for each execution that is judged.
    identities: Arc<Identities>,
    /// The digest of the floor.
    digest: RuleDigest,
    /// The floor names `actions`: other approvals of the stage are not required.
    named_only: bool,
    /// If the floor and the parameters name different actions: the demands of each for its actions.
    parts: Vec<Part>,
}

/// One of two lists of actions that are united, and its quorum.
///
/// The union is a larger pool: one person could serve the floor's whole list and another person the
/// parameters' whole list, and the union would have two persons. So each list must also meet its
/// own quorum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// The actions. `None` means every manual approval of the stage.
    pub actions: Option<BTreeSet<String>>,
    /// Distinct persons required over these actions.
    pub quorum: Quorum,
}

impl Rule {
    /// The rule of the function's own environment. UserParameters can only make it stricter.
    ///
    /// # Errors
    /// [`RuleError`] that names the wrong key.
    pub fn floor(json: &str) -> Result<Self, RuleError> {
        let (demands, identities) = parse_floor(json)?;
        Self {
            digest: RuleDigest::of(json),
            named_only: demands.actions.is_some(),
            demands,
            identities: Arc::new(identities),
            parts: Vec::new(),
        }
        .check()
    }

    /// This rule, tightened by the UserParameters of an action in `gate_stage`. The stricter of two
    /// demands wins, and lists are united.
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
            // A floor without `sharedRoles` has the default, which is the stricter value.
            shared_roles: Some(self.shared_roles()).max(parameters.shared_roles),
            require_signature: floor.require_signature.max(parameters.require_signature),
            only_people: floor.only_people.max(parameters.only_people),
            exclude_initiator: floor.exclude_initiator.max(parameters.exclude_initiator),
            exclude_authors: floor.exclude_authors.max(parameters.exclude_authors),
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
        Self {
            demands,
            identities: Arc::clone(&self.identities),
            digest: self.digest.clone(),
            named_only: self.named_only,
            parts,
        }
        .check()
    }

    /// The demands of the floor and of the parameters, each for its own list of actions.
    fn united_with(&self, parameters: &Demands) -> Vec<Part> {
        let Some(actions) = &parameters.actions else {
            return self.parts.clone();
        };
        let floor = Part { actions: self.demands.actions.clone(), quorum: self.quorum() };
        let parameters = Part {
            actions: Some(actions.clone()),
            quorum: parameters.quorum.unwrap_or(Quorum::TWO),
        };
        // A list of fewer actions than persons could never meet its quorum. It only adds actions
        // to the floor's list.
        let can_be_met = parameters.quorum.is_met_by(actions.len());
        let parameters = can_be_met.then_some(parameters);
        self.parts.iter().cloned().chain([floor]).chain(parameters).collect()
    }

    fn check(self) -> Result<Self, RuleError> {
        let named = self.named_actions().count();
        if self.named_only && !self.quorum().is_met_by(named) {
            return Err(RuleError::value(
                "actions",
                format!(
                    "names {named}, but `quorum` is {}, and each person needs an action to approve; \
                     name at least as many actions as the quorum",
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
                "is the roster of an action that `actions` does not name; correct `roster` or `actions`",
            ));
        }
        if let Some(action) =
            self.named_actions().find(|action| self.roster().has_no_entry_for(action))
        {
            return Err(RuleError::value("roster", missing_entry(action)));
        }
        if self.require_signature() != RequireSignature::No && !self.has_signing_keys() {
            return Err(RuleError::value(
                "requireSignature",
                "the rule has no `signingKeys`, so no approval could count; add the public keys of \
                 the people who approve to the function's rule",
            ));
        }
        if self.excludes_authors() && self.reviews().is_none() {
            return Err(RuleError::value(
                "excludeAuthors",
                "the function's rule has no `reviews`, so nobody says who wrote what is released; \
                 add {\"reviews\": {\"function\": \"two-person-rule-reviews\"}} to it",
            ));
        }
        Ok(self)
    }

    /// What identifies the rule in the function's own environment, whatever UserParameters add:
    /// `sha256:` and the SHA-256 in hexadecimal of its JSON, compact and with sorted keys. White
    /// space and the order of keys make no difference.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.digest.as_str()
    }

    /// The number of distinct persons required.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        self.demands.quorum.unwrap_or(Quorum::TWO)
    }

    /// Whether every manual approval action of the stage is required, not only the named ones.
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

    /// The stage of the approvals. `None` for the gate's own.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.demands.stage.as_deref()
    }

    /// How approvals through untrusted roles are treated.
    #[must_use]
    pub fn shared_roles(&self) -> SharedRoles {
        self.demands.shared_roles.unwrap_or_default()
    }

    /// Which approvals must be signed.
    #[must_use]
    pub fn require_signature(&self) -> RequireSignature {
        self.demands.require_signature.unwrap_or_default()
    }

    /// Whether the rule has public keys of people. Without any, signatures in comments are ignored.
    #[must_use]
    pub fn has_signing_keys(&self) -> bool {
        !self.signing_keys().is_empty()
    }

    /// Each public key of the rule, and the person that it belongs to.
    pub fn public_keys(&self) -> impl Iterator<Item = (&str, &SigningKey)> {
        self.signing_keys().iter()
    }

    /// Where passkeys were made and answers are given.
    #[must_use]
    pub fn desk(&self) -> Option<&Desk> {
        self.identities.desk.as_ref()
    }

    /// Whether only people in `people` or `signingKeys`, by proven keys, count.
    #[must_use]
    pub fn only_people(&self) -> bool {
        self.demands.only_people.unwrap_or_default()
    }

    /// Whether the person who started the execution by hand is excluded.
    #[must_use]
    pub fn excludes_initiator(&self) -> bool {
        self.demands.exclude_initiator.unwrap_or_default()
    }

    /// Whether the people who wrote or pushed what is released are excluded.
    #[must_use]
    pub fn excludes_authors(&self) -> bool {
        self.demands.exclude_authors.unwrap_or_default()
    }

    /// The function that says who wrote and reviewed what is released, and what it requires.
    #[must_use]
    pub fn reviews(&self) -> Option<&Reviews> {
        self.identities.reviews.as_ref()
    }

    /// With which key the gate signs a proof of each release, and where it goes. `None` if it makes
    /// no proofs.
    #[must_use]
    pub fn proof(&self) -> Option<&ProofSettings> {
        self.identities.proof.as_ref()
    }

    /// The age in minutes up to which an approval counts.
    #[must_use]
    pub fn max_age_minutes(&self) -> Option<u32> {
        self.demands.max_age_minutes
    }

    /// The execution to judge, according to the rule: `#{codepipeline.PipelineExecutionId}` as
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

    /// The floor's own `notPeople`: only this may say that an initiator is not a human.
    pub(crate) fn machines(&self) -> &[NameGlob] {
        &self.identities.machines
    }

    /// What is removed from handles before they prove who somebody is. Only the floor says this.
    pub(crate) fn proven_affixes(&self) -> BTreeSet<Affix> {
        self.identities.handle_affixes.clone().unwrap_or_else(Affix::defaults)
    }

    /// What is removed from handles before they are compared.
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

    /// The patterns of `people` as texts, for records.
    pub(crate) fn people_texts(&self) -> &Arc<BTreeMap<String, Vec<String>>> {
        &self.identities.people_texts
    }

    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.identities.signing_keys
    }

    pub(crate) fn roster(&self) -> &Roster {
        &self.identities.roster
    }
}

/// INVARIANT (fail closed): a person who edits the pipeline cannot make the gate judge the
/// approvals of a different stage.
fn may_name_stage(
    floor: Option<&str>,
    parameters: Option<&str>,
    gate_stage: &str,
) -> Result<(), RuleError> {
    match parameters {
        Some(stage) if floor.is_none() && stage != gate_stage => Err(RuleError::value(
            "stage",
            format!(
                "UserParameters say `{stage}`, but may only name the gate's own stage, \
                 `{gate_stage}`; to judge the approvals of another stage, set `stage` in the \
                 function's TWO_PERSON_RULE"
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
                "UserParameters say `{parameters}`, the function's own rule says `{floor}`; they \
                 must agree"
            ),
        )),
        (floor, parameters) => Ok(floor.or(parameters)),
    }
}
