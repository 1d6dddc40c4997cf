//! Whether the gate counts two people if one human answers two slots.
//!
//! Somebody answers the first slot and somebody the second. Whether each answer counts, and how
//! many people they are, is decided by the gate's own functions: [`Rule::standing`] and
//! [`rule::persons`].

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use findings::{Finding, Gate, Severity};
use iam::TooIntricate;
use iam::account::Actor;
use rule::{Keys, Principal, ReasonCode, RequireSignature, Rule, SharedRoles, Trust};

use crate::account_view::AccountView;
use crate::answerer::{Answerer, Shown};
use crate::reach_index::{Candidate, ReachIndex, ServedSlots, SlotPair};
use crate::scope::SlotIx;

/// The most people of one answerer that are compared with those of the other. Two different people
/// on either side are enough to find two.
const MOST: usize = 3;

/// The most who serve the same slots and are kept without a question: two of them can be one person
/// by what a third one shows.
const ALIKE: usize = 3;

/// The gate's rule, and what it says about those who answer.
pub(crate) struct Counting<'a> {
    pub(crate) rule: Cow<'a, Rule>,
    is_given: bool,
    account: rule::Account,
    /// The standing of each principal, by its ARN, in each action.
    known: RefCell<HashMap<(String, String), Rc<Standing>>>,
}

/// The keys of an answer that counts, or why it does not count. `None` if the rule contradicts
/// itself about the principal.
type Standing = Result<Keys, Option<ReasonCode>>;

/// What the gate makes of two answers, in words too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    gate: Gate,
    words: String,
}

impl Verdict {
    /// Whether the gate counts two people.
    pub(crate) fn counts_two(&self) -> bool {
        self.gate == Gate::CountsTwo
    }
}

impl<'a> Counting<'a> {
    /// By this rule, or by the default rule.
    pub(crate) fn new(rule: Option<&'a Rule>, account: rule::Account) -> Self {
        let is_given = rule.is_some();
        let rule = rule.map_or_else(|| Cow::Owned(Rule::default()), Cow::Borrowed);
        Self { rule, is_given, account, known: RefCell::default() }
    }

    /// Whether the gate may count an actor, so that it differs from others with its permissions.
    pub(crate) fn may_count(&self, actor: Actor, name: &str) -> bool {
        let of_role = || {
            self.rule.shared_roles() == SharedRoles::Collapse
                || self.rule.trust(name, &self.account) == Trust::Believed
        };
        self.counts_unsigned() && (matches!(actor, Actor::User(_)) || of_role())
    }

    /// Whether the gate counts answers that nobody signed. If not, it counts no human twice.
    pub(crate) fn counts_unsigned(&self) -> bool {
        self.rule.require_signature() == RequireSignature::No
    }

    fn standing(&self, action: &str, arn: &str) -> Rc<Standing> {
        let key = (action.to_owned(), arn.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        let standing = self.rule.standing(action, &Principal::parse(arn), &self.account);
        let standing = Rc::new(match standing {
            Ok(Ok(keys)) => Ok(keys),
            Ok(Err(objection)) => Err(Some(objection.code)),
            Err(_) => Err(None),
        });
        self.known.borrow_mut().insert(key, Rc::clone(&standing));
        standing
    }

    /// Whether an unsigned answer of a principal counts.
    pub(crate) fn counts(&self, action: &str, arn: &str) -> bool {
        self.standing(action, arn).is_ok()
    }

    /// Whether any of those that AWS may show counts in any slot.
    fn may_count_any(&self, reach: &ReachIndex<'_>, by: &Answerer) -> bool {
        let counts = |arn: &str| {
            let mut slots = reach.scope.slots_by_ix();
            slots.any(|(_, slot)| self.counts(&slot.action, arn))
        };
        by.shown().iter().any(|shown| counts(&shown.arn))
    }

    /// Whether the gate may count somebody who serves the same slots as those before, and perhaps
    /// as another person: those before are few, or this one makes them two.
    pub(crate) fn may_be_another(
        &self,
        reach: &ReachIndex<'_>,
        served: &ServedSlots,
        before: &[&Answerer],
        new: &Answerer,
    ) -> bool {
        if before.contains(&new) {
            return false;
        }
        served.iter().any(|(slot, _)| {
            let action = reach.scope.name(slot);
            let before = || before.iter().copied();
            self.count(action, [new].into_iter()) > 0
                && (before().len() < ALIKE
                    || (self.count(action, before()) == 1
                        && self.count(action, before().chain([new])) > 1))
        })
    }

    /// How many people the gate may count in one action, of those who may answer it.
    fn count<'s>(&self, action: &str, by: impl Iterator<Item = &'s Answerer>) -> usize {
        let mut has_own_name = false;
        let shown = by.flat_map(Answerer::shown).filter(|shown| {
            // An identity provider gives one human one name.
            let is_first = !shown.is_own_name || !has_own_name;
            has_own_name |= shown.is_own_name;
            is_first
        });
        let keys: Vec<Keys> = shown.filter_map(|shown| self.keys_of(action, &shown.arn)).collect();
        rule::persons(&keys).len()
    }

