//! What principals may do by their policies, worked out once for all that are alike.
//!
//! Policies that say the same of an action give the same answer, whatever they are called and
//! however often they are written, unless the values of the condition keys that they name differ.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam::account::{Account, Actor, Assumer, Group, PolicyId};
use iam::policy::{ResourceElement, Statement};
use iam::{Blame, Clauses, Condition, Context, Effect, Grants, Policies, Policy, Truth, Value};
use names::RegionGlob;

use super::action::{APPROVE, Action, Actions};
use super::alike::Alike;
use super::relevance::{Relevance, keys};
use super::scope::Scope;

/// The managed policy that is attached, and the boundary that a user or a role gets or has: in
/// requests to attach, to make and to write policies (IAM User Guide, "IAM and AWS STS condition
/// context keys").
pub(super) const POLICY_ARN: &str = "iam:PolicyARN";
pub(super) const BOUNDARY: &str = "iam:PermissionsBoundary";

/// The permissions of everybody in an account.
pub(super) struct Permissions<'a> {
    account: &'a Account,
    /// What is known of every request, whoever makes it.
    region: Option<String>,
    relevance: Relevance,
    /// By the places of the users and of the roles.
    contexts: [Vec<OnceCell<Context>>; 2],
    assumers: RefCell<HashMap<Actor, Rc<Assumer<'a>>>>,
    alike: RefCell<HashMap<(Action, Class), Rc<Alike<'a>>>>,
    /// The same, by each of them.
    alike_of: RefCell<HashMap<(Action, Actor), Rc<Alike<'a>>>>,
    contents: RefCell<HashMap<Content<'a>, usize>>,
    content_of: RefCell<HashMap<(Action, PolicyId), usize>>,
}

/// What tells principals apart as far as an action is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    /// What its own policies say about it.
    identity: BTreeSet<usize>,
    /// What its boundary says.
    boundary: Option<BTreeSet<usize>>,
    /// What each level of service control policies says.
    controls: Vec<BTreeSet<usize>>,
    /// The condition keys that the policies name, with what is known of them.
    known: BTreeMap<String, Value>,
}

/// What a policy says about an action: policies of different names often say the same.
type Content<'a> = Vec<(Effect, Option<&'a ResourceElement>, &'a [Condition])>;

/// What somebody may do at one time.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    pub(super) grants: Grants<'a, PolicyId>,
    pub(super) context: Context,
}

impl<'a> Permissions<'a> {
    pub(super) fn new(account: &'a Account, scope: &Scope) -> Self {
        Self {
            account,
            region: scope.region.as_ref().and_then(RegionGlob::region).map(str::to_owned),
            relevance: Relevance::of(account, scope),
            contexts: [account.users.len(), account.roles.len()]
                .map(|length| vec![OnceCell::new(); length]),
            assumers: RefCell::default(),
            alike: RefCell::default(),
            alike_of: RefCell::default(),
            contents: RefCell::default(),
            content_of: RefCell::default(),
        }
    }

