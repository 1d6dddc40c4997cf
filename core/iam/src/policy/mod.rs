//! A policy, read whole: what is not known is refused, never skipped.
//!
//! Grammar: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element
//! reference".

mod actions;
mod principals;
mod read;

pub use actions::Actions;
pub(crate) use principals::Concern;
pub use principals::{Caller, Principals, Trusted};
pub(crate) use read::OneOrMany;
pub use read::PolicyError;

use crate::arn::Resource;
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::reach::Frame;
use crate::template::{Resolved, Template};

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its `Id`, where it has one.
    pub id: Option<String>,
    /// Its statements, in their order.
    pub statements: Vec<Statement>,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its `Sid`, where it has one.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whom it concerns: in resource-based policies, and only there.
    pub principals: Option<Principals>,
    /// What it lets do, or not do.
    pub actions: Actions,
    /// What it is about; a trust policy is about its role and names none.
    pub resources: Option<ResourceElement>,
    /// When it applies: all of them must hold.
    pub conditions: Vec<Condition>,
}

/// The resources of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResourceElement {
    /// `Resource`.
    These(Vec<Template>),
    /// `NotResource`.
    AllBut(Vec<Template>),
}

impl Statement {
    /// Whether its resources have any of a frame's among them, whatever the context: false only for
    /// certain.
    #[must_use]
    pub fn may_be_about(&self, frame: &Frame) -> bool {
        let meets = |template: &Template| match template.resolve(&Context::new()) {
            Resolved::Pieces(pieces) => {
                Resource::of(&pieces).iter().any(|resource| frame.meets(resource))
            }
            Resolved::NoValue => false,
        };
        match &self.resources {
            None | Some(ResourceElement::AllBut(_)) => true,
            Some(ResourceElement::These(templates)) => templates.iter().any(meets),
        }
    }
}

impl Policy {
    /// The policy that allows everything.
    #[must_use]
    pub fn allowing_everything() -> Self {
        Self {
            id: None,
            statements: vec![Statement {
                sid: None,
                effect: Effect::Allow,
                principals: None,
                actions: Actions::new(true, &[]),
                resources: Some(ResourceElement::AllBut(Vec::new())),
                conditions: Vec::new(),
            }],
        }
    }

    /// Reads a policy that is attached to an identity: a user's, group's or role's policy, a
    /// boundary or an SCP.
    ///
    /// # Errors
    /// When it is not JSON, has an element that is not known, or lacks one that such a policy has.
    pub fn identity(json: &str) -> Result<Self, PolicyError> {
        let policy = read::policy(json)?;
        for (at, statement) in policy.statements.iter().enumerate() {
            if statement.principals.is_some() {
                return Err(PolicyError::in_statement(
                    at,
                    "has a `Principal`, which only resource-based policies have",
                ));
            }
            if statement.resources.is_none() {
                return Err(PolicyError::in_statement(
                    at,
                    "has neither `Resource` nor `NotResource`",
                ));
            }
        }
        Ok(policy)
    }

    /// Reads a policy that is attached to a resource: a role's trust policy, a bucket's or a
    /// topic's policy.
    ///
    /// # Errors
    /// As [`Policy::identity`].
    pub fn resource(json: &str) -> Result<Self, PolicyError> {
        let policy = read::policy(json)?;
        for (at, statement) in policy.statements.iter().enumerate() {
            if statement.principals.is_none() {
                return Err(PolicyError::in_statement(
                    at,
                    "has neither `Principal` nor `NotPrincipal`",
                ));
            }
        }
        Ok(policy)
    }
}
