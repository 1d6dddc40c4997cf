//! Two slots that somebody serves who may enter several roles from outside the account.

use std::collections::HashMap;
use std::rc::Rc;

use iam::account::{Actor, RoleIx};

use crate::account_view::AccountView;
use crate::answerer::Answerer;
use crate::counted::{Verdict, best_pair_of};
use crate::equivalence_class::EquivalenceClass;
use crate::reach_index::{Candidate, ServedSlots, SlotPair, UndecidedError};
use crate::role_chains::RoleChain;
use crate::scope::SlotIx;

/// Roles that may be entered from outside, and the slots to which each leads.
pub(crate) struct EnteredRoles<'v, 'a> {
    view: &'v AccountView<'a>,
    ways: HashMap<RoleIx, Ways<'v, 'a>>,
}

/// How a role leads to slots.
struct Ways<'v, 'a> {
    ways: Vec<Way<'v, 'a>>,
    /// Whether it leads to two slots of a stage by itself.
    has_both: bool,
}

/// One way from a role to slots.
struct Way<'v, 'a> {
    class: Rc<EquivalenceClass<'a>>,
    served: &'v ServedSlots,
    /// The roles on the way. `None` if the role itself serves the slots.
    chain: Option<RoleChain>,
}

/// Two slots of one stage, and how each is served.
pub(crate) struct ServedTogether {
    /// The slots.
    pub(crate) pair: SlotPair,
    /// For each slot, how it is served.
    pub(crate) by: [Entered; 2],
    /// What the gate makes of the two answers.
    pub(crate) verdict: Verdict,
}

/// A role that is entered to serve a slot.
pub(crate) struct Entered {
    /// The role that is entered.
    pub(crate) role: RoleIx,
    /// The roles that are assumed after it.
    pub(crate) chain: Option<RoleChain>,
}

impl Entered {
    /// The role that serves the slot.
    pub(crate) fn serving(&self) -> RoleIx {
        self.chain.as_ref().map_or(self.role, |chain| chain.role)
    }
}

impl<'v, 'a> EnteredRoles<'v, 'a> {
    /// Finds the ways from these roles. Roles that lead to no slot or that are set aside are left
    /// out, and so is the role of the desk, which answers for the people who sign.
    pub(crate) fn new(
        view: &'v AccountView<'a>,
        roles: impl IntoIterator<Item = RoleIx>,
    ) -> Result<Self, UndecidedError> {
        let mut ways = HashMap::new();
        let undecided = view.reach.all_undecided();
        let is_left_out = |role: RoleIx| {
            view.is_desk(Actor::Role(role))
                || undecided.contains(view.account().arn(Actor::Role(role)))
        };
        for role in roles.into_iter().filter(|role| !is_left_out(*role)) {
            let found = ways_from(view, role);
            if !found.is_empty() {
                let candidates: Vec<Candidate<'_>> = found.iter().map(Way::candidate).collect();
                let pair = view.reach.any_pair(&candidates);
                let pair = pair.map_err(view.reach.undecided(Actor::Role(role)))?;
                ways.insert(role, Ways { has_both: pair.is_some(), ways: found });
            }
        }
        Ok(Self { view, ways })
    }

    /// Whether a role leads to slots, but not to two of one stage by itself. If it does, that is
    /// reported about the role.
    pub(crate) fn needs_another(&self, role: RoleIx) -> bool {
        self.ways.get(&role).is_some_and(|ways| !ways.has_both)
    }

    /// Whether a role leads to a slot.
    pub(crate) fn leads_to(&self, role: RoleIx, slot: SlotIx) -> bool {
        let ways = self.ways.get(&role).map_or(&[][..], |ways| &ways.ways);
        ways.iter().any(|way| way.served.iter().any(|(served, _)| served == slot))
    }

    /// Two slots of one stage that somebody serves who may enter these roles: one as one of them,
    /// the other as another one. `together` says whether one human may enter both, by their places.
    /// With `slots`, only these two. Two that the gate counts as two people are preferred.
    pub(crate) fn two_slots(
        &self,
        roles: &[RoleIx],
        slots: Option<[SlotIx; 2]>,
        together: impl Fn(usize, usize) -> bool,
    ) -> Result<Option<ServedTogether>, UndecidedError> {
        let ways = roles.iter().enumerate().flat_map(|(place, role)| {
            let ways = self.ways.get(role).map_or(&[][..], |ways| &ways.ways);
            ways.iter().map(move |way| (place, *role, way))
        });
        let ways: Vec<(usize, RoleIx, &Way<'_, '_>)> = ways.collect();
        let candidates: Vec<Candidate<'_>> = ways.iter().map(|(.., way)| way.candidate()).collect();
        let by = ways.iter().map(|(_, role, way)| way.answerer(self.view, *role));
        let by: Vec<Answerer> = by.collect();
        let place = |at: usize| ways.get(at).map(|(place, ..)| *place);
        let wanted = |of: [SlotIx; 2], i: usize, j: usize| match (place(i), place(j)) {
            (Some(i), Some(j)) => i != j && slots.is_none_or(|slots| slots == of) && together(i, j),
            (None, _) | (_, None) => false,
        };
        let reach = &self.view.reach;
        let Some(&(_, first, _)) = ways.first() else { return Ok(None) };
        let found = best_pair_of(&self.view.counting, reach, &candidates, &by, 0, wanted);
        let Some((pair, verdict)) = found.map_err(reach.undecided(Actor::Role(first)))? else {
            return Ok(None);
        };
        let by = pair.candidates.map(|at| match ways.get(at) {
            Some((_, role, way)) => Entered { role: *role, chain: way.chain.clone() },
            None => Entered { role: first, chain: None },
        });
        Ok(Some(ServedTogether { pair, by, verdict }))
    }
}

impl<'a> Way<'_, 'a> {
    fn candidate(&self) -> Candidate<'_> {
        Candidate::now(&self.class, self.served)
    }

    /// Somebody who enters a role and goes this way.
    fn answerer(&self, view: &AccountView<'a>, role: RoleIx) -> Answerer {
        let serving = self.chain.as_ref().map_or(role, |chain| chain.role);
        view.answers_as(Actor::Role(role), Actor::Role(serving))
    }
}

/// The ways from a role to slots: the shortest of each kind, and others that the gate may count as
/// different people.
fn ways_from<'v, 'a>(view: &'v AccountView<'a>, role: RoleIx) -> Vec<Way<'v, 'a>> {
    let reachable = view.reachable(Actor::Role(role));
    let ways = view.serving_as(Actor::Role(role)).into_iter().map(|it| Way {
        class: it.class,
        served: it.served,
        chain: match it.actor {
            Actor::Role(at) if at != role => reachable.chain_to_role(at),
            Actor::User(_) | Actor::Role(_) => None,
        },
    });
    ways.collect()
}
