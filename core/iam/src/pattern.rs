//! Patterns with `*` and `?`, as IAM matches actions and resources: case-sensitive, against the
//! whole text.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource": `*` matches any sequence of characters,
//! `?` exactly one character.

use std::collections::{HashMap, HashSet, VecDeque};

/// The character that a wildcard becomes in a witness if its class has it.
const FILLER: char = 'x';

/// A pattern, split so that most comparisons end at the prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The characters before the first wildcard. Most texts differ here, and most patterns have no
    /// wildcard.
    prefix: String,
    /// From the first wildcard to the last.
    middle: Vec<Token>,
    /// The characters after the last wildcard.
    suffix: String,
}

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Token {
    /// This character.
    Exactly(char),
    /// One character of a class.
    One(Class),
    /// Any number of characters of a class.
    Run(Class),
}

/// The characters that a wildcard matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Any character.
    Any,
    /// Any character but `:`, which ends a segment of an ARN.
    Segment,
    /// The characters of a service's names.
    Of(&'static Alphabet),
}

/// A set of ASCII characters: those that a service allows in a kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alphabet(u128);

impl Alphabet {
    /// The set of the characters of an ASCII text. Other characters are left out.
    #[must_use]
    pub const fn new(mut characters: &[u8]) -> Self {
        let mut set = 0;
        while let [c, rest @ ..] = characters {
            if c.is_ascii() {
                set |= 1 << *c;
            }
            characters = rest;
        }
        Self(set)
    }

    /// The set of the ASCII characters that a function accepts.
    #[must_use]
    pub fn from_fn(accepts: impl Fn(char) -> bool) -> Self {
        let accepted = (0..128_u8).filter(|c| accepts(char::from(*c)));
        Self(accepted.fold(0, |set, c| set | 1 << c))
    }

    /// Whether a character is in the set.
    #[must_use]
    pub fn has(&self, c: char) -> bool {
        c.is_ascii() && self.0 >> u32::from(c) & 1 == 1
    }

    /// Its characters, in the order of ASCII.
    pub(crate) fn characters(&self) -> impl Iterator<Item = char> {
        ('\0'..='\x7f').filter(|c| self.has(*c))
    }
}

impl Class {
    pub(crate) fn has(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Segment => c != ':',
            Self::Of(alphabet) => alphabet.has(c),
        }
    }

    /// A character that both classes have.
    fn common(self, other: Self) -> Option<char> {
        let named = |class| match class {
            Self::Of(alphabet) => Some(alphabet),
            Self::Any | Self::Segment => None,
        };
        let both = |c: &char| self.has(*c) && other.has(*c);
        let alphabet = named(self).or(named(other));
        Some(FILLER).filter(both).or_else(|| alphabet?.characters().find(both))
    }
}

impl Token {
    /// Whether the token matches a character.
    pub(crate) fn takes(self, c: char) -> bool {
        match self {
            Self::Exactly(d) => c == d,
            Self::One(class) | Self::Run(class) => class.has(c),
        }
    }
}

