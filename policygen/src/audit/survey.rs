//! Who may do what in an account, worked out once and asked by all rules.
//!
//! Principals with the same policies, and the same values of the condition keys that those name, get the same answer, so
//! it is worked out once for each set of policies rather than for each principal.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam::account::{Account, Actor, Assumption, Group, PolicyId, Role};
use iam::policy::{ResourceElement, Statement};
use iam::{Blame, Clauses, Context, Effect, Frame, Grants, Part, TooIntricate, Truth, reach};

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
    approvals: RefCell<HashMap<Class, Rc<Approvals>>>,
    reached: RefCell<HashMap<(&'static str, Class), Option<Rc<Reached>>>>,
}

/// Which policies are about an action.
#[derive(Default)]
struct Relevance {
    /// By the policy's place: whether it allows the action of anything, denies it of anything, and which condition keys
    /// decide.
    policies: Vec<Option<AboutIt>>,
    action: String,
}

#[derive(Default)]
struct AboutIt {
    allows: bool,
    keys: BTreeSet<String>,
}

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
    pub(super) fn new(account: &'a Account, scope: &'a Scope) -> Self {
        Self {
            account,
            scope,
            stages: scope.stages(account),
            region: scope.region.as_ref().and_then(RegionGlob::name).map(str::to_owned),
            relevance: RefCell::default(),
            approvals: RefCell::default(),
            reached: RefCell::default(),
        }
    }

    /// Which slots an actor may serve with its own permissions.
    pub(super) fn approvals(&self, actor: Actor) -> Result<Rc<Approvals>, SurveyError> {
        let Some(class) = self.class(actor, APPROVE) else {
            return Ok(Rc::default());
        };
        if let Some(known) = self.approvals.borrow().get(&class) {
            return Ok(Rc::clone(known));
        }
        let approvals = Rc::new(self.approvals_in(&self.state(actor)).map_err(self.about(actor))?);
        self.approvals.borrow_mut().insert(class, Rc::clone(&approvals));
        Ok(approvals)
    }

    /// Which slots a group's own policies allow somebody to serve, or may allow.
    pub(super) fn group_approvals(&self, group: &Group) -> Result<Approvals, SurveyError> {
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
        let clauses = state.about(APPROVE);
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
            self.both(&[&clauses])?
        };
        Ok(Approvals { slots, both })
    }

    /// Two slots of one stage, served by one or two of several states.
    pub(super) fn pair(&self, states: &[&State<'_>]) -> Result<Option<Both>, TooIntricate> {
        let clauses: Vec<Clauses<'_, PolicyId>> = states.iter().map(|state| state.about(APPROVE)).collect();
        self.both(&clauses.iter().collect::<Vec<_>>())
    }

    fn both(&self, states: &[&Clauses<'_, PolicyId>]) -> Result<Option<Both>, TooIntricate> {
        let mut found: Option<Both> = None;
        let slots = 0..self.scope.slots.len();
        for a in slots.clone() {
            for b in slots.clone().skip(a + 1) {
                for (i, of_a) in states.iter().enumerate() {
                    for (j, of_b) in states.iter().enumerate() {
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
        for open in [false, true] {
            if let Some(stage) = reach(&self.stages, &parts, open)? {
                return Ok(Some((stage, open)));
            }
        }
        Ok(None)
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
        let mut found = None;
        for open in [false, true] {
            if found.is_none() {
                let witness = reach(frame, &part, open).map_err(self.about(actor))?;
                found = witness.map(|witness| Rc::new(Reached { witness, open }));
            }
        }
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
        let relevance = self.relevance(action);
        let grants = self.account.grants(actor, |id| relevance.allows(id));
        grants.kinds.iter().all(|kind| !kind.is_empty())
    }

    /// The statements by which an actor may do something to a resource; none when it may not.
    pub(super) fn may(&self, actor: Actor, action: &'static str, resource: &str) -> Option<Vec<Blame<'a, PolicyId>>> {
        if !self.might(actor, action) {
            return None;
        }
        let clauses = self.clauses(actor, action);
        (clauses.allow(resource) != Truth::No).then(|| clauses.blame(resource))
    }

    /// How an actor may assume a role.
    pub(super) fn assumption(&self, actor: Actor, role: &'a Role) -> Option<Assumption<'a>> {
        let relevance = self.relevance(ASSUME_ROLE);
        self.account.assumption(actor, role, |id| relevance.has(id))
    }

    /// Whether an actor may attach a managed policy to a resource.
    pub(super) fn may_attach(&self, actor: Actor, action: &'static str, resource: &str, policy: &str) -> bool {
        let relevance = self.relevance(action);
        let grants = self.account.grants(actor, |id| relevance.has(id));
        let mut context = self.context(actor);
        // IAM User Guide, "IAM and AWS STS condition context keys".
        context.set("iam:PolicyARN", [policy.to_owned()]);
        grants.about(&relevance.action, &context).allow(resource) != Truth::No
    }

    /// What an actor may do about approvals, to be asked or changed.
    pub(super) fn state(&self, actor: Actor) -> State<'a> {
        let relevance = self.relevance(APPROVE);
        State {
            grants: self.account.grants(actor, |id| relevance.has(id)),
            context: self.context(actor),
        }
    }

    fn context(&self, actor: Actor) -> Context {
        self.located(self.account.context(actor))
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
        let relevance = known
            .entry(action)
            .or_insert_with(|| Rc::new(Relevance::of(self.account, action)));
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
    fn about(&self, action: &str) -> Clauses<'a, PolicyId> {
        self.grants.about(&action.to_lowercase(), &self.context)
    }
}

impl Relevance {
    fn of(account: &Account, action: &str) -> Self {
        let action = action.to_lowercase();
        let about = |statement: &&Statement| statement.actions.include(&action);
        let policies = account.policies().map(|(_, kept)| {
            let mut found: Option<AboutIt> = None;
            for statement in kept.policy.statements.iter().filter(about) {
                let about = found.get_or_insert_default();
                about.allows |= statement.effect == Effect::Allow;
                about.keys.extend(keys(statement).map(str::to_owned));
            }
            found
        });
        Self {
            policies: policies.collect(),
            action,
        }
    }

    fn about(&self, id: PolicyId) -> Option<&AboutIt> {
        self.policies.get(id.place())?.as_ref()
    }

    fn has(&self, id: PolicyId) -> bool {
        self.about(id).is_some()
    }

    fn allows(&self, id: PolicyId) -> bool {
        self.about(id).is_some_and(|about| about.allows)
    }
}

/// The condition keys that decide about a statement.
fn keys(statement: &Statement) -> impl Iterator<Item = &str> {
    let resources = match &statement.resources {
        None => &[][..],
        Some(ResourceElement::These(templates) | ResourceElement::AllBut(templates)) => templates,
    };
    let of_conditions = statement.conditions.iter().flat_map(|condition| condition.keys());
    resources
        .iter()
        .flat_map(|template| template.keys())
        .chain(of_conditions)
}
