//! Roles of IAM Identity Center, which somebody who administers it may assign to anybody.
//!
//! Whether the account is the one that administers it, the account does not show.

use std::collections::BTreeSet;

use iam::account::PolicyId;

use super::{Closure, Form, Who};
use crate::action::Action;
use crate::permissions::As;

/// Actions that let somebody sign in to a role: an assignment, or a group that has one (Service
/// Authorization Reference, IAM Identity Center and its directories).
const ASSIGNING: [Action; 3] =
    [Action::CreateAccountAssignment, Action::AddMemberToGroup, Action::CreateGroupMembership];

/// Actions that give the roles of a permission set more permissions.
const WRITING: [Action; 2] =
    [Action::PutInlinePolicyToPermissionSet, Action::AttachManagedPolicyToPermissionSet];

pub(super) const ACTIONS: [Action; 5] = [
    Action::CreateAccountAssignment,
    Action::AddMemberToGroup,
    Action::CreateGroupMembership,
    Action::PutInlinePolicyToPermissionSet,
    Action::AttachManagedPolicyToPermissionSet,
];

impl<'a> Closure<'_, 'a> {
    /// The form assigns roles of IAM Identity Center, or writes their permissions.
    pub(super) fn administer(&mut self, at: usize, who: &As<'a>) {
        let account = self.view.account();
        // People who have one are approvers already.
        let roles = self.view.approving_permission_sets();
        // Most accounts have none, and what may be done to anything is a hard question.
        if roles.is_empty() {
            return;
        }
        let permissions = &self.view.reach.permissions;
        let may = |action: &Action| self.view.reach.can(who, *action);
        let assigning = ASSIGNING.iter().copied().find(may);
        let writing = WRITING.iter().copied().find(may);
        if assigning.or(writing).is_none() {
            return;
        }
        for role in roles.iter().copied() {
            let arn = account.arn(role);
            let called = format!("somebody in `{}`", self.view.name(role));
            if let Some(action) = assigning {
                let step = self.step(at, action, arn, true);
                self.add_changed(Form {
                    who: Who::Made(called.clone()),
                    permissions: As::Now(role),
                    after: BTreeSet::from([at]),
                    steps: vec![step],
                });
            }
            if let Some(action) = writing {
                let mut state = permissions.whole_state(role);
                state.grants.identity.push((PolicyId::SUPPOSED, self.view.everything));
                let step = self.step(at, action, arn, true);
                self.add_changed(Form {
                    who: Who::Made(called),
                    permissions: As::after(state),
                    after: BTreeSet::from([at]),
                    steps: vec![step],
                });
            }
        }
    }
}
