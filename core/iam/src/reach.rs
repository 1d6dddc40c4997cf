//! The set of resources on which principals may act, asked for a shortest member.
//!
//! "Is there any pipeline, stage and region where both approvals are allowed?" is a question about
//! the languages of patterns: allows united, denies taken away, the approvals' languages
//! intersected. It is answered by walking all patterns at once, breadth first, over every text that
//! the frame admits; so the answer is exact for patterns of `*` and `?`, and the first text found
//! is a shortest one.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use crate::arn::Resource;
use crate::grants::{Clauses, Matched};
use crate::pattern::{Class, Pattern, Token};
use crate::truth::Truth;

/// How many states of the patterns are looked at before giving up. Policies within AWS's quotas
/// need a few hundred, unless somebody writes them to be hard.
const STATES: usize = 1 << 16;

/// Which texts are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Pattern);

/// A piece of a frame. Globs are of `*` and `?`.
#[derive(Clone, Copy, Debug)]
pub enum FramePart<'a> {
    /// This text.
    Text(&'a str),
    /// A region, or those that a glob matches.
    Region(&'a str),
    /// A name of CodePipeline's: of a pipeline, a stage or an action; or those that a glob matches.
    Name(&'a str),
    /// Whatever.
    Anything,
}

impl Frame {
    /// Whether any of the frame's texts may be one of a resource.
    pub(crate) fn meets(&self, resource: &Resource) -> bool {
        self.0.meets(&resource.pattern)
    }

    /// The frame's texts, with something after each.
    fn with(&self, suffix: &str) -> Pattern {
        Pattern::of(self.0.tokens().chain(suffix.chars().map(Token::Exactly)))
    }

    /// What its parts make up.
    #[must_use]
    pub fn new(parts: &[FramePart<'_>]) -> Self {
        let tokens = parts.iter().flat_map(|part| match part {
            FramePart::Text(text) => text.chars().map(Token::Exactly).collect(),
            FramePart::Region(region) => glob(region, Class::Region),
            FramePart::Name(name) => glob(name, Class::Name),
            FramePart::Anything => vec![Token::Run(Class::Any)],
        });
        Self(Pattern::of(tokens))
    }
}

/// A glob over a class of characters. A name is never empty.
fn glob(glob: &str, class: Class) -> Vec<Token> {
    let some = glob.chars().all(|c| c == '*').then_some(Token::One(class));
    let tokens = glob.chars().map(|c| match c {
        '*' => Token::Run(class),
        '?' => Token::One(class),
        c => Token::Exactly(c),
    });
    some.into_iter().chain(tokens).collect()
}

/// One action that must be allowed: the clauses about it, on the text that is looked for with a
/// suffix.
#[derive(Debug)]
pub struct Part<'p, 'a, S> {
    /// What follows the common part, e.g. `/ApprovalA`.
    pub suffix: &'p str,
    /// What must allow it.
    pub clauses: &'p Clauses<'a, S>,
}

/// The patterns are too many and too entangled to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wildcards of these policies are too entangled to be decided exactly")]
pub struct TooIntricate;

/// A shortest text within the frame that, with each part's suffix, each part's clauses allow: for
/// certain, or, with `open`, when conditions that they leave open are met.
///
/// # Errors
/// When that cannot be decided within bounds; never a guess.
pub fn reach<S: Copy>(
    frame: &Frame,
    parts: &[Part<'_, '_, S>],
    open: bool,
) -> Result<Option<String>, TooIntricate> {
    if parts.iter().any(|part| part.clauses.is_empty()) {
        return Ok(None);
    }
    // Administrators are many: theirs is whatever the frame admits.
    if parts.iter().all(|part| part.clauses.allow_everything()) {
        return Machine::new(frame, std::iter::empty()).shortest(|_| true);
    }
    let texts: Vec<Pattern> = parts.iter().map(|part| frame.with(part.suffix)).collect();
    let mut asked = parts.iter().zip(&texts);
    if asked.any(|(part, texts)| part.clauses.allow_nothing_of(texts)) {
        return Ok(None);
    }
    // What matches none of the texts need not be followed.
    let meeting = parts.iter().zip(&texts).flat_map(|(part, texts)| {
        let resources = part.clauses.resources();
        resources.filter(|resource| resource.pattern.meets(texts))
    });
    let machine = Machine::new(frame, meeting);
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

/// All patterns side by side, the frame first. A state is the set of positions in them that a text
/// may lead to.
struct Machine<'a> {
    /// The patterns' tokens, each pattern's followed by `None`.
    tokens: Vec<Option<Token>>,
    /// Where each pattern begins.
    starts: Vec<usize>,
    /// Where each pattern ends.
    ends: HashMap<&'a Pattern, usize>,
    frame_end: usize,
    /// [`OTHERS`], each with the classes that it is in.
    others: Vec<(char, u8)>,
}

/// A set of positions, as bits.
type State = Box<[u64]>;

/// What a state matches.
struct At<'m, 'a> {
    machine: &'m Machine<'a>,
    state: &'m State,
}

impl Matched for At<'_, '_> {
    fn matched(&self, resource: &Resource) -> bool {
        let end = self.machine.ends.get(&resource.pattern);
        end.is_some_and(|end| has(self.state, *end))
    }
}

impl<'a> Machine<'a> {
    fn new(frame: &'a Frame, resources: impl Iterator<Item = &'a Resource>) -> Self {
        let mut machine = Self {
            tokens: Vec::new(),
            starts: Vec::new(),
            ends: HashMap::new(),
            frame_end: 0,
            others: OTHERS.chars().map(|c| (c, classes(c))).collect(),
        };
        machine.frame_end = machine.add(&frame.0);
        for resource in resources {
            if !machine.ends.contains_key(&resource.pattern) {
                let end = machine.add(&resource.pattern);
                machine.ends.insert(&resource.pattern, end);
            }
        }
        machine
    }

    /// Adds a pattern; where it ends.
    fn add(&mut self, pattern: &Pattern) -> usize {
        self.starts.push(self.tokens.len());
        self.tokens.extend(pattern.tokens().map(Some));
        self.tokens.push(None);
        self.tokens.len() - 1
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied().flatten()
    }

    fn start(&self) -> State {
        let mut state = vec![0; self.tokens.len().div_ceil(64)].into_boxed_slice();
        for start in &self.starts {
            self.put(&mut state, *start);
        }
        state
    }

    /// Puts a position into a state, and those that leaving a run leads to.
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

    /// The characters that lead to different states within the frame: those that a pattern names
    /// next, and of all others one.
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
        // Characters that no pattern names here differ by the classes that they are in, and nothing
        // else.
        let live = tokens().fold(0, |live, token| match token {
            Token::One(class) | Token::Run(class) => live | bit(class),
            Token::Exactly(_) => live,
        });
        let named = characters.len();
        let mut kinds = Vec::new();
        for (c, classes) in &self.others {
            let kind = classes & live;
            let is_named = characters.iter().take(named).any(|named| named == c);
            if !kinds.contains(&kind) && !is_named {
                kinds.push(kind);
                characters.push(*c);
            }
        }
        characters
    }

    /// A shortest text that the frame admits, and whose state is wanted.
    fn shortest(&self, wanted: impl Fn(&State) -> bool) -> Result<Option<String>, TooIntricate> {
        let mut start = self.start();
        let beginning = self.follow(&mut start);
        let mut seen: BTreeSet<State> = BTreeSet::from([start.clone()]);
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
                if !seen.insert(next.clone()) {
                    continue;
                }
                if seen.len() > STATES {
                    return Err(TooIntricate);
                }
                queue.push(Reverse((length + text.len(), walks.len())));
                walks.push(Walk { state: next, from: Some(at), text });
            }
        }
        Ok(None)
    }

    /// Goes on for as long as the frame leaves no choice; what that spells.
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

    /// Whether the frame admits a text that begins like this.
    fn within_frame(&self, state: &State) -> bool {
        positions(state).next().is_some_and(|at| at <= self.frame_end)
    }
}

/// Every class, for telling characters apart.
const CLASSES: [Class; 4] = [Class::Any, Class::Segment, Class::Name, Class::Region];

/// Characters to stand for those that no pattern names, the most readable first: all that are in
/// [`Class::Name`] or
/// [`Class::Region`], which are what a frame's wildcards stand for.
const OTHERS: &str = "xyzwvutsrqponmlkjihgfedcba0123456789XYZWVUTSRQPONMLKJIHGFEDCBA-_.@";

/// The classes that a character is in.
fn classes(c: char) -> u8 {
    let having = CLASSES.into_iter().filter(|class| class.has(c));
    having.fold(0, |classes, class| classes | bit(class))
}

fn bit(class: Class) -> u8 {
    1 << class as u8
}

/// A way to a state.
struct Walk {
    state: State,
    /// The walk that it goes on from.
    from: Option<usize>,
    /// What it adds to that.
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

/// The positions in a state, in order.
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
