//! The set of resources that principals may act on, and a shortest member of it.
//!
//! "Is there a pipeline, stage and region in which both approvals are allowed?" is a question about
//! the languages of patterns: take the union of what is allowed, subtract what is denied, and
//! intersect the languages of the two approvals. [`reach`] answers it by a walk through all
//! patterns at once, breadth first, over every text in the frame. So the answer is exact for
//! patterns of `*` and `?`, and the first text found is a shortest one.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::arn::Resource;
use crate::choices::choices;
use crate::frame::Frame;
use crate::matched::Matched;
use crate::part::Part;
use crate::pattern::{Class, Pattern, Token};
use crate::seen::{Seen, State, TooIntricate};
use crate::truth::Truth;

/// A shortest text in the frame that all parts allow, each with its suffix. With `open`, a part may
/// depend on conditions that only the request decides; without, every part must be certain.
///
/// # Errors
/// [`TooIntricate`] if that cannot be decided within bounds. The answer is never a guess.
pub fn reach<S: Copy>(
    frame: &Frame,
    parts: &[Part<'_, '_, S>],
    open: bool,
) -> Result<Option<String>, TooIntricate> {
    if parts.iter().any(|part| part.clauses.is_empty()) {
        return Ok(None);
    }
    // A shortcut for administrators, who are many: the whole frame is in their reach.
    if parts.iter().all(|part| part.clauses.allow_everything()) {
        return Machine::new(frame, std::iter::empty(), &HashSet::new()).shortest(|_| true);
    }
    let texts: Vec<Pattern> = parts.iter().map(|part| frame.with(part.suffix)).collect();
    let mut asked = parts.iter().zip(&texts);
    if asked.any(|(part, texts)| part.clauses.allow_nothing_of(texts)) {
        return Ok(None);
    }
    if let Some(choices) = choices(parts, &texts, open) {
        // Each choice is one of the texts' ways to be allowed, so all choices together are exact.
        let limiting: Vec<&Resource> = parts
            .iter()
            .zip(&texts)
            .flat_map(|(part, texts)| {
                part.clauses.limiting().filter(|resource| resource.pattern.meets(texts))
            })
            .collect();
        for granting in choices {
            let found = search(frame, parts, granting.into_iter().chain(limiting.clone()), open)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        return Ok(None);
    }
    // Patterns that match none of the texts decide nothing.
    let meeting = parts.iter().zip(&texts).flat_map(|(part, texts)| {
        let resources = part.clauses.resources();
        resources.filter(|resource| resource.pattern.meets(texts))
    });
    search(frame, parts, meeting, open)
}

/// Searches the texts that the parts allow by these resources alone: others count as not matched.
fn search<'a, S: Copy>(
    frame: &'a Frame,
    parts: &[Part<'_, '_, S>],
    resources: impl Iterator<Item = &'a Resource>,
    open: bool,
) -> Result<Option<String>, TooIntricate> {
    let denied = parts.iter().flat_map(|part| part.clauses.denied()).map(std::ptr::from_ref);
    let machine = Machine::new(frame, resources, &denied.collect());
    let allowed = |state: &State| {
        parts.iter().all(|part| {
            let state =
                part.suffix.chars().fold(state.clone(), |state, c| machine.after(&state, c));
            match part.clauses.decide(&At { machine: &machine, state: &state }) {
                Truth::Yes => true,
                Truth::Unknown => open,
                Truth::No => false,
            }
        })
    };
    machine.shortest(allowed)
}

/// All patterns side by side, the frame first, as one nondeterministic automaton. A state is the
/// set of positions that a text may lead to.
struct Machine {
    /// The tokens of all patterns. `None` marks the end of each pattern.
    tokens: Vec<Option<Token>>,
    /// The first position of each pattern.
    starts: Vec<usize>,
    /// The last position of the pattern of each resource, by the resource's address: texts are
    /// compared with resources much more often than resources are added.
    ends: HashMap<*const Resource, usize>,
    frame_end: usize,
    /// The positions of all patterns that can do more than take permissions away.
    decisive: State,
    /// Characters that may stand for those that no pattern names, the most readable first.
    others: Vec<char>,
}

