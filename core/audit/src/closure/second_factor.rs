//! Users whose credentials somebody makes, and whose approvals need a second factor.

use std::rc::Rc;

use iam::account::Actor;

use super::{Closure, Form, Step, Who};
use crate::action::{APPROVE, Action, CREDENTIALS};
use crate::equivalence_class::EquivalenceClass;
use crate::permissions::As;
use crate::second_factor::{self, Factor};

impl<'a> Closure<'_, 'a> {
    /// The steps to act as a user: the one that makes credentials and, if its approvals need a
    /// second factor, the one that adds a device.
    pub(super) fn with_second_factor(&self, who: &As<'a>, user: Actor, made: Step) -> Vec<Step> {
        let Factor::Added { by_user, is_open } =
            second_factor::of(self.view, who, user, made.action)
        else {
            return vec![made];
        };
        let adds = Step { action: Action::EnableMfaDevice, open: is_open, ..made.clone() };
        match by_user {
            true => vec![made, Step { by: Who::Actor(user), is_changed: false, ..adds }],
            false => vec![made, adds],
        }
    }

    /// The class of a form that approves. Somebody who only made the credentials of a user has no
    /// second factor.
    pub(super) fn approval_class(&self, form: &Form<'a>) -> Option<Rc<EquivalenceClass<'a>>> {
        let permissions = &self.view.reach.permissions;
        let class = permissions.class_as(&form.permissions, APPROVE)?;
        let (Who::Actor(user), [made]) = (&form.who, form.steps.as_slice()) else {
            return Some(class);
        };
        let before = form.after.iter().find_map(|at| self.forms.get(*at));
        let Some(maker) = before.filter(|_| CREDENTIALS.contains(&made.action)) else {
            return Some(class);
        };
        match second_factor::of(self.view, &maker.permissions, *user, made.action) {
            Factor::Missing(class) => class,
            Factor::NotNeeded | Factor::Added { .. } => Some(class),
        }
    }
}
