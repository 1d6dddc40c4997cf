//! The names of the gate's function and role.

/// The name of the gate's function. A Lambda action may use any name that no other function has: it
/// invokes the gate, which then gets that name in its ARN.
pub(crate) const NAME: &str = "two-person-rule";
/// The function's role, unless an account has another for it.
pub(crate) const ROLE: &str = "two-person-rule-gate";
