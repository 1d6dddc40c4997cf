//! Whether the IAM policies of an account allow a call.
//!
//! IAM User Guide, "Policy evaluation logic", for requests within one account.

mod account;
mod request;
mod resource;
mod roles;
#[cfg(test)]
mod tests;

pub use account::{AccountFileError, Authorizer};
pub use request::Caller;
pub use roles::Asked;
pub(crate) use roles::RolePermissions;

use iam::account::{Actor, PolicyId};
use iam::{Clauses, Context, Effect, Grants, Limits, Policy, Truth};
use jiff::Timestamp;
use serde_json::Value;

use crate::engine::{ApiError, ErrorCode, Settings};
use crate::operation::Operation;
pub(crate) use request::Action;
use request::Request;
use resource::{Resource, resource};

/// The kinds of policies, in the words of AWS's messages.
const IDENTITY: PolicyKind =
    PolicyKind { none: "identity-based policy", a: "an identity-based policy" };
const BOUNDARY: PolicyKind =
    PolicyKind { none: "permissions boundary", a: "a permissions boundary" };
const SESSION: PolicyKind = PolicyKind { none: "session policy", a: "a session policy" };

#[derive(Clone, Copy)]
struct PolicyKind {
    none: &'static str,
    a: &'static str,
}

/// Why a call is refused.
enum Refusal {
    /// A statement denies it.
    Explicit(PolicyKind),
    /// No statement allows it.
    Implicit(PolicyKind),
}

/// The relation of a caller to the account.
enum Known {
    /// The root user, which may do everything: "only the AWS account root user has access to all
    /// the resources in that account" by default (IAM User Guide, "AWS account root user").
    Root,
    /// A function, if the account does not have its role: then no policy decides.
    UncheckedFunction,
    /// A principal with policies.
    Actor(Actor),
    /// Nobody of this account.
    Nobody,
}

impl Authorizer {
    /// Whether the caller may make a call. The engine must not look at the resource before, so that
    /// a caller without permission does not learn whether a pipeline exists.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn check(
        &self,
        operation: Operation,
        input: &Value,
        caller: Caller<'_>,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<(), ApiError> {
        let resource = resource(operation, input, settings)?;
        let action = Action { service: "codepipeline", operation: operation.as_str() };
        self.decide(&Request { action, input, caller, now }, &resource, settings)
    }

    fn decide(
        &self,
        request: &Request<'_>,
        resource: &Resource,
        settings: &Settings,
    ) -> Result<(), ApiError> {
        let refusal = match self.known(request.caller.arn) {
            Known::Root | Known::UncheckedFunction => None,
            Known::Nobody => Some(Refusal::Implicit(IDENTITY)),
            Known::Actor(actor) => self.refusal(actor, request, resource, settings),
        };
        match refusal {
            None => Ok(()),
            Some(refusal) => {
                Err(ErrorCode::AccessDenied.because(denial(request, resource, &refusal)))
            }
        }
    }

    fn known(&self, caller: &str) -> Known {
        match self.actor(caller) {
            Some(actor) => Known::Actor(actor),
            None if self.is_root(caller) => Known::Root,
            None if self.is_function(caller) => Known::UncheckedFunction,
            None => Known::Nobody,
        }
    }

    /// INVARIANT (fail closed): a statement that depends on an unknown context does not allow, but
    /// denies. All policies decide together; each kind on its own only gives the message.
    fn refusal(
        &self,
        actor: Actor,
        request: &Request<'_>,
        resource: &Resource,
        settings: &Settings,
    ) -> Option<Refusal> {
        let context = request.context(&self.account, actor, settings);
        let action = request.action.to_string().to_ascii_lowercase();
        let arn = resource.matched();
        let grants = self.account.grants(actor, |_| true);
        if grants.about(&action, &context).allow(arn) == Truth::Yes {
            return request
                .caller
                .within
                .and_then(|policy| outside(policy, &action, &context, arn));
        }
        let Grants { identity, limits: Limits { boundary, controls: _ } } = grants;
        let identity = Grants { identity, limits: Limits::default() }.about(&action, &context);
        let boundary = boundary.map(|policies| {
            Limits { boundary: Some(policies), controls: Vec::new() }.about(&action, &context)
        });
        // A snapshot has no service control policies.
        let named = || [(&identity, IDENTITY)].into_iter().chain(boundary.iter().zip([BOUNDARY]));
        let denies = |clauses: &Clauses<'_, PolicyId>| {
            let mut deciding = clauses.blame(arn).into_iter();
            deciding.any(|blame| blame.effect == Effect::Deny)
        };
        let denying = named().find(|(clauses, _)| denies(clauses));
        let silent = || named().find(|(clauses, _)| clauses.allow(arn) != Truth::Yes);
        Some(match denying {
            Some((_, kind)) => Refusal::Explicit(kind),
            None => Refusal::Implicit(silent().map_or(IDENTITY, |(_, kind)| kind)),
        })
    }
}

/// Why a session policy does not let a call through. It grants nothing (IAM User Guide, "Policies
/// and permissions", session policies).
fn outside(policy: &Policy, action: &str, context: &Context, arn: &str) -> Option<Refusal> {
    let session = Grants { identity: vec![((), policy)], limits: Limits::default() };
    let clauses = session.about(action, context);
    match clauses.allow(arn) {
        Truth::Yes => None,
        Truth::No | Truth::Unknown if clauses.deny(arn) => Some(Refusal::Explicit(SESSION)),
        Truth::No | Truth::Unknown => Some(Refusal::Implicit(SESSION)),
    }
}

/// IAM User Guide, "Troubleshoot access denied error messages".
fn denial(request: &Request<'_>, resource: &Resource, refusal: &Refusal) -> String {
    let caller = request.caller.arn;
    let action = request.action;
    let on = match resource {
        Resource::Arn(arn) => format!(" on resource: {arn}"),
        Resource::Role { name, .. } => format!(" on resource: role {name}"),
        Resource::None => String::new(),
    };
    let why = match refusal {
        Refusal::Explicit(kind) => format!("with an explicit deny in {}", kind.a),
        Refusal::Implicit(kind) => format!("because no {} allows the {action} action", kind.none),
    };
    format!("User: {caller} is not authorized to perform: {action}{on} {why}")
}
