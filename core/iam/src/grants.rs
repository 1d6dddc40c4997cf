//! The decision of a principal's policies about an action.
//!
//! IAM User Guide, "Policy evaluation logic": an explicit deny wins; otherwise every kind of policy
//! that applies must allow.

use std::collections::BTreeSet;

use crate::arn::Resource;
use crate::cases::{Case, cases};
use crate::clause::{About, Blame, Clause};
use crate::context::Context;
use crate::document::Effect;
use crate::matched::{Arn, Matched};
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::truth::Truth;

/// The most patterns of a set that is compared with the other sets that a text must match, and the
/// most such sets: a quick look, since a walk decides in any case.
const NARROW: usize = 4;
const REQUIRED: usize = 16;

/// Policies of one kind, each with its source. It is enough if one of them allows. `S` identifies a
/// policy, and comes back in [`Blame`].
pub type Policies<'a, S> = Vec<(S, &'a Policy)>;

/// The policies that decide for a principal.
#[derive(Clone, Debug)]
pub struct Grants<'a, S> {
    /// The policies of the identity and of its groups: only these grant anything.
    pub identity: Policies<'a, S>,
    /// The policies that must allow too.
    pub limits: Limits<'a, S>,
}

/// The policies that limit a principal without granting anything.
#[derive(Clone, Debug)]
pub struct Limits<'a, S> {
    /// The permissions boundary: at most one policy. `Some` without a policy allows nothing.
    pub boundary: Option<Policies<'a, S>>,
    /// The service control policies of each level: the organization's root, each unit, the account.
    pub controls: Vec<Policies<'a, S>>,
}

/// The statements about one action in one context, for any resource.
#[derive(Clone, Debug)]
pub struct Clauses<'a, S> {
    /// The statements of the identity's policies that allow. `None` if nothing has to grant the
    /// action, because a resource's policy does.
    granting: Option<Vec<Clause<'a, S>>>,
    /// The statements that allow, for each kind of policy that limits.
    within: Vec<Vec<Clause<'a, S>>>,
    denies: Vec<Clause<'a, S>>,
    /// The keys whose possible values are tried one by one.
    cases: Vec<Case>,
}

impl<'a, S> Default for Limits<'a, S> {
    fn default() -> Self {
        Self { boundary: None, controls: Vec::new() }
    }
}

impl<'a, S: Copy> Grants<'a, S> {
    /// The statements about an action. Its name is `service:Verb`, in lower case.
    #[must_use]
    pub fn about(&self, action: &str, context: &Context) -> Clauses<'a, S> {
        let mut denies = Vec::new();
        let granting = Some(allowing(&self.identity, action, context, &mut denies));
        let within = self.limits.allowing(action, context, &mut denies);
        Clauses::new(granting, within, denies, context)
    }

    /// All policies, of all kinds.
    pub fn policies(&self) -> impl Iterator<Item = (S, &'a Policy)> {
        self.identity.iter().chain(self.limits.policies()).copied()
    }

    /// Replaces the text of a policy, wherever it applies.
    pub fn replace(&mut self, source: S, text: &'a Policy)
    where
        S: PartialEq,
    {
        let limits = &mut self.limits;
        let controls = limits.controls.iter_mut().flatten();
        let limiting = limits.boundary.iter_mut().flatten().chain(controls);
        for (id, policy) in self.identity.iter_mut().chain(limiting) {
            if *id == source {
                *policy = text;
            }
        }
    }
}

impl<'a, S: Copy> Limits<'a, S> {
    /// The statements about an action that something else grants. Its name is `service:Verb`, in
    /// lower case.
    #[must_use]
    pub fn about(&self, action: &str, context: &Context) -> Clauses<'a, S> {
        let mut denies = Vec::new();
        let within = self.allowing(action, context, &mut denies);
        Clauses::new(None, within, denies, context)
    }

    fn allowing(
        &self,
        action: &str,
        context: &Context,
        denies: &mut Vec<Clause<'a, S>>,
    ) -> Vec<Vec<Clause<'a, S>>> {
        let kinds = self.boundary.iter().chain(&self.controls);
        kinds.map(|policies| allowing(policies, action, context, denies)).collect()
    }

    fn policies(&self) -> impl Iterator<Item = &(S, &'a Policy)> {
        self.boundary.iter().chain(&self.controls).flatten()
    }
}

/// The statements of one kind of policies that allow an action. Those that deny it go to `denies`.
fn allowing<'a, S: Copy>(
    policies: &Policies<'a, S>,
    action: &str,
    context: &Context,
    denies: &mut Vec<Clause<'a, S>>,
) -> Vec<Clause<'a, S>> {
    let mut allowing = Vec::new();
    for &(source, policy) in policies {
        for (at, statement) in policy.statements.iter().enumerate() {
            let Some(clause) = Clause::read(source, at, statement, action, context) else {
                continue;
            };
            match statement.effect {
                Effect::Allow => allowing.push(clause),
                Effect::Deny => denies.push(clause),
            }
        }
    }
    allowing
}

