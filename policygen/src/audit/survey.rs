//! Who may do what in an account, worked out once and asked by all rules.
//!
//! Principals with the same policies, and the same values of the condition keys that those name, get the same answer, so
//! it is worked out once for each set of policies rather than for each principal.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam::account::{Account, Actor, Assumer, Group, PolicyId};
use iam::policy::ResourceElement;
use iam::{Blame, Clauses, Condition, Context, Effect, Frame, Grants, Part, Policy, TooIntricate, Truth, reach};

use super::action::{Action, Actions};
use super::relevance::{Relevance, keys};
use super::scope::{RegionGlob, Scope};

/// The action that gives an approval.
pub(super) const APPROVE: Action = Action::PutApprovalResult;

/// Why an account cannot be judged.
#[derive(Debug, thiserror::Error)]
#[error("what `{arn}` may do cannot be decided")]
pub(crate) struct SurveyError {
    arn: String,
    source: TooIntricate,
}

/// An account, and what has been worked out about it.
pub(crate) struct Survey<'a> {
    pub(super) account: &'a Account,
    pub(super) scope: &'a Scope,
    stages: Frame,
    /// What is known of every request, whoever makes it.
    region: Option<String>,
    relevance: Relevance,
    /// Of those who may serve any slot.
    of_actors: HashMap<Actor, Rc<Approvals>>,
    /// By the group's place.
    of_groups: Vec<Approvals>,
    none: Approvals,
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
    /// What the policies of each kind say about it.
    kinds: Vec<BTreeSet<usize>>,
    /// The condition keys that the policies name, with what is known of them.
    known: BTreeMap<String, String>,
}

/// What a policy says about an action: policies of different names often say the same.
type Content<'a> = Vec<(Effect, Option<&'a ResourceElement>, &'a [Condition])>;

/// Principals that are alike as far as an action is concerned, and might do it.
pub(super) struct Alike<'a> {
    /// In the order in which they were found.
    pub(super) place: usize,
    /// What their own permissions say about the action; by the policies of one of them.
    pub(super) clauses: Clauses<'a, PolicyId>,
    reached: OnceCell<Option<Rc<Reached>>>,
    targets: OnceCell<Vec<Actor>>,
}

impl Alike<'_> {
    /// On whom of some they may do it. The answer is kept: an action is always asked about with the same.
    ///
    /// Most may write to a few that are named: those are looked up, not looked for.
    pub(super) fn targets(&self, account: &Account, all: impl Fn() -> Vec<Actor>) -> &[Actor] {
        self.targets.get_or_init(|| {
            let mut targets = match self.clauses.only() {
                Some(named) => named.into_iter().filter_map(|arn| account.actor(arn)).collect(),
                None => all(),
            };
            targets.retain(|target| self.clauses.allow(account.arn(*target)) != Truth::No);
            targets
        })
    }
}

/// What somebody may do at one time.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    pub(super) grants: Grants<'a, PolicyId>,
    pub(super) context: Context,
}

/// Which slots somebody may serve.
#[derive(Debug, Default)]
pub(super) struct Approvals {
    /// By the slot's place.
    pub(super) slots: Vec<Option<Reached>>,
    /// Two of them in one stage.
    pub(super) both: Option<Both>,
}

/// A resource that somebody may act on.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    /// Its ARN.
    pub(super) witness: String,
    /// Whether it takes conditions that only the request decides.
    pub(super) open: bool,
}

/// Two slots of one stage that somebody may serve.
#[derive(Clone, Debug)]
pub(super) struct Both {
    /// The slots' places.
    pub(super) slots: [usize; 2],
    /// The ARNs of the two actions.
    pub(super) witness: [String; 2],
    /// Which of the states that were asked about serve them.
    pub(super) states: [usize; 2],
    /// Whether it takes conditions that only the request decides.
    pub(super) open: bool,
}

/// What somebody may do about approvals at one time, as one of several that are asked for two slots.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'c> {
    pub(super) clauses: &'c Clauses<'c, PolicyId>,
    /// The slots that these serve, where that is known.
    pub(super) approvals: Option<&'c Approvals>,
}

