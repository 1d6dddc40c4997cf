//! What a principal's policies say about an action.
//!
//! IAM User Guide, "Policy evaluation logic": an explicit deny wins; else every kind of policy that
//! applies must allow.

use crate::arn::Resource;
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::pattern::Pattern;
use crate::policy::{Policy, ResourceElement, Statement};
use crate::template::{Resolved, Template};
use crate::truth::Truth;

/// The policies that decide for a principal. `S` tells where a policy comes from, and is handed
/// back in [`Blame`].
#[derive(Clone, Debug)]
pub struct Grants<'a, S> {
    /// Each of these kinds of policies must allow, and within a kind one policy is enough: the
    /// identity's own policies with its groups', the permission boundary, and every level of
    /// service control policies.
    pub kinds: Vec<Vec<(S, &'a Policy)>>,
}

/// What the policies say about one action in one context, for whatever resource.
#[derive(Clone, Debug)]
pub struct Clauses<'a, S> {
    /// What each kind allows.
    allows: Vec<Vec<Clause<'a, S>>>,
    denies: Vec<Clause<'a, S>>,
}

/// One statement that is about the action, and whose conditions may hold.
#[derive(Clone, Debug)]
struct Clause<'a, S> {
    source: S,
    statement: usize,
    effect: Effect,
    about: About,
    /// Those that the context does not decide.
    open: Vec<&'a Condition>,
}

#[derive(Clone, Debug)]
enum About {
    These(Vec<Resource>),
    AllBut(Vec<Resource>),
}

/// A statement that has its part in a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Blame<'a, S> {
    /// Where its policy comes from.
    pub source: S,
    /// Its place in the policy, from 0.
    pub statement: usize,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Its conditions that are decided when the request is made.
    pub open: Vec<&'a Condition>,
}

impl<'a, S: Copy> Grants<'a, S> {
    /// What the policies say about an action: `service:Verb`, in lower case.
    #[must_use]
    pub fn about(&self, action: &str, context: &Context) -> Clauses<'a, S> {
        let mut allows = Vec::with_capacity(self.kinds.len());
        let mut denies = Vec::new();
        for kind in &self.kinds {
            let mut allowed = Vec::new();
            for &(source, policy) in kind {
                for (at, statement) in policy.statements.iter().enumerate() {
                    let Some(clause) = Clause::read(source, at, statement, action, context) else {
                        continue;
                    };
                    match statement.effect {
                        Effect::Allow => allowed.push(clause),
                        Effect::Deny => denies.push(clause),
                    }
                }
            }
            allows.push(allowed);
        }
        Clauses { allows, denies }
    }
}

impl<'a, S: Copy> Clause<'a, S> {
    /// None where the statement is about something else, or can not apply.
    fn read(
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
        for condition in &statement.conditions {
            match condition.holds(context) {
                Truth::Yes => {}
                Truth::No => return None,
                Truth::Unknown => open.push(condition),
            }
        }
        Some(Self {
            source,
            statement: at,
            effect: statement.effect,
            about: About::read(statement.resources.as_ref(), context)?,
            open,
        })
    }

    fn blame(&self) -> Blame<'a, S> {
        Blame {
            source: self.source,
            statement: self.statement,
            effect: self.effect,
            open: self.open.clone(),
        }
    }
}

impl About {
    fn read(resources: Option<&ResourceElement>, context: &Context) -> Option<Self> {
        let resolve = |template: &Template| match template.resolve(context) {
            Resolved::Pieces(pieces) => Some(Resource::of(&pieces)),
            Resolved::NoValue => None,
        };
        match resources {
            // A trust policy: about the role that it is attached to.
            None => Some(Self::AllBut(Vec::new())),
            // A resource whose variable has no value matches nothing.
            Some(ResourceElement::These(templates)) => {
                let resources: Vec<Resource> =
                    templates.iter().filter_map(resolve).flatten().collect();
                (!resources.is_empty()).then_some(Self::These(resources))
            }
            // Among those that a statement is not about, it matches nothing as well, but may make
            // "the entire statement invalid": the IAM User Guide, "Variables and tags", says both.
            Some(ResourceElement::AllBut(templates)) => {
                let resolve =
                    |template| resolve(template).unwrap_or_else(|| vec![Resource::unknown()]);
                Some(Self::AllBut(templates.iter().flat_map(resolve).collect()))
            }
        }
    }

    fn resources(&self) -> &[Resource] {
        match self {
            Self::These(resources) | Self::AllBut(resources) => resources,
        }
    }
}