/// A state, as an answer to which patterns match.
struct At<'m> {
    machine: &'m Machine,
    state: &'m State,
}

impl Matched for At<'_> {
    fn matched(&self, resource: &Resource) -> bool {
        let end = self.machine.ends.get(&std::ptr::from_ref(resource));
        end.is_some_and(|end| has(self.state, *end))
    }
}

impl Machine {
    /// `denied` has the resources that can only take permissions away.
    fn new<'a>(
        frame: &Frame,
        resources: impl Iterator<Item = &'a Resource>,
        denied: &HashSet<*const Resource>,
    ) -> Self {
        let mut machine = Self {
            tokens: Vec::new(),
            starts: Vec::new(),
            ends: HashMap::new(),
            frame_end: 0,
            decisive: State::default(),
            others: others(frame),
        };
        machine.frame_end = machine.add(frame.pattern());
        let mut decisive = vec![0..=machine.frame_end];
        let mut known: HashMap<&Pattern, usize> = HashMap::new();
        for resource in resources {
            let add = || machine.add(&resource.pattern);
            let end = *known.entry(&resource.pattern).or_insert_with(add);
            machine.ends.insert(std::ptr::from_ref(resource), end);
            // Another resource may have the same pattern, and grant what this one denies.
            if !denied.contains(&std::ptr::from_ref(resource)) {
                decisive.push(end - resource.pattern.tokens().count()..=end);
            }
        }
        machine.decisive = machine.none();
        decisive.into_iter().flatten().for_each(|at| set(&mut machine.decisive, at));
        machine
    }

    /// Adds a pattern. Returns its last position.
    fn add(&mut self, pattern: &Pattern) -> usize {
        self.starts.push(self.tokens.len());
        self.tokens.extend(pattern.tokens().map(Some));
        self.tokens.push(None);
        self.tokens.len() - 1
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied().flatten()
    }

    /// No position.
    fn none(&self) -> State {
        vec![0; self.tokens.len().div_ceil(64)].into_boxed_slice()
    }

    fn start(&self) -> State {
        let mut state = self.none();
        for start in &self.starts {
            self.put(&mut state, *start);
        }
        state
    }

    /// Puts a position into a state, and the positions after the runs that may be left there.
    fn put(&self, state: &mut State, mut at: usize) {
        set(state, at);
        while matches!(self.token(at), Some(Token::Run(_))) {
            at += 1;
            set(state, at);
        }
    }

    fn after(&self, state: &State, c: char) -> State {
        let mut next = vec![0; state.len()].into_boxed_slice();
        self.step(state, c, &mut next);
        next
    }

    fn step(&self, state: &State, c: char, next: &mut State) {
        next.fill(0);
        for at in positions(state) {
            match self.token(at) {
                Some(token) if !token.takes(c) => {}
                Some(Token::Run(_)) => self.put(next, at),
                Some(Token::Exactly(_) | Token::One(_)) => self.put(next, at + 1),
                None => {}
            }
        }
    }

    /// The characters that lead to different states in the frame: those that a pattern names next,
    /// and one for each kind of all the others.
    fn characters(&self, state: &State) -> Vec<char> {
        let tokens = || positions(state).filter_map(|at| self.token(at));
        let framed = || {
            positions(state).take_while(|at| *at < self.frame_end).filter_map(|at| self.token(at))
        };
        let mut characters: Vec<char> = tokens()
            .filter_map(|token| match token {
                Token::Exactly(c) => Some(c),
                Token::One(_) | Token::Run(_) => None,
            })
            .filter(|c| framed().any(|token| token.takes(*c)))
            .collect();
        characters.sort_unstable();
        characters.dedup();
        if framed().all(|token| matches!(token, Token::Exactly(_))) {
            return characters;
        }
        // Characters that no pattern names here differ only by their classes.
        let mut classes: Vec<Class> = Vec::new();
        for token in tokens() {
            match token {
                Token::One(class) | Token::Run(class) if !classes.contains(&class) => {
                    classes.push(class);
                }
                Token::One(_) | Token::Run(_) | Token::Exactly(_) => {}
            }
        }
        let of_one_kind = |a: char, b: char| classes.iter().all(|it| it.has(a) == it.has(b));
        let mut kinds: Vec<char> = Vec::new();
        for c in &self.others {
            if !characters.contains(c) && !kinds.iter().any(|kind| of_one_kind(*kind, *c)) {
                kinds.push(*c);
            }
        }
        characters.extend(kinds);
        characters
    }

    /// A shortest text in the frame whose state is wanted.
    fn shortest(&self, wanted: impl Fn(&State) -> bool) -> Result<Option<String>, TooIntricate> {
        let mut start = self.start();
        let beginning = self.follow(&mut start);
        let mut seen = Seen::new(&self.decisive);
        seen.is_new(&start)?;
        let mut queue = BinaryHeap::from([Reverse((beginning.len(), 0))]);
        let mut walks = vec![Walk { state: start, from: None, text: beginning }];
        while let Some(Reverse((length, at))) = queue.pop() {
            let Some(state) = walks.get(at).map(|walk| walk.state.clone()) else {
                continue;
            };
            if has(&state, self.frame_end) && wanted(&state) {
                return Ok(Some(spelled(&walks, at)));
            }
            for c in self.characters(&state) {
                let mut next = self.after(&state, c);
                if !self.within_frame(&next) {
                    continue;
                }
                let text = String::from(c) + &self.follow(&mut next);
                if !seen.is_new(&next)? {
                    continue;
                }
                queue.push(Reverse((length + text.len(), walks.len())));
                walks.push(Walk { state: next, from: Some(at), text });
            }
        }
        Ok(None)
    }

    /// Follows the frame as long as it leaves no choice. Returns the text of that way.
    fn follow(&self, state: &mut State) -> String {
        let mut text = String::new();
        let mut next = state.clone();
        while let Some(c) = self.only_choice(state) {
            self.step(state, c, &mut next);
            std::mem::swap(state, &mut next);
            text.push(c);
        }
        text
    }

    fn only_choice(&self, state: &State) -> Option<char> {
        let mut framed = positions(state).take_while(|at| *at <= self.frame_end);
        match (framed.next().and_then(|at| self.token(at)), framed.next()) {
            (Some(Token::Exactly(c)), None) => Some(c),
            _ => None,
        }
    }

    /// Whether a text in the frame begins like this.
    fn within_frame(&self, state: &State) -> bool {
        positions(state).next().is_some_and(|at| at <= self.frame_end)
    }
}