impl Pattern {
    /// Reads a pattern whose wildcards match any character. Every text is a valid pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let plain = pattern.find(['*', '?']).unwrap_or(pattern.len());
        let (prefix, rest) = pattern.split_at_checked(plain).unwrap_or((pattern, ""));
        let tokens = rest.chars().map(|c| match c {
            '*' => Token::Run(Class::Any),
            '?' => Token::One(Class::Any),
            c => Token::Exactly(c),
        });
        Self::with_prefix(prefix.to_owned(), tokens)
    }

    /// Joins tokens. The runs among them must be of [`Class::Any`] and at most one other class:
    /// [`Pattern::matches`] relies on it.
    pub(crate) fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
        Self::with_prefix(String::new(), tokens)
    }

    fn with_prefix(prefix: String, tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut pattern = Self { prefix, middle: Vec::new(), suffix: String::new() };
        for token in tokens {
            match token {
                Token::Exactly(c) if pattern.middle.is_empty() => pattern.prefix.push(c),
                Token::Exactly(c) => pattern.suffix.push(c),
                // Two runs in a row are one.
                Token::Run(_)
                    if pattern.suffix.is_empty() && pattern.middle.last() == Some(&token) => {}
                Token::One(_) | Token::Run(_) => {
                    pattern.middle.extend(pattern.suffix.drain(..).map(Token::Exactly));
                    pattern.middle.push(token);
                }
            }
        }
        // An account has hundreds of thousands of patterns.
        pattern.prefix.shrink_to_fit();
        pattern.middle.shrink_to_fit();
        pattern.suffix.shrink_to_fit();
        pattern
    }

    /// The places of the texts that it matches. The texts must be sorted.
    pub(crate) fn among<'s>(&'s self, sorted: &'s [&str]) -> impl Iterator<Item = usize> + 's {
        let first = sorted.partition_point(|text| *text < self.prefix.as_str());
        let from_there = sorted.iter().enumerate().skip(first);
        from_there
            .take_while(|(_, text)| text.starts_with(&self.prefix))
            .filter(|(_, text)| self.matches(text))
            .map(|(at, _)| at)
    }

    /// The only text that it matches, if it has no wildcard.
    pub(crate) fn literal(&self) -> Option<&str> {
        self.middle.is_empty().then_some(&self.prefix)
    }

    /// Whether it matches every text.
    pub(crate) fn is_everything(&self) -> bool {
        self.prefix.is_empty() && self.middle == [Token::Run(Class::Any)] && self.suffix.is_empty()
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.after_prefix(&self.prefix)
    }

    /// The tokens, with another prefix.
    fn after_prefix<'t>(&'t self, prefix: &'t str) -> impl Iterator<Item = Token> + 't {
        let [prefix, suffix] = [prefix, &self.suffix].map(|text| text.chars().map(Token::Exactly));
        prefix.chain(self.middle.iter().copied()).chain(suffix)
    }

    /// Whether the pattern matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let without_prefix = text.strip_prefix(&self.prefix);
        let Some(mut rest) = without_prefix.and_then(|text| text.strip_suffix(&self.suffix)) else {
            return false;
        };
        let mut token = 0;
        // Where to resume if the text after a run does not match: that run then takes one more
        // character. Only the last run needs a retry, and the last run of `Class::Any` before it,
        // because a narrower run cannot take every character.
        let mut retry: [Option<(usize, &str)>; 2] = [None, None];
        loop {
            let next = rest.chars().next();
            match (self.middle.get(token), next) {
                (None, None) => return true,
                // A last run takes the rest.
                (Some(Token::Run(Class::Any)), _) if token + 1 == self.middle.len() => return true,
                (Some(Token::Run(class)), _) => {
                    let [any, last] = &mut retry;
                    (*last, *any) = match class {
                        Class::Any => (None, Some((token, rest))),
                        Class::Segment | Class::Of(_) => (Some((token, rest)), *any),
                    };
                    token += 1;
                    continue;
                }
                (Some(&taken @ (Token::Exactly(_) | Token::One(_))), Some(c)) if taken.takes(c) => {
                    (token, rest) = (token + 1, after(rest, c));
                    continue;
                }
                (Some(Token::Exactly(_) | Token::One(_)), _) | (None, Some(_)) => {}
            }
            let more = retry.iter_mut().rev().find_map(|retry| {
                let (run, from) = (*retry)?;
                let c = from.chars().next()?;
                self.middle.get(run).filter(|token| token.takes(c))?;
                *retry = Some((run, after(from, c)));
                *retry
            });
            let Some((run, from)) = more else {
                return false;
            };
            if matches!(self.middle.get(run), Some(Token::Run(Class::Any))) {
                let [_, last] = &mut retry;
                *last = None;
            }
            (token, rest) = (run + 1, from);
        }
    }

    /// The number of its `*`.
    pub(crate) fn runs(&self) -> usize {
        self.middle.iter().filter(|token| matches!(token, Token::Run(_))).count()
    }

    /// The number of characters that every text has at least.
    pub(crate) fn least(&self) -> usize {
        let middle = self.middle.iter().filter(|token| !matches!(token, Token::Run(_)));
        self.prefix.len() + middle.count() + self.suffix.len()
    }

    /// A text that it matches: each wildcard takes one character.
    pub(crate) fn example(&self) -> String {
        let mut text = String::with_capacity(self.prefix.len() + self.suffix.len() + 8);
        text.push_str(&self.prefix);
        text.extend(self.middle.iter().map(|token| match token {
            Token::Exactly(c) => *c,
            Token::One(class) | Token::Run(class) => class.common(*class).unwrap_or(FILLER),
        }));
        text.push_str(&self.suffix);
        text
    }

    /// The characters between the last colon and the next wildcard, or the end of the pattern if it
    /// has no wildcard there, and whether it has none. Returns `None` if the pattern does not name
    /// this number of colons.
    pub(crate) fn literal_after(&self, colons: usize) -> Option<(String, bool)> {
        let is_colon = |token: &Token| *token == Token::Exactly(':');
        if self.tokens().filter(is_colon).count() != colons {
            return None;
        }
        let last = self.tokens().enumerate().filter(|(_, token)| is_colon(token)).last();
        let mut literal = String::new();
        for token in self.tokens().skip(last.map_or(0, |(at, _)| at + 1)) {
            let Token::Exactly(c) = token else { return Some((literal, false)) };
            literal.push(c);
        }
        Some((literal, true))
    }

    /// Whether no wildcard of the pattern matches a colon.
    pub(crate) fn names_its_colons(&self) -> bool {
        self.middle.iter().all(|token| matches!(token, Token::Exactly(_)) || !token.takes(':'))
    }

    /// The same for texts that have no more colons than it names: there, its wildcards match none.
    pub(crate) fn without_colons(&self) -> Self {
        let tokens = self.tokens().map(|token| match token {
            Token::One(Class::Any) => Token::One(Class::Segment),
            Token::Run(Class::Any) => Token::Run(Class::Segment),
            Token::Exactly(_) | Token::One(_) | Token::Run(_) => token,
        });
        Self::from_tokens(tokens)
    }

    /// The number of colons that it names.
    pub(crate) fn colons(&self) -> usize {
        self.tokens().filter(|token| *token == Token::Exactly(':')).count()
    }

    /// Whether texts of both may end with the same characters. `false` is certain.
    fn may_end_alike(&self, other: &Self) -> bool {
        let [a, b] = [self, other].map(|pattern| pattern.literal().unwrap_or(&pattern.suffix));
        if a.len() <= b.len() { b.ends_with(a) } else { a.ends_with(b) }
    }

    /// Whether both patterns match some text. Faster than [`Pattern::witness`].
    pub(crate) fn meets(&self, other: &Self) -> bool {
        if !self.may_end_alike(other) {
            return false;
        }
        if self.matches(&other.example()) || other.matches(&self.example()) {
            return true;
        }
        let [shorter, longer] =
            if self.prefix.len() <= other.prefix.len() { [self, other] } else { [other, self] };
        let Some(more) = longer.prefix.strip_prefix(&shorter.prefix) else {
            return false;
        };
        // Both begin with the same text, so the rest decides.
        let tokens = [(shorter, ""), (longer, more)]
            .map(|(pattern, prefix)| pattern.after_prefix(prefix).collect::<Vec<_>>());
        let [a, b] = &tokens;
        let place = |(i, j): State| i * (b.len() + 1) + j;
        let mut seen = vec![false; (a.len() + 1) * (b.len() + 1)];
        let mut left = vec![(0, 0)];
        while let Some(state) = left.pop() {
            if state == (a.len(), b.len()) {
                return true;
            }
            for (next, _) in steps((a, b), state).into_iter().flatten() {
                if let Some(seen @ false) = seen.get_mut(place(next)) {
                    *seen = true;
                    left.push(next);
                }
            }
        }
        false
    }

    /// One of the shortest texts that both patterns match. Returns `None` if there is no such text.
    ///
    /// The search is exact: it goes breadth first over the pairs of positions in the two patterns.
    /// To leave a run costs nothing, a character costs one.
    #[must_use]
    pub fn witness(&self, other: &Self) -> Option<String> {
        let tokens: [Vec<Token>; 2] = [self, other].map(|pattern| pattern.tokens().collect());
        let [a, b] = &tokens;
        let start = (0, 0);
        let goal = (a.len(), b.len());
        let mut best: HashMap<State, Step> = HashMap::from([(start, Step::default())]);
        let mut settled: HashSet<State> = HashSet::new();
        let mut queue: VecDeque<State> = VecDeque::from([start]);
        while let Some(state) = queue.pop_front() {
            if state == goal {
                return Some(text_to(goal, &best));
            }
            if !settled.insert(state) {
                continue;
            }
            let length = best.get(&state).map_or(0, |step| step.length);
            for (next, character) in steps((a, b), state).into_iter().flatten() {
                let length = length + usize::from(character.is_some());
                if best.get(&next).is_some_and(|known| known.length <= length) {
                    continue;
                }
                let step = Step { length, from: Some(state), character };
                best.insert(next, step);
                match character {
                    None => queue.push_front(next),
                    Some(_) => queue.push_back(next),
                }
            }
        }
        None
    }
}

