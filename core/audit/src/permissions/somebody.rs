//! The permissions of somebody: of a principal now, or of one after writes.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use iam::account::{Actor, PolicyId};
use iam::{Clauses, Context, Truth};

use super::{Permissions, State};
use crate::action::{Action, Actions};
use crate::equivalence_class::EquivalenceClass;

/// Somebody's permissions.
#[derive(Clone, Debug)]
pub(crate) enum As<'a> {
    /// Those of an actor now.
    Now(Actor),
    /// Those of somebody after writes: all of its policies.
    After(Rc<After<'a>>),
}

/// Permissions after writes, and what is known about them.
#[derive(Debug)]
pub(crate) struct After<'a> {
    pub(crate) state: State<'a>,
    /// The actions that some of its policies may allow.
    might: OnceCell<Actions>,
    /// The classes that were asked for, if there are any: that there is none is found as quickly.
    classes: RefCell<BTreeMap<Action, Rc<EquivalenceClass<'a>>>>,
}

impl<'a> As<'a> {
    /// The permissions of this state.
    pub(crate) fn after(state: State<'a>) -> Self {
        Self::After(Rc::new(After { state, might: OnceCell::new(), classes: RefCell::default() }))
    }
}

/// The keys for tags of the resource, in lower case: of the user or role that a request to IAM is
/// about (IAM User Guide, "Controlling access to AWS resources using tags").
const TAGS: [&str; 2] = ["iam:resourcetag/", "aws:resourcetag/"];

impl<'a> Permissions<'a> {
    /// The class of somebody. `None` if it certainly may not do the action.
    pub(crate) fn class_as(
        &self,
        who: &As<'a>,
        action: Action,
    ) -> Option<Rc<EquivalenceClass<'a>>> {
        match who {
            As::Now(actor) => self.class_of(*actor, action),
            As::After(after) => {
                // Most policies say nothing about most actions.
                let might = after.might.get_or_init(|| self.might_in(&after.state));
                if !might.has(action) {
                    return None;
                }
                if let Some(known) = after.classes.borrow().get(&action) {
                    return Some(Rc::clone(known));
                }
                let class = self.class_in(&after.state, action)?;
                after.classes.borrow_mut().insert(action, Rc::clone(&class));
                Some(class)
            }
        }
    }

    /// Whether the policies of a class look at tags of the resource.
    pub(crate) fn looks_at_tags(&self, class: &EquivalenceClass<'a>) -> bool {
        TAGS.iter().any(|prefix| class.uses_any_of(prefix))
    }

    /// What the policies of somebody say about an action if these condition keys have these values.
    pub(crate) fn clauses_as(
        &self,
        who: &As<'a>,
        action: Action,
        given: &[(&str, Option<&str>)],
    ) -> Option<Rc<Clauses<'a, PolicyId>>> {
        let class = self.class_as(who, action)?;
        // Most policies do not use these keys, so the values change nothing.
        if !given.iter().any(|(key, _)| class.uses(key)) {
            return Some(Rc::clone(&class.clauses));
        }
        let context = self.context_given(who, given);
        let name = self.policies.name(action);
        Some(Rc::new(match who {
            As::Now(actor) => self.grants(*actor, action).about(name, &context),
            As::After(after) => after.state.grants.about(name, &context),
        }))
    }

    /// What is known about the requests of somebody if these condition keys have these values; with
    /// `None`, the key is not in the request.
    fn context_given(&self, who: &As<'a>, given: &[(&str, Option<&str>)]) -> Context {
        let mut context = match who {
            As::Now(actor) => self.context(*actor).into_owned(),
            As::After(after) => after.state.context.clone(),
        };
        for (key, value) in given {
            match value {
                Some(value) => context.set(key, [(*value).to_owned()]),
                None => context.absent(key),
            }
        }
        context
    }

    /// Whether somebody may do an action to a resource if these condition keys have these values.
    /// If the resource is a user or a role of the account, its tags count.
    pub(crate) fn allows_to(
        &self,
        who: &As<'a>,
        action: Action,
        resource: &str,
        target: Option<Actor>,
        given: &[(&str, Option<&str>)],
    ) -> Truth {
        let Some(class) = self.class_as(who, action) else {
            return Truth::No;
        };
        let decided = class.clauses.allow(resource);
        let uses_tags = target.is_some() && self.looks_at_tags(&class);
        let uses_given = given.iter().any(|(key, _)| class.uses(key));
        // Most policies do not use these keys, so the values change nothing.
        if decided == Truth::No || !(uses_tags || uses_given) {
            return decided;
        }
        let mut context = self.context_given(who, given);
        let identity = target.and_then(|target| self.account.identity(target));
        for prefix in TAGS.iter().filter(|_| identity.is_some()) {
            context.absent_prefix(prefix);
            for (key, value) in identity.iter().flat_map(|identity| &identity.tags) {
                context.set(&format!("{prefix}{key}"), [value.clone()]);
            }
        }
        let name = self.policies.name(action);
        match who {
            As::Now(actor) => self.grants(*actor, action).about(name, &context).allow(resource),
            As::After(after) => after.state.grants.about(name, &context).allow(resource),
        }
    }
}
