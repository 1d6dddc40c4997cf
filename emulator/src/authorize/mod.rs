//! Whether IAM lets a caller do what it asks for, as the policies of an account have it.
//!
//! IAM User Guide, "Policy evaluation logic", for requests within one account.

mod account;
mod request;
mod resource;
mod roles;
#[cfg(test)]
mod tests;

pub use account::{AccountFileError, Authorizer};
pub(crate) use request::Request;
pub(crate) use roles::RolePermissions;

use iam::account::{Actor, PolicyId};
use iam::{Clauses, Effect, Grants, Limits, Truth};

use crate::engine::{ApiError, ErrorCode, Settings};
use resource::Resource;

/// What a caller's policies are called in messages, in their order in
/// [`iam::account::Account::grants`]: AWS's words.
const IDENTITY: PolicyKind =
    PolicyKind { none: "identity-based policy", a: "an identity-based policy" };
const BOUNDARY: PolicyKind =
    PolicyKind { none: "permissions boundary", a: "a permissions boundary" };

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

/// Who a caller is to the account.
enum Known {
    /// May do everything: "only the AWS account root user has access to all the resources in that
    /// account" by default (IAM User Guide, "AWS account root user").
    Root,
    /// The gate, whose role is not in the account, so that no policy can be asked.
    UncheckedGate,
    /// Who has policies.
    Actor(Actor),
    /// Nobody of this account.
    Nobody,
}

impl Authorizer {
    /// Whether the call may be made. It is asked before anything that the call is about is looked
    /// at, so that who may not see a pipeline does not learn whether it is there.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn check(&self, request: &Request<'_>, settings: &Settings) -> Result<(), ApiError> {
        let resource = resource::of(request.operation, request.input, settings)?;
        self.decide(request, &resource, settings)
    }

    fn decide(
        &self,
        request: &Request<'_>,
        resource: &Resource,
        settings: &Settings,
    ) -> Result<(), ApiError> {
        let refusal = match self.known(request.caller) {
            Known::Root | Known::UncheckedGate => None,
            Known::Nobody => Some(Refusal::Implicit(IDENTITY)),
            Known::Actor(actor) => self.refusal(actor, request, resource, settings),
        };
        match refusal {
            None => Ok(()),
            Some(refusal) => {
                Err(ErrorCode::AccessDenied.because(words(request, resource, &refusal)))
            }
        }
    }

    fn known(&self, caller: &str) -> Known {
        match self.actor(caller) {
            Some(actor) => Known::Actor(actor),
            None if self.is_root(caller) => Known::Root,
            None if caller == self.gate() => Known::UncheckedGate,
            None => Known::Nobody,
        }
    }

    /// INVARIANT (fail closed): what the context leaves open does not allow, and does deny. The
    /// policies decide together; kind by kind they are asked only for what the message says.
    fn refusal(
        &self,
        actor: Actor,
        request: &Request<'_>,
        resource: &Resource,
        settings: &Settings,
    ) -> Option<Refusal> {
        let context = request.context(&self.account, actor, settings);
        let action = format!("{}:{}", request.service, request.operation.to_ascii_lowercase());
        let arn = resource.matched();
        let grants = self.account.grants(actor, |_| true);
        if grants.about(&action, &context).allow(arn) == Truth::Yes {
            return None;
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

/// IAM User Guide, "Troubleshoot access denied error messages".
fn words(request: &Request<'_>, resource: &Resource, refusal: &Refusal) -> String {
    let caller = request.caller;
    let action = format!("{}:{}", request.service, request.operation);
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
