//! Who may do what in an account, worked out once and asked by all rules.
//!
//! Principals with the same policies, and the same values of the condition keys that those name, get the same answer, so
//! it is worked out once for each set of policies rather than for each principal.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam::account::{Account, Actor, Assumer, Group, PolicyId};
use iam::policy::Statement;
use iam::{Blame, Clauses, Context, Frame, Grants, Part, TooIntricate, Truth, reach};

use super::relevance::Relevance;
use super::scope::{RegionGlob, Scope};

/// The action that gives an approval.
pub(super) const APPROVE: &str = "codepipeline:PutApprovalResult";

/// The action by which a principal becomes a role.
pub(super) const ASSUME_ROLE: &str = "sts:AssumeRole";

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
    relevance: RefCell<HashMap<&'static str, Rc<Relevance>>>,
    /// By the policy's place: whether it may be about a service's actions.
    touching: RefCell<HashMap<&'static str, Vec<bool>>>,
    /// Of those who may serve any slot.
    of_actors: HashMap<Actor, Rc<Approvals>>,
    /// By the group's place.
    of_groups: Vec<Approvals>,
    none: Approvals,
    /// By the places of the users and of the roles.
    contexts: [Vec<OnceCell<Context>>; 2],
    assumers: RefCell<HashMap<Actor, Rc<Assumer<'a>>>>,
    reached: RefCell<ByAction>,
}

