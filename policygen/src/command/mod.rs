//! The verbs of the command line, one a file.

pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod doctor;
mod doctor_facts;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod man;
mod report;
pub(crate) mod rule;

use findings::Catalog;

/// What every verb looks for, so that one accept file serves them all.
pub(crate) const CATALOGS: [&Catalog; 2] = [&::audit::CATALOG, &::doctor::CATALOG];