impl Candidate<'_> {
    /// Whether it may serve a slot, as far as that is known.
    fn may_serve(&self, slot: usize) -> bool {
        self.approvals
            .is_none_or(|approvals| approvals.slots.get(slot).is_some_and(Option::is_some))
    }
}

impl Approvals {
    /// The slots that may be served.
    pub(super) fn served(&self) -> impl Iterator<Item = (usize, &Reached)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(at, reached)| Some((at, reached.as_ref()?)))
    }

    pub(super) fn any(&self) -> bool {
        self.served().next().is_some()
    }
}

impl<'a> Survey<'a> {
    pub(super) fn new(account: &'a Account, scope: &'a Scope) -> Result<Self, SurveyError> {
        let mut survey = Self {
            account,
            scope,
            stages: scope.stages(account),
            region: scope.region.as_ref().and_then(RegionGlob::name).map(str::to_owned),
            relevance: Relevance::of(account),
            of_actors: HashMap::new(),
            of_groups: Vec::new(),
            none: Approvals::default(),
            contexts: [account.users.len(), account.roles.len()].map(|length| vec![OnceCell::new(); length]),
            assumers: RefCell::default(),
            alike: RefCell::default(),
            alike_of: RefCell::default(),
            contents: RefCell::default(),
            content_of: RefCell::default(),
        };
        let mut known: HashMap<usize, Rc<Approvals>> = HashMap::new();
        for actor in account.actors() {
            let Some(alike) = survey.alike(actor, APPROVE) else {
                continue;
            };
            let approvals = match known.get(&alike.place) {
                Some(known) => Rc::clone(known),
                None => {
                    let worked_out = Rc::new(survey.approvals_by(&alike.clauses).map_err(survey.about(actor))?);
                    known.insert(alike.place, Rc::clone(&worked_out));
                    worked_out
                }
            };
            if approvals.any() {
                survey.of_actors.insert(actor, approvals);
            }
        }
        for group in &account.groups {
            let approvals = survey.worked_out_of(group)?;
            survey.of_groups.push(approvals);
        }
        Ok(survey)
    }

    /// Which slots an actor may serve with its own permissions.
    pub(super) fn approvals(&self, actor: Actor) -> &Approvals {
        self.of_actors.get(&actor).map_or(&self.none, Rc::as_ref)
    }

    /// Which slots a group's own policies allow somebody to serve, or may allow; by the group's place.
    pub(super) fn group_approvals(&self, group: usize) -> &Approvals {
        self.of_groups.get(group).unwrap_or(&self.none)
    }

    fn worked_out_of(&self, group: &Group) -> Result<Approvals, SurveyError> {
        if !group.policies.iter().any(|id| self.relevance.allows(*id, APPROVE)) {
            return Ok(Approvals::default());
        }
        let state = State {
            grants: self.account.group_grants(group),
            context: self.located(Context::new()),
        };
        self.approvals_in(&state).map_err(|source| SurveyError {
            arn: group.arn.clone(),
            source,
        })
    }

    /// Which slots are served in a state.
    pub(super) fn approvals_in(&self, state: &State<'_>) -> Result<Approvals, TooIntricate> {
        self.approvals_by(&state.clauses())
    }

    fn approvals_by(&self, clauses: &Clauses<'_, PolicyId>) -> Result<Approvals, TooIntricate> {
        let slots = (0..self.scope.slots.len()).map(|slot| {
            let parts = [(slot, clauses)];
            Ok(self.common(&parts)?.map(|(witness, open)| Reached {
                witness: self.action_arn(&witness, slot),
                open,
            }))
        });
        let slots = slots.collect::<Result<Vec<_>, _>>()?;
        let mut approvals = Approvals { slots, both: None };
        let itself = Candidate {
            clauses,
            approvals: Some(&approvals),
        };
        approvals.both = self.pair(&[itself])?;
        Ok(approvals)
    }