    /// Those that are like an actor as far as an action is concerned, where it might do it.
    pub(super) fn alike(&self, actor: Actor, action: Action) -> Option<Rc<Alike<'a>>> {
        if !self.might(actor, action) {
            return None;
        }
        let mut alike_of = self.alike_of.borrow_mut();
        let found = alike_of.entry((action, actor)).or_insert_with(|| {
            let grants = self.grants(actor, action);
            let class = (action, self.class(actor, action, &grants));
            let mut alike = self.alike.borrow_mut();
            let place = alike.len();
            let found = alike.entry(class).or_insert_with(|| {
                let clauses = grants.about(self.relevance.name(action), &self.context(actor));
                Rc::new(Alike::new(place, clauses))
            });
            Rc::clone(found)
        });
        Some(Rc::clone(found))
    }

    fn class(&self, actor: Actor, action: Action, grants: &Grants<'a, PolicyId>) -> Class {
        let with_keys = grants.policies().filter(|(id, _)| self.relevance.has_keys(*id));
        let about = with_keys.flat_map(|(_, policy)| self.statements(policy, action));
        let keys: BTreeSet<&str> = about.flat_map(keys).collect();
        let context = self.context(actor);
        let known = |key: &str| (key.to_owned(), context.get(key).clone());
        let contents = |policies: &Policies<'a, PolicyId>| {
            let policies = policies.iter();
            policies.map(|(id, policy)| self.content(*id, policy, action)).collect()
        };
        Class {
            identity: contents(&grants.identity),
            boundary: grants.limits.boundary.as_ref().map(contents),
            controls: grants.limits.controls.iter().map(contents).collect(),
            known: keys.into_iter().map(known).collect(),
        }
    }

    /// A number for what a policy says about an action: the same for the same.
    fn content(&self, id: PolicyId, policy: &'a Policy, action: Action) -> usize {
        *self.content_of.borrow_mut().entry((action, id)).or_insert_with(|| {
            let about = self.statements(policy, action);
            let said = about.map(|statement| {
                (statement.effect, statement.resources.as_ref(), &*statement.conditions)
            });
            let mut contents = self.contents.borrow_mut();
            let next = contents.len();
            *contents.entry(said.collect()).or_insert(next)
        })
    }

    /// What a policy has to say about an action.
    fn statements(
        &self,
        policy: &'a Policy,
        action: Action,
    ) -> impl Iterator<Item = &'a Statement> {
        let statements = policy.statements.iter();
        statements.filter(move |statement| statement.actions.include(self.relevance.name(action)))
    }

    /// The policies of an actor that are about an action.
    fn grants(&self, actor: Actor, action: Action) -> Grants<'a, PolicyId> {
        self.account.grants(actor, |id| self.relevance.is_about(id, action))
    }

    /// Whether some policy of an actor allows an action of anything: what is cheap to know before
    /// all else.
    pub(super) fn might(&self, actor: Actor, action: Action) -> bool {
        self.relevance.might(actor).has(action)
    }

    /// The same for one of several actions.
    pub(super) fn might_any(&self, actor: Actor, actions: &[Action]) -> bool {
        self.relevance.might(actor).has_any(Actions::of(actions))
    }

    /// Everybody who might do one of these.
    pub(super) fn who_might(&self, actions: &[Action]) -> impl Iterator<Item = Actor> {
        let actors = self.account.actors();
        actors.filter(|actor| self.might_any(*actor, actions))
    }

    /// The statements that have their part in what an actor may do to a resource.
    pub(super) fn blame(
        &self,
        actor: Actor,
        action: Action,
        resource: &str,
    ) -> Vec<Blame<'a, PolicyId>> {
        let grants = self.grants(actor, action);
        let clauses = grants.about(self.relevance.name(action), &self.context(actor));
        clauses.blame(resource)
    }

    /// An actor, as far as assuming roles goes.
    pub(super) fn assumer(&self, actor: Actor) -> Option<Rc<Assumer<'a>>> {
        let mut known = self.assumers.borrow_mut();
        if let Some(assumer) = known.get(&actor) {
            return Some(Rc::clone(assumer));
        }
        let keep = |id| self.relevance.is_about(id, Action::AssumeRole);
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

    /// What an actor's own permissions say about an action, where these condition keys have these
    /// values or, with `None`, are not in the request.
    pub(super) fn clauses_given(
        &self,
        actor: Actor,
        action: Action,
        given: &[(&str, Option<&str>)],
    ) -> Option<Clauses<'a, PolicyId>> {
        if !self.might(actor, action) {
            return None;
        }
        let mut context = self.context(actor).into_owned();
        for (key, value) in given {
            match value {
                Some(value) => context.set(key, [(*value).to_owned()]),
                None => context.absent(key),
            }
        }
        Some(self.grants(actor, action).about(self.relevance.name(action), &context))
    }

    /// What an actor may do about approvals, to be asked or changed.
    pub(super) fn state(&self, actor: Actor) -> State<'a> {
        self.state_with(actor, |_| false)
    }

    /// The same, with a policy more that says nothing about approvals now.
    pub(super) fn state_with(&self, actor: Actor, also: impl Fn(PolicyId) -> bool) -> State<'a> {
        State {
            grants: self
                .account
                .grants(actor, |id| also(id) || self.relevance.is_about(id, APPROVE)),
            context: self.context(actor).into_owned(),
        }
    }

    /// What a user or a role that is not there yet could do about approvals with these policies and
    /// this boundary.
    pub(super) fn state_of_new(
        &self,
        is_user: bool,
        may_be_tagged: bool,
        own: Vec<(PolicyId, &'a Policy)>,
        boundary: Option<PolicyId>,
    ) -> State<'a> {
        State {
            grants: self.account.grants_of_new(own, boundary),
            context: self.located(self.account.context_of_new(is_user, may_be_tagged)),
        }
    }

    /// What a group's own policies would let somebody do about approvals.
    pub(super) fn state_of(&self, group: &Group) -> State<'a> {
        State { grants: self.account.group_grants(group), context: self.located(Context::new()) }
    }

    fn context(&self, actor: Actor) -> Cow<'_, Context> {
        let work_out = || self.located(self.account.context(actor));
        let [users, roles] = &self.contexts;
        let known = match actor {
            Actor::User(at) => users.get(at),
            Actor::Role(at) => roles.get(at),
        };
        match known {
            Some(known) => Cow::Borrowed(known.get_or_init(work_out)),
            None => Cow::Owned(work_out()),
        }
    }

    /// With the region, where it is one.
    fn located(&self, mut context: Context) -> Context {
        if let Some(region) = &self.region {
            context.set("aws:RequestedRegion", [region.clone()]);
        }
        context
    }

    /// Whether a policy allows an action of anything.
    pub(super) fn allows(&self, policy: PolicyId, action: Action) -> bool {
        self.relevance.allows(policy, action)
    }
}

impl<'a> State<'a> {
    /// What is said about approvals.
    pub(super) fn clauses(&self) -> Clauses<'a, PolicyId> {
        self.grants.about(&APPROVE.name().to_lowercase(), &self.context)
    }
}