impl<'a, S: Copy> Clauses<'a, S> {
    fn new(
        granting: Option<Vec<Clause<'a, S>>>,
        within: Vec<Vec<Clause<'a, S>>>,
        denies: Vec<Clause<'a, S>>,
        context: &Context,
    ) -> Self {
        let mut clauses = Self { granting, within, denies, cases: Vec::new() };
        clauses.cases = cases(clauses.clauses().flat_map(|clause| clause.open()), context);
        clauses
    }

    /// All statements that grant in any of these, without what limits or denies it: at least what
    /// each allows.
    #[must_use]
    pub fn granted_by_any<'c>(all: impl Iterator<Item = &'c Self>) -> Self
    where
        'a: 'c,
        S: 'c,
    {
        let granting = all.map(|clauses| clauses.granting.clone());
        let granting: Option<Vec<Vec<Clause<'a, S>>>> = granting.collect();
        Self {
            granting: granting.map(|all| all.concat()),
            within: Vec::new(),
            denies: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// The same without the statements that deny.
    #[must_use]
    pub fn without_denials(mut self) -> Self {
        self.denies.clear();
        self
    }

    /// Whether the action is allowed on a resource. Unknown if that depends on open conditions.
    #[must_use]
    pub fn allow(&self, arn: &str) -> Truth {
        self.decide(&Arn(arn))
    }

    /// The places of the ARNs on which the action may be allowed, and whether that is certain. The
    /// ARNs must be sorted: patterns find those that they match without a look at the others.
    #[must_use]
    pub fn allow_among(&self, sorted: &[&str]) -> Vec<(usize, Truth)> {
        let mut places = BTreeSet::new();
        let everywhere = || 0..sorted.len();
        match &self.granting {
            None => places.extend(everywhere()),
            Some(granting) => {
                for clause in granting {
                    match clause.about() {
                        About::AllBut(_) => places.extend(everywhere()),
                        About::These(resources) => {
                            let patterns = resources.iter().map(|resource| &resource.pattern);
                            places.extend(patterns.flat_map(|pattern| pattern.among(sorted)));
                        }
                    }
                }
            }
        }
        let allowed = places.into_iter().filter_map(|at| Some((at, self.allow(sorted.get(at)?))));
        allowed.filter(|(_, allowed)| *allowed != Truth::No).collect()
    }

    /// The statements that allow, for each kind of policy. Each kind must allow.
    fn kinds(&self) -> impl Iterator<Item = &Vec<Clause<'a, S>>> {
        self.granting.iter().chain(&self.within)
    }

    fn clauses(&self) -> impl Iterator<Item = &Clause<'a, S>> {
        self.kinds().flatten().chain(&self.denies)
    }

    pub(crate) fn decide(&self, on: &impl Matched) -> Truth {
        let decided = self.decide_by(&|clause| clause.applies(on));
        if decided != Truth::Unknown {
            return decided;
        }
        // What is the same for each value of a key does not depend on it.
        let of_case = |case: &Case| {
            let mut truths =
                case.values().map(|value| self.decide_by(&|clause| clause.applies_if(on, value)));
            let first = truths.next().unwrap_or(Truth::Unknown);
            truths.fold(first, Truth::either)
        };
        let decided = self.cases.iter().map(of_case).find(|truth| *truth != Truth::Unknown);
        decided.unwrap_or(Truth::Unknown)
    }

    fn decide_by(&self, applies: &impl Fn(&Clause<'a, S>) -> Truth) -> Truth {
        let denied = Truth::any(self.denies.iter().map(applies));
        if denied == Truth::Yes {
            return Truth::No;
        }
        let allowed = self
            .kinds()
            .map(|kind| Truth::any(kind.iter().map(applies)))
            .fold(Truth::Yes, Truth::and);
        allowed.and(!denied)
    }

    /// Whether a statement denies the action on a resource, in every request.
    #[must_use]
    pub fn deny(&self, arn: &str) -> bool {
        self.denies.iter().any(|clause| clause.applies(&Arn(arn)) == Truth::Yes)
    }

    /// The only resources on which the action may be allowed. Returns `None` if the policies do not
    /// name them without wildcards.
    #[must_use]
    pub fn only(&self) -> Option<Vec<&str>> {
        self.kinds().find_map(|kind| {
            let named = kind.iter().map(|clause| match clause.about() {
                About::These(resources) => {
                    resources.iter().map(|resource| resource.pattern.literal()).collect()
                }
                About::AllBut(_) => None,
            });
            let named: Option<Vec<Vec<&str>>> = named.collect();
            Some(named?.concat())
        })
    }

    /// Whether the action is allowed on everything, without conditions.
    pub(crate) fn allow_everything(&self) -> bool {
        let everything = |clause: &Clause<'_, S>| {
            clause.is_certain()
                && match clause.about() {
                    About::These(resources) => {
                        resources.iter().any(|resource| resource.is_everything())
                    }
                    About::AllBut(resources) => resources.is_empty(),
                }
        };
        self.denies.is_empty() && self.kinds().all(|kind| kind.iter().any(everything))
    }

    /// A resource on which the action may be allowed, as a statement names it: each wildcard takes
    /// one character. Quick, but `None` says nothing: [`crate::reach()`] decides.
    #[must_use]
    pub fn example(&self) -> Option<String> {
        let named = self.granting.iter().flatten().filter_map(|clause| match clause.about() {
            About::These(resources) => Some(resources.iter()),
            About::AllBut(_) => None,
        });
        let mut examples = named.flatten().map(|resource| resource.pattern.example());
        examples.find(|example| self.allow(example) != Truth::No)
    }

    /// Whether every question is decided before the request: no condition and no variable is open.
    #[must_use]
    pub fn are_decided(&self) -> bool {
        self.clauses().all(Clause::is_certain) && self.resources().all(|resource| resource.certain)
    }

    /// Whether some kind of policy allows nothing at all, so no resource needs a try.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds().any(Vec::is_empty)
    }

    /// Whether the policies allow nothing of what a pattern matches. `true` is certain.
    pub(crate) fn allow_nothing_of(&self, texts: &Pattern) -> bool {
        let mut narrow: Vec<Vec<Pattern>> = Vec::new();
        let colons = texts.names_its_colons().then(|| texts.colons());
        // With as many colons as all texts have, the wildcards of a pattern match none.
        let narrowed = |pattern: &&Pattern| match Some(pattern.colons()) == colons {
            true => pattern.without_colons(),
            false => (*pattern).clone(),
        };
        for one_of in self.required() {
            let mut meeting = one_of.filter(|pattern| pattern.meets(texts));
            let first: Vec<&Pattern> = meeting.by_ref().take(NARROW + 1).collect();
            if first.is_empty() {
                return true;
            }
            if first.len() <= NARROW && narrow.len() < REQUIRED {
                narrow.push(first.iter().map(narrowed).collect());
            }
        }
        let meet = |a: &[Pattern], b: &[Pattern]| a.iter().any(|a| b.iter().any(|b| a.meets(b)));
        let mut rest = narrow.as_slice();
        while let [first, others @ ..] = rest {
            if others.iter().any(|other| !meet(first, other)) {
                return true;
            }
            rest = others;
        }
        false
    }

    /// Sets of patterns. A text on which the action may be allowed matches at least one of each: of
    /// those that some kind of policy allows, and of those that a denial of all others spares.
    fn required(&self) -> impl Iterator<Item = impl Iterator<Item = &Pattern>> {
        let these = |clause: &'_ Clause<'a, S>| matches!(clause.about(), About::These(_));
        let kinds = self.kinds().filter(move |kind| kind.iter().all(these)).map(Vec::as_slice);
        let sparing =
            self.denies.iter().filter(move |clause| clause.is_certain() && !these(clause));
        let all = kinds.chain(sparing.map(std::slice::from_ref));
        all.map(|clauses| clauses.iter().flat_map(Clause::named).map(|resource| &resource.pattern))
    }

    /// The resources of the statements that grant the action, for questions that a request decides
    /// (`open`) or for certain. `None` if something else may grant it too: `NotResource`, or the
    /// policy of a resource.
    pub(crate) fn granting(&self, open: bool) -> Option<Vec<&Resource>> {
        let mut granting = Vec::new();
        for clause in self.granting.as_ref()? {
            let About::These(resources) = clause.about() else { return None };
            if open || clause.open().is_empty() {
                granting.extend(resources.iter().filter(|resource| open || resource.certain));
            }
        }
        Some(granting)
    }

    /// The resources of all statements that do not grant the action but limit or deny it, and the
    /// regions of all statements.
    pub(crate) fn limiting(&self) -> impl Iterator<Item = &Resource> {
        let limiting = self.within.iter().flatten().chain(&self.denies);
        let regions = self.granting.iter().flatten().flat_map(Clause::regions);
        limiting.flat_map(Clause::resources).chain(regions)
    }

    /// The resources that can only take permissions away: `Resource` of the statements that deny.
    pub(crate) fn denied(&self) -> impl Iterator<Item = &Resource> {
        self.denies.iter().flat_map(|clause| match clause.about() {
            About::These(resources) => resources.iter(),
            About::AllBut(_) => [].iter(),
        })
    }

    /// The statements that allow the action on a resource, one for each kind of policy, and those
    /// that may deny it.
    #[must_use]
    pub fn blame(&self, arn: &str) -> Vec<Blame<'a, S>> {
        let on = Arn(arn);
        let allowing = self.kinds().filter_map(|kind| {
            let by = |truth| kind.iter().find(move |clause| clause.applies(&Arn(arn)) == truth);
            by(Truth::Yes).or_else(|| by(Truth::Unknown))
        });
        let denying = self.denies.iter().filter(|clause| clause.applies(&on) != Truth::No);
        allowing.chain(denying).map(Clause::blame).collect()
    }

    /// All resources that the statements name.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.clauses().flat_map(Clause::resources)
    }
}

#[cfg(test)]
mod tests;
