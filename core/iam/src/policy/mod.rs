//! Policies. An unknown element is refused, never skipped.
//!
//! Grammar: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element
//! reference".

mod actions;
mod principals;
mod read;
mod resources;
mod text;
mod worst;

pub use actions::Actions;
pub(crate) use principals::Concern;
pub use principals::{Caller, Principals, Trusted};
pub(crate) use read::OneOrMany;
pub use read::PolicyError;
pub use resources::Resources;

use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::frame::Frame;

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its `Id`.
    pub id: Option<String>,
    /// Its statements, in the order of the document.
    pub statements: Vec<Statement>,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The principals that it concerns. Only resource-based policies have them, so they take no
    /// room in the others.
    pub principals: Option<Box<Principals>>,
    /// The actions that it allows or denies.
    pub actions: Actions,
    /// Its resources. A trust policy is about its role, and names none.
    pub resources: Option<ResourceElement>,
    /// Its conditions. All of them must hold.
    pub conditions: Vec<Condition>,
}

/// The resources of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResourceElement {
    /// `Resource`.
    These(Resources),
    /// `NotResource`.
    AllBut(Resources),
}

impl Statement {
    /// Whether it may be about any resource of a frame, in any context. `false` is certain.
    #[must_use]
    pub fn may_be_about(&self, frame: &Frame) -> bool {
        match &self.resources {
            None | Some(ResourceElement::AllBut(_)) => true,
            Some(ResourceElement::These(resources)) => {
                let known = resources.that_match(&Context::new());
                known.iter().any(|resource| frame.meets(resource))
            }
        }
    }
}

impl Policy {
    /// Whether any statement has this effect.
    #[must_use]
    pub fn has(&self, effect: Effect) -> bool {
        self.statements.iter().any(|statement| statement.effect == effect)
    }

    /// The policy that allows everything.
    #[must_use]
    pub fn allowing_everything() -> Self {
        Self {
            id: None,
            statements: vec![Statement {
                sid: None,
                effect: Effect::Allow,
                principals: None,
                actions: Actions::new(true, Vec::new()),
                resources: Some(ResourceElement::AllBut(Resources::default())),
                conditions: Vec::new(),
            }],
        }
    }
}
