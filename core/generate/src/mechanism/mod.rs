//! The ways to keep a person from giving two approvals, one per file.

pub(crate) mod desk;
pub(crate) mod groups;
pub(crate) mod permission_sets;
pub(crate) mod roles;
pub(crate) mod signed;
pub(crate) mod tag;
