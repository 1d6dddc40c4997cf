//! The verbs of the command line, one per file.

pub(crate) mod audit;
mod audit_code;
mod audit_identity_center;
mod audit_release;
mod audit_targets;
pub(crate) mod diff;
mod diff_about;
mod diff_report;
pub(crate) mod doctor;
mod doctor_facts;
mod doctor_sources;
pub(crate) mod evidence;
pub(crate) mod evidence_args;
mod evidence_ask;
mod evidence_cache;
mod evidence_folders;
mod evidence_history;
mod evidence_manifest;
mod evidence_proof;
mod evidence_recipe;
mod evidence_several;
pub(crate) mod explain;
pub(crate) mod generate;
mod report;
pub(crate) mod rule;
mod rule_check;
pub(crate) mod schema;
pub(crate) mod seal;
pub(crate) mod unseal;
pub(crate) mod verify;
mod verify_answer;
pub(crate) mod verify_args;
mod verify_human;
mod verify_json;
mod verify_live;
mod verify_proof;
mod verify_report;

use findings::Catalog;

/// The catalogues of all verbs, so that one accept file can serve them all.
pub(crate) const CATALOGS: [&Catalog; 3] =
    [&::audit::CATALOG, &::doctor::CATALOG, &::evidence::CATALOG];