/// Which resource patterns match a text.
pub(crate) trait Matched {
    /// Whether this one does.
    fn matched(&self, resource: &Resource) -> bool;
}

/// A whole resource ARN.
struct Arn<'a>(&'a str);

impl Matched for Arn<'_> {
    fn matched(&self, resource: &Resource) -> bool {
        resource.pattern.matches(self.0)
    }
}

impl<'a, S: Copy> Clause<'a, S> {
    /// Whether the statement applies to the resource for certain, or, where not, perhaps.
    fn applies(&self, on: &impl Matched) -> Truth {
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
        if self.open.is_empty() { about } else { about.and(Truth::Unknown) }
    }
}

impl<'a, S: Copy> Clauses<'a, S> {
    /// Whether the action is allowed on a resource: yes, no, or when the open conditions are met.
    #[must_use]
    pub fn allow(&self, arn: &str) -> Truth {
        self.decide(&Arn(arn))
    }

    pub(crate) fn decide(&self, on: &impl Matched) -> Truth {
        let denied = Truth::any(self.denies.iter().map(|clause| clause.applies(on)));
        if denied == Truth::Yes {
            return Truth::No;
        }
        let allowed = self
            .allows
            .iter()
            .map(|kind| Truth::any(kind.iter().map(|clause| clause.applies(on))))
            .fold(Truth::Yes, Truth::and);
        allowed.and(!denied)
    }

    /// Whether a statement denies the action on a resource for certain.
    #[must_use]
    pub fn deny(&self, arn: &str) -> bool {
        self.denies.iter().any(|clause| clause.applies(&Arn(arn)) == Truth::Yes)
    }

    /// The only resources on which anything is allowed, where the policies name them without
    /// wildcards; none where they do not.
    #[must_use]
    pub fn only(&self) -> Option<Vec<&str>> {
        let granting = self.allows.first()?.iter();
        let named = granting.map(|clause| match &clause.about {
            About::These(resources) => {
                resources.iter().map(|resource| resource.pattern.literal()).collect()
            }
            About::AllBut(_) => None,
        });
        let named: Option<Vec<Vec<&str>>> = named.collect();
        Some(named?.concat())
    }

    /// Whether the action is allowed on everything, and nothing is open or denied.
    pub(crate) fn allow_everything(&self) -> bool {
        let everything = |clause: &Clause<'_, S>| {
            clause.open.is_empty()
                && match &clause.about {
                    About::These(resources) => {
                        resources.iter().any(|resource| resource.is_everything())
                    }
                    About::AllBut(resources) => resources.is_empty(),
                }
        };
        self.denies.is_empty() && self.allows.iter().all(|kind| kind.iter().any(everything))
    }

    /// Whether everything is decided before a request is made: no condition is open, and no
    /// variable.
    #[must_use]
    pub fn are_decided(&self) -> bool {
        let mut clauses = self.allows.iter().flatten().chain(&self.denies);
        clauses.all(|clause| clause.open.is_empty())
            && self.resources().all(|resource| resource.certain)
    }

    /// Whether some kind of policy allows nothing at all, so that no resource need be tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.allows.iter().any(Vec::is_empty)
    }

    /// Whether some kind of policy allows nothing at all of what a pattern matches.
    pub(crate) fn allow_nothing_of(&self, texts: &Pattern) -> bool {
        let may_allow = |clause: &Clause<'_, S>| match &clause.about {
            About::These(resources) => {
                resources.iter().any(|resource| resource.pattern.meets(texts))
            }
            About::AllBut(_) => true,
        };
        !self.allows.iter().all(|kind| kind.iter().any(may_allow))
    }

    /// The statements by which the action is allowed on a resource, one for each kind of policy,
    /// and those that may yet deny it.
    #[must_use]
    pub fn blame(&self, arn: &str) -> Vec<Blame<'a, S>> {
        let on = Arn(arn);
        let allowing = self.allows.iter().filter_map(|kind| {
            let by = |truth| kind.iter().find(move |clause| clause.applies(&Arn(arn)) == truth);
            by(Truth::Yes).or_else(|| by(Truth::Unknown))
        });
        let denying = self.denies.iter().filter(|clause| clause.applies(&on) != Truth::No);
        allowing.chain(denying).map(Clause::blame).collect()
    }

    /// Every resource that is named.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        let clauses = self.allows.iter().flatten().chain(&self.denies);
        clauses.flat_map(|clause| clause.about.resources())
    }
}
