//! What principals may do by their policies, computed once for each class of equivalent principals.
//!
//! Policies that say the same about an action give the same answer, even if their names differ,
//! unless the principals differ in the condition keys that the policies use.

mod direct;
mod somebody;

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use iam::account::{Account, Actor, Assumer, Group, PolicyId};
use iam::policy::{ResourceElement, Statement};
use iam::{Blame, Clauses, Condition, Context, Effect, Grants, Policies, Policy, Truth, Value};

use crate::action::{APPROVE, Action, Actions};
use crate::by_actor::ByActor;
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::policy_index::{PolicyIndex, keys};
use crate::scope::Scope;
use crate::ways::Way;

pub(super) use self::somebody::{After, As};

/// The condition key for the managed policy in a request to attach one (IAM User Guide, "IAM and
/// AWS STS condition context keys").
pub(super) const POLICY_ARN: &str = "iam:PolicyARN";
/// The condition key for the permissions boundary that a user or a role has or gets, in requests to
/// create it and to change its policies (same source).
pub(super) const BOUNDARY: &str = "iam:PermissionsBoundary";

/// The permissions of everybody in an account.
pub(super) struct Permissions<'a> {
    account: &'a Account,
    policies: PolicyIndex,
    contexts: ByActor<OnceCell<Context>>,
    assumers: RefCell<HashMap<Actor, Rc<Assumer<'a>>>>,
    classes: RefCell<HashMap<(Action, ClassKey), Rc<EquivalenceClass<'a>>>>,
    class_of_actor: RefCell<HashMap<(Action, Actor), Rc<EquivalenceClass<'a>>>>,
    contents: RefCell<HashMap<Content<'a>, ContentId>>,
    /// By the text, which policies share if it is the same.
    content_of: RefCell<HashMap<(Action, *const Policy), ContentId>>,
}

/// What the answer for an action depends on. Principals with equal keys are equivalent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ClassKey {
    /// What the principal's own policies say about the action.
    identity: BTreeSet<ContentId>,
    /// What its boundary says.
    boundary: Option<BTreeSet<ContentId>>,
    /// What each level of service control policies says.
    controls: Vec<BTreeSet<ContentId>>,
    /// The condition keys that the policies use, and what is known about them.
    known: BTreeMap<String, Value>,
}

/// Identifies what a policy says about an action: policies that say the same have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ContentId(usize);

/// What a policy says about an action. Policies with different names often say the same.
type Content<'a> = Vec<(Effect, Option<&'a ResourceElement>, &'a [Condition])>;

/// The permissions of a principal at one time: now, or after some writes.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    pub(super) grants: Grants<'a, PolicyId>,
    pub(super) context: Context,
}

impl<'a> Permissions<'a> {
    pub(super) fn new(account: &'a Account, scope: &Scope, ways: &[Way]) -> Self {
        Self {
            account,
            policies: PolicyIndex::new(account, scope, ways),
            contexts: ByActor::new(account, |_| OnceCell::new()),
            assumers: RefCell::default(),
            classes: RefCell::default(),
            class_of_actor: RefCell::default(),
            contents: RefCell::default(),
            content_of: RefCell::default(),
        }
    }

