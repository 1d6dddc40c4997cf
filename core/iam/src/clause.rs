//! A statement about one action in one context.

use std::borrow::Cow;

use crate::arn::Resource;
use crate::cases::KeyValue;
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::matched::Matched;
use crate::policy::{ResourceElement, Statement};
use crate::region::{self, Region};
use crate::truth::Truth;

/// A statement that is about the action and whose conditions may hold.
#[derive(Clone, Debug)]
pub(crate) struct Clause<'a, S> {
    source: S,
    statement: usize,
    effect: Effect,
    about: About<'a>,
    /// The regions that its conditions want.
    regions: Vec<Region>,
    /// The conditions that the context does not decide.
    open: Vec<&'a Condition>,
}

/// The resources that a statement is about.
#[derive(Clone, Debug)]
pub(crate) enum About<'a> {
    These(Cow<'a, [Resource]>),
    AllBut(Cow<'a, [Resource]>),
}

/// A statement that contributes to a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Blame<'a, S> {
    /// The source of its policy.
    pub source: S,
    /// Its place in the policy, from 0.
    pub statement: usize,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Its conditions that only the request decides.
    pub open: Vec<&'a Condition>,
}

impl<'a, S: Copy> Clause<'a, S> {
    /// Returns `None` if the statement is about something else, or can not apply.
    pub(crate) fn read(
        source: S,
        at: usize,
        statement: &'a Statement,
        action: &str,
        context: &Context,
    ) -> Option<Self> {
        if !statement.actions.include(action) {
            return None;
        }
        let mut open = Vec::new();
        let mut regions = Vec::new();
        for condition in &statement.conditions {
            match region::holds(condition, action, context) {
                Truth::Yes => {}
                Truth::No => return None,
                Truth::Unknown => match Region::wanted_by(condition, context) {
                    Some(region) => regions.push(region),
                    None => open.push(condition),
                },
            }
        }
        let about = About::read(statement.resources.as_ref(), context)?;
        Some(Self { source, statement: at, effect: statement.effect, about, regions, open })
    }

    pub(crate) fn about(&self) -> &About<'a> {
        &self.about
    }

    /// The conditions that the context does not decide.
    pub(crate) fn open(&self) -> &[&'a Condition] {
        &self.open
    }

    /// Whether it applies to its resources in every request.
    pub(crate) fn is_certain(&self) -> bool {
        self.open.is_empty() && self.regions.is_empty()
    }

    /// The resources that it names.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Resource> {
        let (About::These(resources) | About::AllBut(resources)) = &self.about;
        resources.iter()
    }

    /// The resources and regions that it names.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.named().chain(self.regions())
    }

    /// The regions that it names, as patterns of ARNs.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &Resource> {
        self.regions.iter().flat_map(Region::resources)
    }

    /// Whether the statement applies to the resource.
    pub(crate) fn applies(&self, on: &impl Matched) -> Truth {
        let about = self.is_about(on);
        if self.open.is_empty() { about } else { about.and(Truth::Unknown) }
    }

    /// The same if a key has this value.
    pub(crate) fn applies_if(&self, on: &impl Matched, (key, value): KeyValue<'_>) -> Truth {
        let about = self.is_about(on);
        if about == Truth::No {
            return about;
        }
        let holds = |condition: &&Condition| match condition.key().eq_ignore_ascii_case(key) {
            true => condition.holds(value),
            false => Truth::Unknown,
        };
        about.and(Truth::all(self.open.iter().map(holds)))
    }

    fn is_about(&self, on: &impl Matched) -> Truth {
        let certain = |resource: &Resource| resource.certain && on.matched(resource);
        let about = match &self.about {
            About::These(resources) => match resources.iter().any(certain) {
                true => Truth::Yes,
                false if resources.iter().any(|resource| on.matched(resource)) => Truth::Unknown,
                false => Truth::No,
            },
            About::AllBut(resources) => match resources.iter().any(certain) {
                true => Truth::No,
                false if resources.iter().any(|resource| on.matched(resource)) => Truth::Unknown,
                false => Truth::Yes,
            },
        };
        if about == Truth::No {
            return about;
        }
        about.and(Truth::all(self.regions.iter().map(|region| region.is_of(on))))
    }

    pub(crate) fn blame(&self) -> Blame<'a, S> {
        Blame {
            source: self.source,
            statement: self.statement,
            effect: self.effect,
            open: self.open.clone(),
        }
    }
}

impl<'a> About<'a> {
    fn read(resources: Option<&'a ResourceElement>, context: &Context) -> Option<Self> {
        match resources {
            // A trust policy is about the role that it is attached to.
            None => Some(Self::AllBut(Cow::default())),
            Some(ResourceElement::These(resources)) => {
                let resources = resources.that_match(context);
                (!resources.is_empty()).then_some(Self::These(resources))
            }
            // A resource whose variable has no value matches nothing, or makes "the entire
            // statement invalid": the IAM User Guide, "Variables and tags", says both.
            Some(ResourceElement::AllBut(resources)) => {
                Some(Self::AllBut(resources.that_may_match(context)))
            }
        }
    }
}
