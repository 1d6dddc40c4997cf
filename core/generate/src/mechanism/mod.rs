//! How slots are held apart, one mechanism a file.

pub(crate) mod groups;
pub(crate) mod permission_sets;
pub(crate) mod roles;
pub(crate) mod tag;