    /// The keys of a principal, if its unsigned answer counts.
    pub(crate) fn keys_of(&self, action: &str, arn: &str) -> Option<Keys> {
        self.standing(action, arn).as_ref().as_ref().ok().cloned()
    }

    /// What the gate makes of the answers to two actions.
    pub(crate) fn ask(&self, actions: [&str; 2], by: [&Answerer; 2]) -> Verdict {
        let ([of_a, of_b], [by_a, by_b]) = (actions, by);
        let counted = |action: &str, by: &Answerer| -> Vec<(Shown, Keys)> {
            let shown = by.shown().iter();
            let counted = shown.filter_map(|shown| match &*self.standing(action, &shown.arn) {
                Ok(keys) => Some((shown.clone(), keys.clone())),
                Err(_) => None,
            });
            counted.take(MOST).collect()
        };
        let sides = [counted(of_a, by_a), counted(of_b, by_b)];
        let [firsts, seconds] = &sides;
        for (first, of_first) in firsts {
            for (second, of_second) in seconds {
                // An identity provider gives one human one name.
                let is_one = first.is_own_name && second.is_own_name;
                if !is_one && rule::persons(&[of_first.clone(), of_second.clone()]).len() == 2 {
                    let words = format!("{} and {}", first.words, second.words);
                    return Verdict { gate: Gate::CountsTwo, words };
                }
            }
        }
        let words = match (firsts.first(), seconds.first()) {
            (Some(first), Some(second)) => once(first, second),
            (None, _) => self.objection(of_a, by_a),
            (_, None) => self.objection(of_b, by_b),
        };
        Verdict { gate: Gate::Refuses, words }
    }

    /// Why the gate does not count an answer.
    fn objection(&self, action: &str, by: &Answerer) -> String {
        let Some(Shown { arn, words, .. }) = by.shown().first() else {
            return "it does not count both".to_owned();
        };
        match self.standing(action, arn).as_ref() {
            Err(Some(ReasonCode::NotSigned)) => "`requireSignature` lets only signed approvals \
                                                 count, and nobody can sign with the signing key \
                                                 of another person"
                .to_owned(),
            Err(Some(ReasonCode::SharedRole)) => {
                format!("it does not count {words}, because several people may share that role")
            }
            Err(Some(ReasonCode::NotAPerson)) => format!("{words} is a machine by `notPeople`"),
            Err(Some(ReasonCode::NotOnRoster)) if self.rule.only_people() => {
                format!("`onlyPeople` does not let {words} count")
            }
            Err(Some(ReasonCode::NotOnRoster)) => {
                format!("{words} is not on the roster of {action}")
            }
            Err(None) => format!("`people` has two entries for {words}"),
            Err(Some(_)) | Ok(_) => format!("it does not know who {words} is"),
        }
    }

    /// What a finding says about the gate.
    fn words(&self, verdict: &Verdict) -> String {
        let rule = if self.is_given { "" } else { " by the default rule" };
        let Verdict { gate, words } = verdict;
        match gate {
            Gate::Refuses => format!("the gate still refuses{rule}: {words}"),
            Gate::CountsTwo => format!("the gate would count two{rule}: {words}"),
        }
    }
}

/// That two answers count once.
fn once((first, of_first): &(Shown, Keys), (second, of_second): &(Shown, Keys)) -> String {
    if first.words == second.words {
        return format!("it counts {} once", first.words);
    }
    if first.is_own_name && second.is_own_name {
        return format!(
            "it counts {} and {} once, because an identity provider gives one human one name",
            first.words, second.words
        );
    }
    let shared = of_first.shared_with(of_second).min();
    let shared = shared.map_or(String::new(), |key| format!(", as `{}`", key.label()));
    format!("it counts {} and {} once{shared}", first.words, second.words)
}