    /// The class of an actor for an action. `None` if the actor certainly may not do it.
    pub(super) fn class_of(
        &self,
        actor: Actor,
        action: Action,
    ) -> Option<Rc<EquivalenceClass<'a>>> {
        if !self.might(actor, action) {
            return None;
        }
        let mut class_of_actor = self.class_of_actor.borrow_mut();
        let found = class_of_actor.entry((action, actor)).or_insert_with(|| {
            self.class_with(action, &self.grants(actor, action), &self.context(actor))
        });
        Some(Rc::clone(found))
    }

    /// The actions that some policy of somebody with these permissions may allow.
    fn might_in(&self, state: &State<'a>) -> Actions {
        let allowed = |(id, policy): &(PolicyId, &'a Policy)| match self.is_stored(*id, policy) {
            true => self.policies.allowed(*id),
            false => Actions::ALL,
        };
        state.grants.identity.iter().map(allowed).fold(Actions::default(), Actions::and)
    }

    /// The class of somebody with these permissions. `None` if it certainly may not do the action.
    pub(super) fn class_in(
        &self,
        state: &State<'a>,
        action: Action,
    ) -> Option<Rc<EquivalenceClass<'a>>> {
        // Cheap, so it is asked first: most policies say nothing about most actions.
        let allows = |(id, policy): &(PolicyId, &'a Policy)| match self.is_stored(*id, policy) {
            true => self.policies.allows(*id, action),
            false => self.statements(policy, action).any(|it| it.effect == Effect::Allow),
        };
        state.grants.identity.iter().any(allows).then_some(())?;
        let mut grants = state.grants.clone();
        let is_about = |(id, policy): &(PolicyId, &'a Policy)| match self.is_stored(*id, policy) {
            true => self.policies.is_about(*id, action),
            false => self.statements(policy, action).next().is_some(),
        };
        grants.identity.retain(is_about);
        let limits = grants.limits.boundary.iter_mut().chain(&mut grants.limits.controls);
        limits.for_each(|policies| policies.retain(is_about));
        Some(self.class_with(action, &grants, &state.context))
    }

    fn class_with(
        &self,
        action: Action,
        grants: &Grants<'a, PolicyId>,
        context: &Context,
    ) -> Rc<EquivalenceClass<'a>> {
        let mut context = Cow::Borrowed(context);
        let mut key = self.class_key(action, grants, &context);
        if action == APPROVE && direct::matters(key.known.keys()) {
            context = Cow::Owned(direct::context(&context));
            key = self.class_key(action, grants, &context);
        }
        let key = (action, key);
        let mut classes = self.classes.borrow_mut();
        let id = ClassId(classes.len());
        let found = classes.entry(key).or_insert_with_key(|(_, key)| {
            let keys = key.known.keys().cloned();
            let clauses = grants.about(self.policies.name(action), &context);
            Rc::new(EquivalenceClass::new(id, clauses, keys))
        });
        Rc::clone(found)
    }

    /// Whether a policy is the text that the account has in force under this id.
    fn is_stored(&self, id: PolicyId, policy: &Policy) -> bool {
        self.account
            .policy(id)
            .is_some_and(|stored| std::ptr::eq(Arc::as_ptr(&stored.policy), policy))
    }

    fn class_key(
        &self,
        action: Action,
        grants: &Grants<'a, PolicyId>,
        context: &Context,
    ) -> ClassKey {
        let with_keys = grants
            .policies()
            .filter(|(id, policy)| !self.is_stored(*id, policy) || self.policies.has_keys(*id));
        let about = with_keys.flat_map(|(_, policy)| self.statements(policy, action));
        let keys: BTreeSet<&str> = about.flat_map(keys).collect();
        let known = |key: &str| (key.to_owned(), context.get(key).clone());
        let contents = |policies: &Policies<'a, PolicyId>| {
            let policies = policies.iter();
            policies.map(|(id, policy)| self.content(*id, policy, action)).collect()
        };
        ClassKey {
            identity: contents(&grants.identity),
            boundary: grants.limits.boundary.as_ref().map(contents),
            controls: grants.limits.controls.iter().map(contents).collect(),
            known: keys.into_iter().map(known).collect(),
        }
    }

    fn content(&self, id: PolicyId, policy: &'a Policy, action: Action) -> ContentId {
        let read = || {
            let about = self.statements(policy, action);
            let said = about.map(|statement| {
                (statement.effect, statement.resources.as_ref(), &*statement.conditions)
            });
            let mut contents = self.contents.borrow_mut();
            let next = ContentId(contents.len());
            *contents.entry(said.collect()).or_insert(next)
        };
        match self.is_stored(id, policy) {
            true => {
                let text = std::ptr::from_ref(policy);
                *self.content_of.borrow_mut().entry((action, text)).or_insert_with(read)
            }
            false => read(),
        }
    }

    /// The statements of a policy about an action.
    fn statements(
        &self,
        policy: &'a Policy,
        action: Action,
    ) -> impl Iterator<Item = &'a Statement> {
        let statements = policy.statements.iter();
        statements.filter(move |statement| statement.actions.include(self.policies.name(action)))
    }

    /// The policies that decide about an action for an actor.
    fn grants(&self, actor: Actor, action: Action) -> Grants<'a, PolicyId> {
        self.account.grants(actor, |id| self.policies.is_about(id, action))
    }

    /// Whether some policy of an actor allows an action on anything that matters. Cheap, so it is
    /// asked first.
    pub(super) fn might(&self, actor: Actor, action: Action) -> bool {
        self.policies.might(actor).has(action)
    }

    /// The same for at least one of several actions.
    pub(super) fn might_any(&self, actor: Actor, actions: &[Action]) -> bool {
        self.policies.might(actor).has_any(Actions::from_actions(actions))
    }

    /// Every actor that might do at least one of several actions.
    pub(super) fn actors_that_might(&self, actions: &[Action]) -> impl Iterator<Item = Actor> {
        let actors = self.account.actors();
        actors.filter(|actor| self.might_any(*actor, actions))
    }

    /// The statements that decide whether an actor may do an action to a resource.
    pub(super) fn blame(
        &self,
        actor: Actor,
        action: Action,
        resource: &str,
    ) -> Vec<Blame<'a, PolicyId>> {
        let grants = self.grants(actor, action);
        let mut context = self.context(actor);
        if action == APPROVE {
            context = Cow::Owned(direct::context(&context));
        }
        grants.about(self.policies.name(action), &context).blame(resource)
    }

    /// What decides which roles an actor may assume. `None` if it is not in the account.
    pub(super) fn assumer(&self, actor: Actor) -> Option<Rc<Assumer<'a>>> {
        let mut known = self.assumers.borrow_mut();
        if let Some(assumer) = known.get(&actor) {
            return Some(Rc::clone(assumer));
        }
        let keep = |id| self.policies.is_about(id, Action::AssumeRole);
        let assumer = Rc::new(self.account.assumer(actor, keep)?);
        known.insert(actor, Rc::clone(&assumer));
        Some(assumer)
    }

    /// Whether an actor may attach a managed policy to a resource.
    pub(super) fn may_attach(
        &self,
        actor: Actor,
        action: Action,
        resource: &str,
        policy: &str,
    ) -> bool {
        let clauses = self.clauses_given(actor, action, &[(POLICY_ARN, Some(policy))]);
        clauses.is_some_and(|clauses| clauses.allow(resource) != Truth::No)
    }

    /// What an actor's own policies say about an action if these condition keys have these values;
    /// with `None`, the key is not in the request.
    pub(super) fn clauses_given(
        &self,
        actor: Actor,
        action: Action,
        given: &[(&str, Option<&str>)],
    ) -> Option<Rc<Clauses<'a, PolicyId>>> {
        self.clauses_as(&As::Now(actor), action, given)
    }

    /// What an actor may do about approvals now.
    pub(super) fn state(&self, actor: Actor) -> State<'a> {
        self.state_with(actor, |_| false)
    }

    /// The same, also with policies that say nothing about approvals, so that they can be replaced.
    pub(super) fn state_with(&self, actor: Actor, also: impl Fn(PolicyId) -> bool) -> State<'a> {
        State {
            grants: self
                .account
                .grants(actor, |id| also(id) || self.policies.is_about(id, APPROVE)),
            context: self.context(actor).into_owned(),
        }
    }

    /// Everything that an actor may do now.
    pub(super) fn whole_state(&self, actor: Actor) -> State<'a> {
        self.state_with(actor, |_| true)
    }

    /// What a new user or role could do about approvals with these policies and this boundary.
    pub(super) fn state_of_new(
        &self,
        is_user: bool,
        may_be_tagged: bool,
        own: Vec<(PolicyId, &'a Policy)>,
        boundary: Option<PolicyId>,
    ) -> State<'a> {
        State {
            grants: self.account.grants_of_new(own, boundary),
            context: self.account.context_of_new(is_user, may_be_tagged),
        }
    }

    /// What a group's own policies would let a member do about approvals.
    pub(super) fn state_of_group(&self, group: &Group) -> State<'a> {
        let context = self.account.context_of_anybody();
        State { grants: self.account.group_grants(group), context }
    }

    fn context(&self, actor: Actor) -> Cow<'_, Context> {
        let compute = || self.account.context(actor);
        match self.contexts.get(actor) {
            Some(known) => Cow::Borrowed(known.get_or_init(compute)),
            None => Cow::Owned(compute()),
        }
    }

    /// What is known about a condition key in the requests of an actor.
    pub(super) fn value(&self, actor: Actor, key: &str) -> Value {
        self.context(actor).get(key).clone()
    }

    /// The condition keys that a policy uses where it is about at least one of several actions.
    pub(super) fn keys_about<'p>(
        &'p self,
        policy: &'p Policy,
        actions: &'p [Action],
    ) -> impl Iterator<Item = &'p str> {
        let statements = policy.statements.iter().filter(move |statement| {
            let mut names = actions.iter().map(|action| self.policies.name(*action));
            keys(statement).next().is_some() && names.any(|name| statement.actions.include(name))
        });
        statements.flat_map(keys)
    }

    /// Whether a policy allows at least one of several actions on anything that matters.
    pub(super) fn allows_any(&self, policy: PolicyId, actions: Actions) -> bool {
        self.policies.allowed(policy).has_any(actions)
    }

    /// Whether a policy allows an action on anything that matters.
    pub(super) fn allows(&self, policy: PolicyId, action: Action) -> bool {
        self.policies.allows(policy, action)
    }
}

impl<'a> State<'a> {
    /// What the policies say about approvals.
    pub(super) fn clauses(&self) -> Clauses<'a, PolicyId> {
        self.grants.about(&APPROVE.name().to_lowercase(), &direct::context(&self.context))
    }
}
