//! The decision and its record, schemaVersion 1: what was judged, under what rule, and the verdict.
//!
//! The gate logs the record. Its JSON form is frozen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::authorship::Authorship;
use crate::facts::{Initiator, Status};
use crate::glob::NameGlob;
use crate::handle::Affix;
use crate::identity::Basis;
use crate::key::Key;
use crate::proof::ProofSettings;
use crate::quorum::Quorum;
use crate::reason::ReasonCode;
use crate::reviews::{Reviews, ReviewsRecord};
use crate::rule::Rule;
use crate::signature_record::SignatureRecord;
use crate::signing_keys::RequireSignature;
use crate::trusted_role::{SharedRoles, TrustedRole};

/// One evaluation of a rule. Only `decide` makes one, and nothing changes it afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub(crate) record: Record,
    /// The persons who counted, each by its best proven key.
    pub(crate) persons: Vec<Key>,
    /// The gate is in a different stage than the approvals, so retrying its stage does not reopen
    /// them.
    pub(crate) approvals_elsewhere: bool,
}

/// The decision record, schemaVersion 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Decision"))]
pub struct Record {
    /// Always 1.
    #[cfg_attr(feature = "schema", schemars(extend("const" = 1)))]
    pub schema_version: u32,
    /// When it was judged.
    pub decided_at: Timestamp,
    /// The pipeline's name.
    pub pipeline: String,
    /// The version of the pipeline's structure that the execution runs on.
    pub pipeline_version: Option<i32>,
    /// The pipeline execution that was judged.
    pub execution_id: String,
    /// The stage of the approvals.
    pub stage: String,
    /// The gate's CodePipeline job. `None` if a past execution is judged.
    pub job_id: Option<String>,
    /// The principal or trigger that started the execution.
    pub initiator: Initiator,
    /// The authors and reviewers of what is released, if the rule has `reviews` and its function
    /// named them for these revisions.
    pub authors: Option<Authorship>,
    /// Why nobody knows who wrote it, if the rule has `reviews`: a sentence without a full stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authors_unknown: Option<String>,
    /// What is released: the revisions that the Source actions delivered, sorted by bytes. Empty if
    /// there are none, or if CodePipeline does not say which.
    pub revisions: Vec<String>,
    /// What the rule required.
    pub rule: EffectiveRule,
    /// The digest of the rule in the gate's own environment.
    pub rule_digest: String,
    /// The newest attempt of each required action.
    pub approvals: Vec<JudgedApproval>,
    /// The persons who counted, each by its best proven key.
    pub persons: Vec<String>,
    /// The number of persons required.
    pub quorum: Quorum,
    /// The verdict.
    pub verdict: Verdict,
    /// What the verdict assumes and nothing proves, in sentences without a full stop.
    pub assumptions: Vec<String>,
    /// Why the verdict is unsatisfied. If it is satisfied: what a reader of the record must know.
    pub reasons: Vec<Reason>,
}

/// The verdict of a decision. An error is never a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// Enough distinct persons approved every required action.
    Satisfied,
    /// They did not, or nobody can tell whether they did.
    Unsatisfied,
}

impl Verdict {
    /// The word for it in records, metrics and output variables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Unsatisfied => "unsatisfied",
        }
    }
}

/// One attempt of a required action, and how it was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JudgedApproval {
    /// The action.
    pub action: String,
    /// The attempt. `None` if the action has not run in this execution.
    pub action_execution_id: Option<String>,
    /// The status of the attempt.
    pub status: Option<Status>,
    /// The principal that answered, as AWS wrote it.
    pub principal: Option<String>,
    /// The person whose approval it was: the best proven key.
    pub person: Option<String>,
    /// What the person rests on. `None` if nobody can tell who is behind the principal.
    pub basis: Option<Basis>,
    /// The principal's keys, the proven ones first.
    pub keys: Vec<String>,
    /// When it was opened. Not in the JSON: it is for the gate's metrics.
    #[serde(skip)]
    pub opened_at: Option<Timestamp>,
    /// When it was answered, as far as that is known.
    pub at: Option<Timestamp>,
    /// What `at` is.
    pub at_is: Option<AtIs>,
    /// When CodePipeline noticed the answer.
    pub noticed_at: Option<Timestamp>,
    /// What the approver wrote.
    pub comment: Option<String>,
    /// The signature in the comment, if the rule has its key and it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureRecord>,
    /// The approver's name among the authors and pushers of what is released, if it is there. Also
    /// if the rule lets authors count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Whether it counted.
    pub counted: bool,
    /// Why it did not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
}