/// Two slots of one stage that two of the candidates serve, and what the gate makes of them. `by`
/// has those who answer, in the same order. Two that the gate counts as two people are preferred.
pub(crate) fn best_pair(
    counting: &Counting<'_>,
    reach: &ReachIndex<'_>,
    candidates: &[Candidate<'_>],
    by: &[Answerer],
    wanted: impl Fn(usize, usize) -> bool,
) -> Result<Option<(SlotPair, Verdict)>, TooIntricate> {
    best_pair_of(counting, reach, candidates, by, 0, |_, i, j| wanted(i, j))
}

/// As [`best_pair`], if one of the two is the last candidate: those before have been tried.
pub(crate) fn best_pair_with_last(
    counting: &Counting<'_>,
    reach: &ReachIndex<'_>,
    candidates: &[Candidate<'_>],
    by: &[Answerer],
) -> Result<Option<(SlotPair, Verdict)>, TooIntricate> {
    let last = candidates.len().saturating_sub(1);
    best_pair_of(counting, reach, candidates, by, last, |_, _, _| true)
}

/// As [`best_pair`], if it depends on the slots too which are wanted. One of the two is at the
/// place `new` or after it.
pub(crate) fn best_pair_of(
    counting: &Counting<'_>,
    reach: &ReachIndex<'_>,
    candidates: &[Candidate<'_>],
    by: &[Answerer],
    new: usize,
    wanted: impl Fn([SlotIx; 2], usize, usize) -> bool,
) -> Result<Option<(SlotPair, Verdict)>, TooIntricate> {
    let Some(any) = reach.find_pair(candidates, new, &wanted)? else {
        return Ok(None);
    };
    let nobody = Answerer::default();
    let ask = |slots: [_; 2], at: [usize; 2]| {
        let by = at.map(|at| by.get(at).unwrap_or(&nobody));
        counting.ask(slots.map(|slot| reach.scope.name(slot)), by)
    };
    let verdict = ask(any.slots, any.candidates);
    if verdict.counts_two() || !counting.counts_unsigned() {
        return Ok(Some((any, verdict)));
    }
    let may_count = by.iter().map(|by| counting.may_count_any(reach, by));
    let may_count: Vec<bool> = may_count.collect();
    let may = |at: usize| may_count.get(at) == Some(&true);
    let have_own_names =
        |at: [usize; 2]| at.iter().all(|at| by.get(*at).is_some_and(Answerer::has_own_name));
    let counted = reach.find_pair(candidates, new, |slots, i, j| {
        may(i)
            && may(j)
            && !have_own_names([i, j])
            && wanted(slots, i, j)
            && ask(slots, [i, j]).counts_two()
    })?;
    Ok(Some(match counted {
        Some(pair) => {
            let verdict = ask(pair.slots, pair.candidates);
            (pair, verdict)
        }
        None => (any, verdict),
    }))
}

/// What takes one write, unless several make it worse: then the gate would count two people, and
/// after the one it does not.
pub(crate) fn worst<E>(
    one: Option<Finding>,
    several: impl FnOnce() -> Result<Option<Finding>, E>,
) -> Result<Option<Finding>, E> {
    let is_two = |found: &Finding| found.gate == Some(Gate::CountsTwo);
    if one.as_ref().is_some_and(is_two) {
        return Ok(one);
    }
    Ok(several()?.filter(|found| one.is_none() || is_two(found)).or(one))
}

/// Says in a finding what the gate makes of it. If the gate counts two people, the finding is an
/// error. If not, it has the given severity.
pub(crate) fn conclude(
    view: &AccountView<'_>,
    actor: Actor,
    finding: &mut Finding,
    verdict: &Verdict,
    if_refused: Severity,
) {
    conclude_of_outsiders(view, finding, verdict, if_refused);
    if view.is_beyond_people(actor) {
        finding.severity = finding.severity.min(Severity::Warning);
        let message = finding.message.trim_end_matches('.');
        finding.message = format!("{message}; no human can assume the role.");
    }
}

/// As [`conclude`], about people and workloads outside the account.
pub(crate) fn conclude_of_outsiders(
    view: &AccountView<'_>,
    finding: &mut Finding,
    verdict: &Verdict,
    if_refused: Severity,
) {
    finding.gate = Some(verdict.gate);
    finding.severity = match verdict.gate {
        Gate::CountsTwo => Severity::Error,
        Gate::Refuses => if_refused,
    };
    let message = finding.message.trim_end_matches('.');
    finding.message = format!("{message}; {}.", view.counting.words(verdict));
}

/// The severity of a finding about a principal that has two slots already, if the gate refuses.
/// Without the rule, nothing is known about the gate, nor that there is one.
pub(crate) fn if_refused(view: &AccountView<'_>) -> Severity {
    if view.counting.is_given { Severity::Warning } else { Severity::Error }
}