/// The next steps from a state: one of the two patterns leaves its run, or both take the same
/// character.
fn steps((a, b): (&[Token], &[Token]), (i, j): State) -> [Option<(State, Option<char>)>; 3] {
    let (a, b) = (a.get(i), b.get(j));
    let leave_a = matches!(a, Some(Token::Run(_))).then_some(((i + 1, j), None));
    let leave_b = matches!(b, Some(Token::Run(_))).then_some(((i, j + 1), None));
    let together = a.zip(b).and_then(|(a, b)| {
        let character = match (a, b) {
            (Token::Exactly(c), other) | (other, Token::Exactly(c)) => {
                other.takes(*c).then_some(*c)?
            }
            (Token::One(a) | Token::Run(a), Token::One(b) | Token::Run(b)) => a.common(*b)?,
        };
        let after = |at: usize, token: &Token| at + usize::from(!matches!(token, Token::Run(_)));
        Some(((after(i, a), after(j, b)), Some(character)))
    });
    [leave_a, leave_b, together]
}

/// The text after its first character.
fn after(text: &str, first: char) -> &str {
    text.get(first.len_utf8()..).unwrap_or_default()
}

/// A position in each of two patterns.
type State = (usize, usize);

/// The last step of the shortest known way to a state.
#[derive(Default)]
struct Step {
    length: usize,
    from: Option<State>,
    character: Option<char>,
}

fn text_to(goal: State, best: &HashMap<State, Step>) -> String {
    let mut text = Vec::new();
    let mut step = best.get(&goal);
    while let Some(taken) = step {
        text.extend(taken.character);
        step = taken.from.and_then(|state| best.get(&state));
    }
    text.iter().rev().collect()
}

#[cfg(test)]
mod tests;
