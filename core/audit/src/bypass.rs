//! Who can bypass the gate: with the permissions that a way needs, or as a role that deploys.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::action::Action;
use crate::equivalence_class::{ClassId, Reached, shortest};
use crate::permissions::As;
use crate::reach_index::{ReachIndex, UndecidedError};
use crate::release::named_role;
use crate::ways::{self, Need, Way};
use iam::Part;
use iam::account::{Account, Actor, Role, RoleIx};

/// The service that assumes the roles of pipelines (CodePipeline User Guide, "Manage the
/// CodePipeline service role").
pub(crate) const PIPELINES: &str = "codepipeline.amazonaws.com";

/// A need that somebody meets: the action, and a resource on which it is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    pub(crate) action: Action,
    pub(crate) reached: Reached,
}

/// A way that is open to somebody.
#[derive(Clone, Debug)]
pub(crate) struct OpenWay {
    /// What it does, with a verb in the third person.
    pub(crate) does: String,
    /// Its needs, each with a resource.
    pub(crate) met: Vec<Met>,
}

/// The ways past the gate, and the roles that are ways themselves.
pub(crate) struct Bypass {
    actions: Vec<Action>,
    /// What somebody does who becomes a role.
    roles: BTreeMap<RoleIx, String>,
    /// The resources that a class reaches for the needs of a way, by the places of both.
    known: RefCell<HashMap<(ClassId, usize, usize), Option<Reached>>>,
}

/// A role that `--deploy-role` names and that the account does not have.
pub(crate) struct NoSuchRole(pub(crate) String);

impl Bypass {
    /// `desk` is the role that the desk answers with, if it can answer for anybody.
    pub(crate) fn new(reach: &ReachIndex<'_>, desk: Option<Actor>) -> Result<Self, NoSuchRole> {
        let mut roles = deploying(reach)?;
        if let Some(Actor::Role(desk)) = desk {
            roles.insert(
                desk,
                "answers for anybody, because the rule requires no signatures".into(),
            );
        }
        let actions = ways::actions(&reach.ways);
        Ok(Self { actions, roles, known: RefCell::default() })
    }

    /// The actions of all ways.
    pub(crate) fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// What somebody does who becomes this actor. `None` if it is not a role that deploys.
    pub(crate) fn as_role(&self, actor: Actor) -> Option<&str> {
        let Actor::Role(at) = actor else { return None };
        self.roles.get(&at).map(String::as_str)
    }

    /// The roles that deploy.
    pub(crate) fn roles(&self) -> impl Iterator<Item = RoleIx> {
        self.roles.keys().copied()
    }

    /// Whether an actor might bypass the gate without any other step. Cheap, so it is asked first.
    pub(crate) fn might(&self, reach: &ReachIndex<'_>, actor: Actor) -> bool {
        reach.permissions.might_any(actor, &self.actions)
    }

    /// Whether an actor can bypass the gate without any other step.
    pub(crate) fn is_open_to(
        &self,
        reach: &ReachIndex<'_>,
        actor: Actor,
    ) -> Result<bool, UndecidedError> {
        if !self.might(reach, actor) {
            return Ok(false);
        }
        Ok(self.ways(reach, &As::Now(actor), actor)?.next().transpose()?.is_some())
    }

    /// The ways that are open to somebody, who acts for `start`. A role that deploys may release.
    pub(crate) fn ways<'s, 'a: 's>(
        &'s self,
        reach: &'s ReachIndex<'a>,
        who: &'s As<'a>,
        start: Actor,
    ) -> Result<impl Iterator<Item = Result<OpenWay, UndecidedError>> + 's, UndecidedError> {
        let deploys = self.as_role(start).is_some();
        let ways = reach.ways.iter().enumerate();
        let ways = ways.filter(move |(_, way)| !(way.is_release && deploys));
        Ok(ways.filter_map(move |(at, way)| self.open(reach, who, start, at, way).transpose()))
    }

    fn open<'a>(
        &self,
        reach: &ReachIndex<'a>,
        who: &As<'a>,
        start: Actor,
        at: usize,
        way: &Way,
    ) -> Result<Option<OpenWay>, UndecidedError> {
        let mut met = Vec::new();
        for (place, need) in way.needs.iter().enumerate() {
            let Some(class) = reach.permissions.class_as(who, need.action) else {
                return Ok(None);
            };
            let key = (class.id, at, place);
            let known = self.known.borrow().get(&key).cloned();
            let reached = match known {
                Some(known) => known,
                None => {
                    let reached = first(need, &class.clauses).map_err(reach.undecided(start))?;
                    self.known.borrow_mut().insert(key, reached.clone());
                    reached
                }
            };
            let Some(reached) = reached else { return Ok(None) };
            met.push(Met { action: need.action, reached });
        }
        Ok(Some(OpenWay { does: way.does.clone(), met }))
    }
}

/// A resource of the first frame that has one.
fn first(
    need: &Need,
    clauses: &iam::Clauses<'_, iam::account::PolicyId>,
) -> Result<Option<Reached>, iam::TooIntricate> {
    for frame in &need.frames {
        if let Some(reached) = shortest(frame, &[Part { suffix: "", clauses }])? {
            return Ok(Some(reached));
        }
    }
    Ok(None)
}

/// The roles of the pipelines, of their deployments and of the desk.
fn deploying(reach: &ReachIndex<'_>) -> Result<BTreeMap<RoleIx, String>, NoSuchRole> {
    let account = reach.account;
    let release = &reach.scope.release;
    let mut found = BTreeMap::new();
    let deploys = || "deploys without the pipeline".to_owned();
    for named in ways::rule_roles(reach.scope) {
        let role = named_role(account, &named);
        found.extend(role.map(|role| (role, "changes the gate's rule".to_owned())));
    }
    for named in &release.deploy_roles {
        let role = named_role(account, named).ok_or_else(|| NoSuchRole(named.clone()))?;
        found.insert(role, deploys());
    }
    for arn in &release.roles_of_files {
        found.extend(named_role(account, arn).map(|role| (role, deploys())));
    }
    if !release.are_roles_known {
        let of_pipelines = account.roles_by_ix().filter(|(_, role)| is_of_pipelines(account, role));
        found.extend(of_pipelines.map(|(at, _)| (at, deploys())));
    }
    Ok(found)
}

/// Whether pipelines can have this role.
fn is_of_pipelines(account: &Account, role: &Role) -> bool {
    account.outsiders(role).services.iter().any(|service| service == PIPELINES)
}