/// The most readable characters first.
const READABLE: &str = "xyzwvutsrqponmlkjihgfedcba0123456789XYZWVUTSRQPONMLKJIHGFEDCBA-_.@";

/// Every character that a wildcard of the frame matches, and the readable ones for those that match
/// anything.
fn others(frame: &Frame) -> Vec<char> {
    let mut others: Vec<char> = READABLE.chars().collect();
    for token in frame.pattern().tokens() {
        if let Token::One(Class::Of(alphabet)) | Token::Run(Class::Of(alphabet)) = token {
            let missing = alphabet.characters().filter(|c| !READABLE.contains(*c));
            others.extend(missing);
        }
    }
    others
}

/// A way to a state.
struct Walk {
    state: State,
    /// The walk that this one continues.
    from: Option<usize>,
    /// The text that it adds.
    text: String,
}

fn spelled(walks: &[Walk], end: usize) -> String {
    let mut texts = Vec::new();
    let mut at = Some(end);
    while let Some(walk) = at.and_then(|at| walks.get(at)) {
        texts.push(walk.text.as_str());
        at = walk.from;
    }
    texts.into_iter().rev().collect()
}

fn has(state: &State, at: usize) -> bool {
    state.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

fn set(state: &mut State, at: usize) {
    if let Some(word) = state.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// The positions in a state, in ascending order.
fn positions(state: &State) -> impl Iterator<Item = usize> {
    state.iter().enumerate().flat_map(|(word, bits)| {
        let mut bits = *bits;
        std::iter::from_fn(move || {
            let bit = bits.trailing_zeros();
            bits &= bits.checked_sub(1)?;
            Some(word * 64 + usize::try_from(bit).ok()?)
        })
    })
}
