//! The rule of the mechanisms `signed` and `desk`, for people to complete: it lacks the signing
//! keys and the address of the desk.

use std::collections::BTreeMap;

use names::StageGlob;
use serde::Serialize;

use super::name::is_plain;
use super::spec::Spec;

/// The name of the file.
pub(crate) const FILE: &str = "rule.json";

/// The gate's own keys. A place that is a pattern is left out, because the rule needs names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedRule<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a StageGlob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<&'a str>>,
    /// As in the rule that the gate's template deploys by default.
    exclude_initiator: bool,
    require_signature: bool,
    /// INVARIANT (fail closed): the gate refuses a rule that requires signatures and has no keys.
    signing_keys: BTreeMap<String, Vec<String>>,
}

impl<'a> SignedRule<'a> {
    pub(crate) fn new(spec: &'a Spec) -> Self {
        let stage = spec.targets.stage();
        Self {
            stage: is_plain(stage).then_some(stage),
            actions: spec.slots.iter().map(|slot| slot.action()).collect(),
            exclude_initiator: true,
            require_signature: true,
            signing_keys: BTreeMap::new(),
        }
    }
}
