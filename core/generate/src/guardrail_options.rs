//! What the user wants of the guardrails.

use names::FunctionRef;

use super::name::{BucketName, RoleRef};

/// The options of the guardrails.
#[derive(Clone, Debug)]
pub(crate) struct Guardrails {
    pub(crate) scp: bool,
    pub(crate) break_glass: Vec<RoleRef>,
    pub(crate) job_workers: Vec<RoleRef>,
    /// The roles of the pipelines and of their deployments.
    pub(crate) deploy_roles: Vec<RoleRef>,
    /// The buckets of the pipelines' artifacts.
    pub(crate) artifact_buckets: Vec<BucketName>,
    pub(crate) deny_manual_start: bool,
    /// The function that `reviews` of the rule names.
    pub(crate) reviews_function: Option<FunctionRef>,
}
