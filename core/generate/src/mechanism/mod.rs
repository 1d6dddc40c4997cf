//! The ways to keep a person from having two slots, one per file.

pub(crate) mod groups;
pub(crate) mod permission_sets;
pub(crate) mod roles;
pub(crate) mod tag;