    /// Two slots of one stage, served by one or two of several states.
    pub(super) fn pair(&self, states: &[Candidate<'_>]) -> Result<Option<Both>, TooIntricate> {
        self.both(states, |_, _| true)
    }

    /// Two slots of one stage, one of them at least served in the last of several states.
    pub(super) fn pair_with_last(&self, states: &[Candidate<'_>]) -> Result<Option<Both>, TooIntricate> {
        let last = states.len().saturating_sub(1);
        self.both(states, |i, j| i == last || j == last)
    }

    fn both(
        &self,
        states: &[Candidate<'_>],
        wanted: impl Fn(usize, usize) -> bool,
    ) -> Result<Option<Both>, TooIntricate> {
        let mut found: Option<Both> = None;
        let slots = 0..self.scope.slots.len();
        for a in slots.clone() {
            for b in slots.clone().skip(a + 1) {
                let serving = |slot| {
                    states
                        .iter()
                        .enumerate()
                        .filter(move |(_, state)| state.may_serve(slot))
                };
                for (i, of_a) in serving(a) {
                    for (j, of_b) in serving(b).filter(|(j, _)| wanted(i, *j)) {
                        let Some((witness, open)) = self.common(&[(a, of_a.clauses), (b, of_b.clauses)])? else {
                            continue;
                        };
                        let both = Both {
                            slots: [a, b],
                            witness: [a, b].map(|slot| self.action_arn(&witness, slot)),
                            states: [i, j],
                            open,
                        };
                        if !open {
                            return Ok(Some(both));
                        }
                        found.get_or_insert(both);
                    }
                }
            }
        }
        Ok(found)
    }

    /// A shortest stage in which all of these slots may be served, and whether that takes open conditions.
    fn common(&self, parts: &[(usize, &Clauses<'_, PolicyId>)]) -> Result<Option<(String, bool)>, TooIntricate> {
        let suffixes: Vec<String> = parts.iter().map(|(slot, _)| self.suffix(*slot)).collect();
        let parts: Vec<Part<'_, '_, PolicyId>> = parts
            .iter()
            .zip(&suffixes)
            .map(|((_, clauses), suffix)| Part { suffix, clauses })
            .collect();
        found(&self.stages, &parts)
    }

    fn suffix(&self, slot: usize) -> String {
        let action = self.scope.slots.get(slot).map_or("", |slot| &slot.action);
        format!("/{action}")
    }

    fn action_arn(&self, stage: &str, slot: usize) -> String {
        format!("{stage}{}", self.suffix(slot))
    }

    /// A shortest resource of a frame on which an actor may do something with its own permissions.
    ///
    /// The answer is kept by the action: an action is always asked about with one frame.
    pub(super) fn reaches(
        &self,
        actor: Actor,
        action: Action,
        frame: &Frame,
    ) -> Result<Option<Rc<Reached>>, SurveyError> {
        let Some(alike) = self.alike(actor, action) else {
            return Ok(None);
        };
        if let Some(known) = alike.reached.get() {
            return Ok(known.clone());
        }
        let part = [Part {
            suffix: "",
            clauses: &alike.clauses,
        }];
        let found = found(frame, &part).map_err(self.about(actor))?;
        let found = found.map(|(witness, open)| Rc::new(Reached { witness, open }));
        Ok(alike.reached.get_or_init(|| found).clone())
    }

    /// Those that are like an actor as far as an action is concerned, where it might do it.
    pub(super) fn alike(&self, actor: Actor, action: Action) -> Option<Rc<Alike<'a>>> {
        if !self.might(actor, action) {
            return None;
        }
        let mut alike_of = self.alike_of.borrow_mut();
        let found = alike_of.entry((action, actor)).or_insert_with(|| {
            let grants = self.account.grants(actor, |id| self.relevance.is_about(id, action));
            let class = (action, self.class(actor, action, &grants));
            let mut alike = self.alike.borrow_mut();
            let place = alike.len();
            let found = alike.entry(class).or_insert_with(|| {
                Rc::new(Alike {
                    place,
                    clauses: grants.about(self.relevance.name(action), &self.context(actor)),
                    reached: OnceCell::new(),
                    targets: OnceCell::new(),
                })
            });
            Rc::clone(found)
        });
        Some(Rc::clone(found))
    }

    fn class(&self, actor: Actor, action: Action, grants: &Grants<'a, PolicyId>) -> Class {
        let with_keys = grants
            .kinds
            .iter()
            .flatten()
            .filter(|(id, _)| self.relevance.has_keys(*id));
        let statements = with_keys.flat_map(|(_, policy)| &policy.statements);
        let about = statements.filter(|statement| statement.actions.include(self.relevance.name(action)));
        let keys: BTreeSet<&str> = about.flat_map(keys).collect();
        let known = |key: &str| (key.to_owned(), format!("{:?}", self.context(actor).get(key)));
        let contents = |kind: &Vec<(PolicyId, &'a Policy)>| {
            let policies = kind.iter();
            policies.map(|(id, policy)| self.content(*id, policy, action)).collect()
        };
        Class {
            kinds: grants.kinds.iter().map(contents).collect(),
            known: keys.into_iter().map(known).collect(),
        }
    }

    /// A number for what a policy says about an action: the same for the same.
    fn content(&self, id: PolicyId, policy: &'a Policy, action: Action) -> usize {
        *self.content_of.borrow_mut().entry((action, id)).or_insert_with(|| {
            let statements = policy.statements.iter();
            let about = statements.filter(|statement| statement.actions.include(self.relevance.name(action)));
            let said = about.map(|statement| (statement.effect, statement.resources.as_ref(), &*statement.conditions));
            let mut contents = self.contents.borrow_mut();
            let next = contents.len();
            *contents.entry(said.collect()).or_insert(next)
        })
    }

    /// Whether some policy of an actor allows an action of anything: what is cheap to know before all else.
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

    /// The statements by which an actor may do something to a resource; none when it may not.
    pub(super) fn may(&self, actor: Actor, action: Action, resource: &str) -> Option<Vec<Blame<'a, PolicyId>>> {
        let alike = self.alike(actor, action)?;
        (alike.clauses.allow(resource) != Truth::No).then(|| self.blame(actor, action, resource))
    }

    /// The statements that have their part in what an actor may do to a resource.
    pub(super) fn blame(&self, actor: Actor, action: Action, resource: &str) -> Vec<Blame<'a, PolicyId>> {
        let grants = self.account.grants(actor, |id| self.relevance.is_about(id, action));
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
    pub(super) fn may_attach(&self, actor: Actor, action: Action, resource: &str, policy: &str) -> bool {
        let grants = self.account.grants(actor, |id| self.relevance.is_about(id, action));
        let mut context = self.context(actor).into_owned();
        // IAM User Guide, "IAM and AWS STS condition context keys".
        context.set("iam:PolicyARN", [policy.to_owned()]);
        grants.about(self.relevance.name(action), &context).allow(resource) != Truth::No
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

    /// Whether a policy allows approvals of anything.
    pub(super) fn is_about_approvals(&self, id: PolicyId) -> bool {
        self.relevance.allows(id, APPROVE)
    }

    /// For errors.
    pub(super) fn about(&self, actor: Actor) -> impl Fn(TooIntricate) -> SurveyError + use<'_> {
        let arn = self.account.arn(actor).to_owned();
        move |source| SurveyError {
            arn: arn.clone(),
            source,
        }
    }
}

impl<'a> State<'a> {
    /// What is said about approvals.
    pub(super) fn clauses(&self) -> Clauses<'a, PolicyId> {
        self.grants.about(&APPROVE.name().to_lowercase(), &self.context)
    }
}

/// A shortest resource of a frame on which all parts are allowed, for certain or else when open conditions hold; and
/// whether that is so.
fn found(frame: &Frame, parts: &[Part<'_, '_, PolicyId>]) -> Result<Option<(String, bool)>, TooIntricate> {
    let certain = reach(frame, parts, false)?;
    if certain.is_some() || parts.iter().all(|part| part.clauses.are_decided()) {
        return Ok(certain.map(|witness| (witness, false)));
    }
    Ok(reach(frame, parts, true)?.map(|witness| (witness, true)))
}
