//! Policies that somebody could give to a principal that it makes: inline or managed.

use std::collections::BTreeSet;
use std::rc::Rc;

use iam::account::{Actor, PolicyId};
use iam::{Clauses, Policy, Truth};

use super::{Grant, new_arn};
use crate::account_view::AccountView;
use crate::action::{APPROVE, Action, On};
use crate::answerer::Answerer;
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::escalation::APPROVING;
use crate::permissions::{BOUNDARY, POLICY_ARN, State};
use crate::reach_index::UndecidedError;

/// The actions that make a principal of one kind and give it policies.
pub(super) struct Making {
    pub(super) kind: On,
    pub(super) create: Action,
    pub(super) put: Action,
    pub(super) attach: Action,
}

/// The classes of somebody who makes principals: for the action that makes them, for those that
/// give them policies, and for one that it takes too. They decide what somebody could give.
pub(super) type Granting = (Action, [Option<ClassId>; 4]);

/// Finds what an actor could give to principals of one kind.
pub(super) struct Granter<'p, 'a> {
    pub(super) view: &'p AccountView<'a>,
    pub(super) actor: Actor,
    pub(super) making: &'static Making,
}

impl<'p, 'a> Granter<'p, 'a> {
    /// What it could give to a new principal on which `also` is allowed too. If it can give
    /// everything without a boundary, nothing else is searched.
    pub(super) fn to_a_new_one(
        &self,
        also: Option<&EquivalenceClass<'a>>,
    ) -> Result<Rc<Vec<Grant<'a>>>, UndecidedError> {
        let Making { create, put, attach, .. } = *self.making;
        let class = |action| Some(self.view.reach.permissions.class_of(self.actor, action)?.id);
        let key = (create, [class(create), class(put), class(attach), also.map(|also| also.id)]);
        let known = self.view.second_persons.grants.borrow().get(&key).map(Rc::clone);
        if let Some(known) = known {
            return Ok(known);
        }
        let found = Rc::new(self.find_for_a_new_one(also.map(|also| &*also.clauses))?);
        self.view.second_persons.grants.borrow_mut().insert(key, Rc::clone(&found));
        Ok(found)
    }

    fn find_for_a_new_one(
        &self,
        also: Option<&Clauses<'a, PolicyId>>,
    ) -> Result<Vec<Grant<'a>>, UndecidedError> {
        let without_boundary = self.within(None, also)?;
        if !without_boundary.is_empty() {
            return Ok(without_boundary);
        }
        // Some may make principals only with a certain boundary (IAM User Guide, "Delegating
        // responsibility to others using permissions boundaries"). Boundaries that allow no
        // approval do not matter.
        let permissions = &self.view.reach.permissions;
        let create = permissions.class_of(self.actor, self.making.create);
        if create.is_none_or(|create| create.clauses.are_decided()) {
            return Ok(Vec::new());
        }
        let mut grants = Vec::new();
        for (id, arn) in self.approving_policies() {
            grants.extend(self.within(Some((Some(id), arn)), also)?);
        }
        for name in APPROVING {
            let arn = self.of_aws(name);
            if self.policy_with(&arn).is_none() {
                grants.extend(self.within(Some((None, &arn)), also)?);
            }
        }
        Ok(grants)
    }

    /// The same with one boundary, whose policy may be missing in the account, or without any.
    fn within(
        &self,
        boundary: Option<(Option<PolicyId>, &str)>,
        also: Option<&Clauses<'a, PolicyId>>,
    ) -> Result<Vec<Grant<'a>>, UndecidedError> {
        let reach = &self.view.reach;
        let frame = reach.scope.resources(self.view.account(), self.making.kind);
        let bounded = (BOUNDARY, boundary.map(|(_, arn)| arn));
        let given = |action, keys: &[(&str, Option<&str>)]| {
            reach.permissions.clauses_given(self.actor, action, keys)
        };
        let Some(create) = given(self.making.create, &[bounded]) else {
            return Ok(Vec::new());
        };
        let grant = |step: Action, clauses: &Clauses<'a, PolicyId>, policies| {
            let all: Vec<&Clauses<'a, PolicyId>> =
                [&create, clauses].into_iter().chain(also).collect();
            let found = reach.reach_all(self.actor, &frame, &all)?;
            let found = found
                .and_then(|found| Some((self.with_free_name(found.witness, &all)?, found.open)));
            Ok(found.map(|(to, open)| Grant {
                names: self.names(&to, &all),
                policies,
                boundary: boundary.and_then(|(id, _)| id),
                step,
                to,
                is_many: all.iter().all(|clauses| clauses.only().is_none()),
                open,
            }))
        };
        let everything = || vec![(PolicyId::SUPPOSED, self.view.everything)];
        if let Some(put) = given(self.making.put, &[bounded])
            && let Some(grant) = grant(self.making.put, &put, everything())?
        {
            return Ok(vec![grant]);
        }
        for name in APPROVING {
            let policy = self.of_aws(name);
            if let Some(attach) = given(self.making.attach, &[bounded, (POLICY_ARN, Some(&policy))])
                && let Some(grant) = grant(self.making.attach, &attach, everything())?
            {
                return Ok(vec![grant]);
            }
        }
        // If no condition decides what it may attach, it may not attach another policy either.
        let attach = reach.permissions.class_of(self.actor, self.making.attach);
        if attach.is_none_or(|attach| attach.clauses.are_decided()) {
            return Ok(Vec::new());
        }
        let mut grants = Vec::new();
        for (id, arn) in self.approving_policies() {
            let Some(stored) = self.view.account().policy(id) else {
                continue;
            };
            if let Some(attach) = given(self.making.attach, &[bounded, (POLICY_ARN, Some(arn))]) {
                grants.extend(grant(self.making.attach, &attach, vec![(id, &*stored.policy)])?);
            }
        }
        Ok(grants)
    }

    /// What it could give to an existing principal.
    pub(super) fn to_an_existing_one(
        &self,
        to: Actor,
    ) -> Option<(Action, Vec<(PolicyId, &'a Policy)>)> {
        let account = self.view.account();
        let identity = account.identity(to)?;
        let boundary = identity.boundary.and_then(|id| account.policy(id)?.arn.as_deref());
        let may = |action, policy: Option<&str>| {
            let policy = policy.map(|arn| (POLICY_ARN, Some(arn)));
            let keys: Vec<(&str, Option<&str>)> =
                [(BOUNDARY, boundary)].into_iter().chain(policy).collect();
            let clauses = self.view.reach.permissions.clauses_given(self.actor, action, &keys);
            clauses.is_some_and(|clauses| clauses.allow(&identity.arn) != Truth::No)
        };
        let everything = || vec![(PolicyId::SUPPOSED, self.view.everything)];
        if may(self.making.put, None) {
            return Some((self.making.put, everything()));
        }
        let of_aws = APPROVING.iter().any(|name| may(self.making.attach, Some(&self.of_aws(name))));
        of_aws.then(|| (self.making.attach, everything()))
    }

    /// The managed policies of the account that allow approvals.
    fn approving_policies(&self) -> impl Iterator<Item = (PolicyId, &'a str)> {
        let policies = self.view.account().policies();
        let permissions = &self.view.reach.permissions;
        let approving = policies.filter(|(id, _)| permissions.allows(*id, APPROVE));
        approving.filter_map(|(id, stored)| Some((id, stored.arn.as_deref()?)))
    }

    /// The policy of the account with this ARN.
    fn policy_with(&self, arn: &str) -> Option<PolicyId> {
        let mut policies = self.view.account().policies();
        policies.find_map(|(id, stored)| (stored.arn.as_deref() == Some(arn)).then_some(id))
    }

    fn of_aws(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.view.account().partition)
    }

    /// An ARN whose name is not taken: the one that was found, or another one that the policies
    /// allow.
    pub(super) fn with_free_name(
        &self,
        found: String,
        all: &[&Clauses<'a, PolicyId>],
    ) -> Option<String> {
        if !self.is_taken(&found) {
            return Some(found);
        }
        // With wildcards there is always another name.
        let named = all.iter().find_map(|clauses| clauses.only());
        let Some(named) = named else {
            return Some(found);
        };
        let allowed = |arn: &str| all.iter().all(|clauses| clauses.allow(arn) != Truth::No);
        let mut free = named.into_iter().filter(|arn| !self.is_taken(arn) && allowed(arn));
        free.next().map(str::to_owned)
    }

    /// The ARN of a principal that somebody may make, and of others that the gate's rule mentions,
    /// that do not exist, and that the policies let somebody make too.
    pub(super) fn names(&self, to: &str, all: &[&Clauses<'a, PolicyId>]) -> Vec<String> {
        let Some(rule) = self.view.rule else { return vec![to.to_owned()] };
        let (kind, names): (&str, BTreeSet<&str>) = if self.making.kind == On::Roles {
            ("role", rule.mentioned_roles().collect())
        } else {
            ("user", rule.mentioned_names().collect())
        };
        let account = self.view.account();
        let at_root = format!("arn:{}:iam::{}:{kind}", account.partition, account.id);
        let beside = to.rsplit_once('/').map_or(at_root.as_str(), |(beside, _)| beside);
        let arns = names.into_iter().filter_map(|name| {
            let mut arns = [&at_root, beside].map(|path| format!("{path}/{name}")).into_iter();
            arns.find(|arn| all.iter().all(|clauses| clauses.allow(arn) != Truth::No))
        });
        let free = arns.filter(|arn| !self.is_taken(arn));
        std::iter::once(to.to_owned()).chain(free).collect()
    }

    /// The permissions of a new principal with this ARN and these policies.
    pub(super) fn state_of_new(
        &self,
        policies: Vec<(PolicyId, &'a Policy)>,
        arn: &str,
    ) -> State<'a> {
        let is_user = self.making.kind == On::Users;
        let mut state = self.view.reach.permissions.state_of_new(is_user, false, policies, None);
        if !is_user {
            new_arn::set(self.view.account(), &mut state, arn);
        }
        state
    }

    /// A new principal with one of these ARNs, as the gate sees it.
    pub(super) fn answerer(&self, names: &[String]) -> Answerer {
        if self.making.kind == On::Users {
            Answerer::new_user(names, false)
        } else {
            Answerer::any(names.iter().map(|role| self.view.session_of(role)))
        }
    }

    /// Whether the account has a principal of this kind with this name, under any path: names are
    /// unique without regard to case (IAM User Guide, "IAM identifiers").
    fn is_taken(&self, arn: &str) -> bool {
        let account = self.view.account();
        let Some((_, name)) = arn.rsplit_once('/') else {
            return false;
        };
        let is = |taken: &str| taken.eq_ignore_ascii_case(name);
        match self.making.kind {
            On::Users => account.users.iter().any(|user| is(&user.identity.name)),
            On::Roles => account.roles.iter().any(|role| is(&role.identity.name)),
            On::ServedSlots
            | On::Pipelines
            | On::Stages
            | On::AllStages
            | On::Gate
            | On::InvokedGate
            | On::Everything
            | On::Anything
            | On::Released => false,
        }
    }
}