/// What the time of an approval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AtIs {
    /// When it was answered, by GetPipelineState or CloudTrail.
    Answered,
    /// When CodePipeline noticed the answer, up to 35 seconds after it was given. The exact time is
    /// not known.
    Noticed,
}

/// Why the verdict is what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// The reason in one line, for people.
    pub message: String,
}

/// The rule as it was applied: the floor tightened by UserParameters, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveRule {
    /// Distinct persons required.
    pub quorum: Quorum,
    /// The actions that were required in this execution.
    pub actions: BTreeSet<String>,
    /// Their stage.
    pub stage: String,
    /// How approvals through untrusted roles were treated.
    pub shared_roles: SharedRoles,
    /// Which approvals had to be signed.
    pub require_signature: RequireSignature,
    /// Whether only people in `people` or `signingKeys` counted.
    pub only_people: bool,
    /// Whether the person who started the execution was excluded.
    pub exclude_initiator: bool,
    /// Whether the people who wrote or pushed what is released were excluded.
    pub exclude_authors: bool,
    /// The greatest age of an approval, in minutes.
    pub max_age_minutes: Option<u32>,
    /// What was removed from handles before they were compared.
    pub handle_affixes: Vec<String>,
    /// Roles whose session names prove who somebody is, by name or glob.
    pub trusted_session_roles: Vec<String>,
    /// The principals of each person.
    #[serde(serialize_with = "shared")]
    pub people: Arc<BTreeMap<String, Vec<String>>>,
    /// The public keys of each person.
    #[serde(serialize_with = "shared")]
    pub signing_keys: Arc<BTreeMap<String, Vec<String>>>,
    /// Where passkeys were made and answers are given.
    pub desk: Option<DeskRecord>,
    /// The people who may count, by action.
    #[serde(serialize_with = "shared")]
    pub roster: Arc<BTreeMap<String, BTreeSet<String>>>,
    /// The function that says who wrote what is released.
    pub reviews: Option<ReviewsRecord>,
    /// What proves a release to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofSettings>,
    /// Globs of roles and users that are machines, not people.
    pub not_people: Vec<String>,
}

impl EffectiveRule {
    pub(crate) fn new(rule: &Rule, stage: &str, actions: BTreeSet<String>) -> Self {
        Self {
            quorum: rule.quorum(),
            actions,
            stage: stage.to_owned(),
            shared_roles: rule.shared_roles(),
            require_signature: rule.require_signature(),
            only_people: rule.only_people(),
            exclude_initiator: rule.excludes_initiator(),
            exclude_authors: rule.excludes_authors(),
            max_age_minutes: rule.max_age_minutes(),
            handle_affixes: texts(&rule.affixes(), Affix::text),
            trusted_session_roles: texts(rule.trusted_session_roles(), TrustedRole::text),
            people: Arc::clone(rule.people_texts()),
            signing_keys: Arc::clone(rule.signing_keys().texts()),
            desk: rule.desk().map(|desk| DeskRecord {
                rp_id: desk.rp_id().to_owned(),
                origin: desk.origin().to_owned(),
            }),
            roster: Arc::clone(rule.roster().entries()),
            reviews: rule.reviews().map(Reviews::record),
            proof: rule.proof().cloned(),
            not_people: texts(rule.not_people(), NameGlob::pattern),
        }
    }
}

/// The rule's desk, as the record shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeskRecord {
    /// The domain that passkeys are bound to.
    pub rp_id: String,
    /// Where answers are given.
    pub origin: String,
}

/// Lists of people are the same in all records of a rule, and may be long.
fn shared<T: Serialize, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(serializer)
}

fn texts<'a, T: 'a>(items: impl IntoIterator<Item = &'a T>, text: fn(&T) -> &str) -> Vec<String> {
    items.into_iter().map(|item| text(item).to_owned()).collect()
}

/// Proof that a decision is satisfied. No success can be reported without it.
///
/// INVARIANT (fail closed): its field is private, and only [`Decision::satisfied`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Satisfied<'a>(&'a Decision);

impl Decision {
    /// What is logged.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The proof that this decision is satisfied. Returns `None` if it is not.
    #[must_use]
    pub fn satisfied(&self) -> Option<Satisfied<'_>> {
        match self.record.verdict {
            Verdict::Satisfied => Some(Satisfied(self)),
            Verdict::Unsatisfied => None,
        }
    }
}

impl<'a> Satisfied<'a> {
    /// The decision that is satisfied.
    #[must_use]
    pub fn decision(self) -> &'a Decision {
        self.0
    }
}
