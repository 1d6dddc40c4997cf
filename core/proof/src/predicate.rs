//! The form of the statement and its predicate.
//!
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>, and the Simple
//! Verification Result, <https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md>,
//! which has `verifier`, `timeCreated` and `properties`. The other fields are ours.

use jiff::Timestamp;
use rule::Facts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::subject::Subject;

/// `_type` of an in-toto Statement v1.
pub(crate) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType`: the Simple Verification Result.
pub const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/svr/v0.1";
/// The property that a proof states: the verifier found that enough distinct people approved.
pub const SATISFIED: &str = "TWO_PERSON_RULE_SATISFIED";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statement<D> {
    #[serde(rename = "_type")]
    pub(crate) kind: String,
    pub(crate) subject: Vec<Subject>,
    pub(crate) predicate_type: String,
    pub(crate) predicate: Predicate<D>,
}

/// A reader ignores fields that it does not know, as in-toto demands. It never needs `decision` and
/// `answers`, which are for people and other programs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Predicate<D> {
    /// Always 1.
    pub(crate) schema_version: u32,
    pub(crate) verifier: Verifier,
    pub(crate) time_created: Timestamp,
    pub(crate) properties: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<String>,
    pub(crate) gate_version: String,
    /// What the gate knew, from which a verifier judges again.
    pub(crate) facts: Facts,
    /// The decision record.
    pub(crate) decision: D,
    #[serde(default)]
    pub(crate) answers: Vec<Answer>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Verifier {
    pub(crate) id: String,
}

/// A signed answer, so that other programs can verify it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) action: String,
    pub(crate) person: String,
    /// The public key, as the rule lists it.
    pub(crate) key: String,
    /// What the person signed.
    pub(crate) statement: String,
    /// The signature, as the comment has it: `[2pr1.…]`.
    pub(crate) signature: String,
}

/// What a reader of any version finds in `decision`.
pub(crate) type Ignored = Value;