/// By the action and who asks: what was found, or that there is nothing.
type ByAction = HashMap<(&'static str, Class), Option<Rc<Reached>>>;

/// What tells principals apart as far as an action is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    kinds: Vec<Vec<PolicyId>>,
    /// The condition keys that the policies name, with what is known of them.
    known: BTreeMap<String, String>,
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
            relevance: RefCell::default(),
            touching: RefCell::default(),
            of_actors: HashMap::new(),
            of_groups: Vec::new(),
            none: Approvals::default(),
            contexts: [account.users.len(), account.roles.len()].map(|length| vec![OnceCell::new(); length]),
            assumers: RefCell::default(),
            reached: RefCell::default(),
        };
        let mut known: HashMap<Class, Rc<Approvals>> = HashMap::new();
        for actor in account.actors() {
            let Some(class) = survey.class(actor, APPROVE) else {
                continue;
            };
            let approvals = match known.entry(class) {
                Entry::Occupied(known) => Rc::clone(known.get()),
                Entry::Vacant(new) => {
                    let worked_out = survey.approvals_in(&survey.state(actor));
                    Rc::clone(new.insert(Rc::new(worked_out.map_err(survey.about(actor))?)))
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
        let relevance = self.relevance(APPROVE);
        if !group.policies.iter().any(|id| relevance.allows(*id)) {
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
        let clauses = state.clauses();
        let slots = (0..self.scope.slots.len()).map(|slot| {
            let parts = [(slot, &clauses)];
            Ok(self.common(&parts)?.map(|(witness, open)| Reached {
                witness: self.action_arn(&witness, slot),
                open,
            }))
        });
        let slots = slots.collect::<Result<Vec<_>, _>>()?;
        let both = if slots.iter().flatten().count() < 2 {
            None
        } else {
            self.pair(&[&clauses])?
        };
        Ok(Approvals { slots, both })
    }

    /// Two slots of one stage, served by one or two of several states.
    pub(super) fn pair(&self, states: &[&Clauses<'_, PolicyId>]) -> Result<Option<Both>, TooIntricate> {
        self.both(states, |_, _| true)
    }

    /// Two slots of one stage, one of them at least served in the last of several states.
    pub(super) fn pair_with_last(&self, states: &[&Clauses<'_, PolicyId>]) -> Result<Option<Both>, TooIntricate> {
        let last = states.len().saturating_sub(1);
        self.both(states, |i, j| i == last || j == last)
    }

    fn both(
        &self,
        states: &[&Clauses<'_, PolicyId>],
        wanted: impl Fn(usize, usize) -> bool,
    ) -> Result<Option<Both>, TooIntricate> {
        let mut found: Option<Both> = None;
        let slots = 0..self.scope.slots.len();
        for a in slots.clone() {
            for b in slots.clone().skip(a + 1) {
                for (i, of_a) in states.iter().enumerate() {
                    for (j, of_b) in states.iter().enumerate().filter(|(j, _)| wanted(i, *j)) {
                        let Some((witness, open)) = self.common(&[(a, of_a), (b, of_b)])? else {
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
        action: &'static str,
        frame: &Frame,
    ) -> Result<Option<Rc<Reached>>, SurveyError> {
        let Some(class) = self.class(actor, action) else {
            return Ok(None);
        };
        let key = (action, class);
        if let Some(known) = self.reached.borrow().get(&key) {
            return Ok(known.clone());
        }
        let clauses = self.clauses(actor, action);
        let part = [Part {
            suffix: "",
            clauses: &clauses,
        }];
        let found = found(frame, &part).map_err(self.about(actor))?;
        let found = found.map(|(witness, open)| Rc::new(Reached { witness, open }));
        self.reached.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// What an actor's own permissions say about an action.
    pub(super) fn clauses(&self, actor: Actor, action: &'static str) -> Clauses<'a, PolicyId> {
        let relevance = self.relevance(action);
        let grants = self.account.grants(actor, |id| relevance.has(id));
        grants.about(&relevance.action, &self.context(actor))
    }

    /// Whether some policy of an actor allows an action of anything: what is cheap to know before all else.
    pub(super) fn might(&self, actor: Actor, action: &'static str) -> bool {
        self.relevance(action).might(actor)
    }

    /// Everybody who might do one of these.
    pub(super) fn who_might(&self, actions: &[&'static str]) -> Vec<Actor> {
        let relevances: Vec<Rc<Relevance>> = actions.iter().map(|action| self.relevance(action)).collect();
        let might = |actor: &Actor| relevances.iter().any(|relevance| relevance.might(*actor));
        self.account.actors().filter(might).collect()
    }

    /// The statements by which an actor may do something to a resource; none when it may not.
    pub(super) fn may(&self, actor: Actor, action: &'static str, resource: &str) -> Option<Vec<Blame<'a, PolicyId>>> {
        if !self.might(actor, action) {
            return None;
        }
        let clauses = self.clauses(actor, action);
        (clauses.allow(resource) != Truth::No).then(|| clauses.blame(resource))
    }

    /// An actor, as far as assuming roles goes.
    pub(super) fn assumer(&self, actor: Actor) -> Option<Rc<Assumer<'a>>> {
        let mut known = self.assumers.borrow_mut();
        if let Some(assumer) = known.get(&actor) {
            return Some(Rc::clone(assumer));
        }
        let relevance = self.relevance(ASSUME_ROLE);
        let assumer = Rc::new(self.account.assumer(actor, |id| relevance.has(id))?);
        known.insert(actor, Rc::clone(&assumer));
        Some(assumer)
    }

    /// Whether an actor may attach a managed policy to a resource.
    pub(super) fn may_attach(&self, actor: Actor, action: &'static str, resource: &str, policy: &str) -> bool {
        let relevance = self.relevance(action);
        let grants = self.account.grants(actor, |id| relevance.has(id));
        let mut context = self.context(actor).into_owned();
        // IAM User Guide, "IAM and AWS STS condition context keys".
        context.set("iam:PolicyARN", [policy.to_owned()]);
        grants.about(&relevance.action, &context).allow(resource) != Truth::No
    }

    /// What an actor may do about approvals, to be asked or changed.
    pub(super) fn state(&self, actor: Actor) -> State<'a> {
        let relevance = self.relevance(APPROVE);
        State {
            grants: self.account.grants(actor, |id| relevance.has(id)),
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
        self.relevance(APPROVE).allows(id)
    }

    /// None where no policy allows the action of anything.
    fn class(&self, actor: Actor, action: &'static str) -> Option<Class> {
        if !self.might(actor, action) {
            return None;
        }
        let relevance = self.relevance(action);
        let grants = self.account.grants(actor, |id| relevance.has(id));
        let sorted = |kind: &Vec<(PolicyId, _)>| {
            let mut ids: Vec<PolicyId> = kind.iter().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let kinds: Vec<Vec<PolicyId>> = grants.kinds.iter().map(sorted).collect();
        let about = kinds.iter().flatten().filter_map(|id| relevance.about(*id));
        let keys: BTreeSet<&String> = about.flat_map(|about| &about.keys).collect();
        let known = if keys.is_empty() {
            BTreeMap::new()
        } else {
            let context = self.context(actor);
            let known = keys
                .into_iter()
                .map(|key| (key.clone(), format!("{:?}", context.get(key))));
            known.collect()
        };
        Some(Class { kinds, known })
    }

    fn relevance(&self, action: &'static str) -> Rc<Relevance> {
        let mut known = self.relevance.borrow_mut();
        let relevance = known.entry(action).or_insert_with(|| {
            let service = action.split_inclusive(':').next().unwrap_or_default();
            let mut touching = self.touching.borrow_mut();
            let touching = touching.entry(service).or_insert_with(|| {
                let touches = |statement: &Statement| statement.actions.touch(service);
                let policies = self.account.policies();
                policies
                    .map(|(_, kept)| kept.policy.statements.iter().any(touches))
                    .collect()
            });
            Rc::new(Relevance::of(self.account, action, touching))
        });
        Rc::clone(relevance)
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
        self.grants.about(&APPROVE.to_lowercase(), &self.context)
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
