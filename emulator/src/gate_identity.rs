//! The names of the gate's function, role and session.

/// The name of the only function. A Lambda action may use any name: it invokes this function, which
/// then gets that name in its ARN.
pub(crate) const NAME: &str = "two-person-rule";
/// The function's role, unless an account has another for it.
pub(crate) const ROLE: &str = "two-person-rule-gate";

/// The ARN of the session with which the gate calls the API.
pub(crate) fn session(partition: &str, account_id: &str, role: &str) -> String {
    format!("arn:{partition}:sts::{account_id}:assumed-role/{role}/{NAME}")
}
