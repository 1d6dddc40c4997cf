//! The forms as the gate sees them if they answer an approval.

use iam::account::Actor;

use super::{Closure, Form, Who};
use crate::action::Action;
use crate::answerer::Answerer;
use crate::permissions::As;
use crate::second_person;

/// The actions after which somebody chooses the names of a role's sessions.
const NAMING: [Action; 3] =
    [Action::UpdateAssumeRolePolicy, Action::PassRole, Action::UpdateSamlProvider];

impl<'a> Closure<'_, 'a> {
    /// A form as the gate sees it.
    pub(super) fn answerer(&self, at: usize, form: &Form<'a>) -> Answerer {
        if let Some(by) = self.together.get(&at) {
            return by.clone();
        }
        match &form.who {
            Who::Actor(actor) => {
                let chain = self.chain(&[at]);
                let names = || chain.iter().any(|step| NAMING.contains(&step.action));
                if matches!(actor, Actor::Role(_)) && names() {
                    self.view.taken(self.start, *actor)
                } else {
                    self.view.answers_after(self.start, &chain, *actor)
                }
            }
            Who::Made(called) => {
                let mut before = form.after.iter().filter_map(|at| self.forms.get(*at));
                let maker = before.find_map(|form| match form.permissions {
                    As::Now(actor) => Some(actor),
                    As::After(_) => None,
                });
                let made = maker.and_then(|maker| {
                    let made = second_person::made_as(self.view, maker, called).ok();
                    made.filter(|made| !made.shown().is_empty())
                });
                // Otherwise it is somebody who is assigned to the role.
                let role = || form.steps.last().map_or("", |step| &step.resource);
                made.unwrap_or_else(|| self.view.assigned(role()))
            }
        }
    }
}
