//! Roles that something may run with already: a form that may change what runs may act as them.

use std::collections::BTreeSet;

use iam::account::Actor;

use super::Closure;
use crate::permissions::As;
use crate::running;

impl<'a> Closure<'_, 'a> {
    /// The form changes code that may run with a role.
    pub(super) fn run_as(&mut self, at: usize, who: &As<'a>) {
        if !self.follows_running_code {
            return;
        }
        self.become_changers(at, who);
        let open = running::open_to(self.view, who, &self.view.ways_and_actions().0);
        if open.is_empty() {
            return;
        }
        for (role, ways) in self.view.running_roles() {
            let role = Actor::Role(*role);
            if self.is_done() || self.as_now.contains_key(&role) {
                continue;
            }
            let Some(actions) = ways.iter().find_map(|way| open.get(way)) else { continue };
            let arn = self.view.account().arn(role);
            let steps = actions.iter().map(|action| self.step(at, *action, arn, false)).collect();
            self.add_actor(role, BTreeSet::from([at]), steps);
        }
    }

    /// Adds the roles that matter only because they change what runs.
    fn become_changers(&mut self, at: usize, who: &As<'a>) {
        let As::Now(actor) = who else { return };
        let reachable = self.view.reachable(*actor);
        for (place, role) in reachable.roles().enumerate() {
            let role = Actor::Role(role);
            let changes =
                self.view.reach.permissions.might_any(role, self.view.changing_running_code());
            if !changes || self.is_done() || self.as_now.contains_key(&role) {
                continue;
            }
            let chain = reachable.chain_to(place);
            let steps =
                chain.map_or(Vec::new(), |chain| self.steps_of_roles(*actor, &chain.through));
            self.add_actor(role, BTreeSet::from([at]), steps);
        }
    }
}
