//! The states that a walk through patterns has seen.

use std::collections::HashMap;

/// A set of positions, as bits.
pub(crate) type State = Box<[u64]>;

/// The question takes more states than [`reach`](crate::reach()) visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wildcards of these policies are too entangled to be decided exactly")]
pub struct TooIntricate;

/// The most states to visit. Policies within AWS's quotas need a few hundred, unless somebody
/// writes them to be hard.
const STATES: usize = 1 << 16;

/// The most words of all visited states together. A state of thousands of patterns is large.
const WORDS: usize = 1 << 22;

/// The most comparisons of two states.
const COMPARISONS: usize = 1 << 24;

/// States, each with all that a walk from it can find.
///
/// A state that differs from a seen one only by further positions in denials leads to nothing new:
/// a text that is allowed after it is also allowed after the seen one. Without this, a walk visits
/// every set of denials that a text can match, and their number doubles with each denial.
pub(crate) struct Seen<'d> {
    /// The positions that are not in denials alone.
    decisive: &'d State,
    /// By the decisive positions, the other positions of each state.
    states: HashMap<State, Vec<State>>,
    words: usize,
    count: usize,
    comparisons: usize,
}

impl<'d> Seen<'d> {
    pub(crate) fn new(decisive: &'d State) -> Self {
        Self { decisive, states: HashMap::new(), words: 0, count: 0, comparisons: 0 }
    }

    /// Whether a state may lead to something new. From now on it does not.
    ///
    /// # Errors
    /// [`TooIntricate`] if too much has been seen.
    pub(crate) fn is_new(&mut self, state: &State) -> Result<bool, TooIntricate> {
        let by = |f: fn(u64, u64) -> u64| -> State {
            state.iter().zip(self.decisive).map(|(bits, decisive)| f(*bits, *decisive)).collect()
        };
        let denials = by(|bits, decisive| bits & !decisive);
        let known = self.states.entry(by(|bits, decisive| bits & decisive)).or_default();
        let mut compared = known.iter().inspect(|_| self.comparisons += 1);
        let is_new = !compared.any(|known| is_subset(known, &denials));
        if is_new {
            known.push(denials);
            self.count += 1;
            self.words += state.len();
        }
        if self.count > STATES || self.words > WORDS || self.comparisons > COMPARISONS {
            return Err(TooIntricate);
        }
        Ok(is_new)
    }
}

fn is_subset(part: &State, whole: &State) -> bool {
    part.iter().zip(whole).all(|(part, whole)| part & !whole == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(bits: u64) -> State {
        vec![bits].into_boxed_slice()
    }

    #[test]
    fn a_state_with_more_denials_leads_to_nothing_new() {
        let decisive = state(0b0011);
        let mut seen = Seen::new(&decisive);
        for (bits, is_new) in [
            (0b0101, true),
            (0b1101, false),
            (0b1001, true),
            (0b0001, true),
            (0b0101, false),
            (0b0111, true),
            (0b0010, true),
        ] {
            assert_eq!(seen.is_new(&state(bits)), Ok(is_new), "{bits:b}");
        }
    }

    #[test]
    fn a_walk_through_too_many_states_ends() {
        let decisive = state(u64::MAX);
        let mut seen = Seen::new(&decisive);
        let mut states = (0..=u64::MAX).map(|bits| seen.is_new(&state(bits)));
        assert_eq!(states.position(|is_new| is_new.is_err()), Some(STATES));
    }

    #[test]
    fn a_walk_through_large_states_ends_sooner() {
        let wide = |bits: u64| -> State { (0..1 << 15).map(|word| bits << (word % 2)).collect() };
        let decisive = wide(u64::MAX);
        let mut seen = Seen::new(&decisive);
        let mut states = (0..u64::MAX).map(|bits| seen.is_new(&wide(bits)));
        assert_eq!(states.position(|is_new| is_new.is_err()), Some(WORDS >> 15));
    }

    /// Only new states were counted, and a walk compares many times as many that are not new.
    #[test]
    fn a_walk_that_compares_too_often_ends_also_if_nothing_is_new() {
        let decisive = state(0);
        let mut seen = Seen::new(&decisive);
        // None of them is a part of another: the bits of a number, and those that it lacks.
        let mut states = (0..1 << 12).map(|bits| state(bits << 12 | bits ^ 0xfff));
        assert!(states.all(|state| seen.is_new(&state) == Ok(true)));
        let last = state(0xfff << 12);
        let mut again = (0..COMPARISONS >> 12).map(|_| seen.is_new(&last));
        assert!(again.any(|is_new| is_new == Err(TooIntricate)));
    }
}
