//! Sources of identifiers: random for users, counted in tests.

use uuid::Builder;

/// A source of identifiers that never repeat.
pub trait IdSource: Send {
    /// A lower-case version 4 UUID, the form of every identifier of CodePipeline.
    fn uuid(&mut self) -> String;
}

/// Random identifiers. The same seed gives the same ones.
#[derive(Debug)]
pub struct RandomIds(fastrand::Rng);

impl RandomIds {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }
}

impl IdSource for RandomIds {
    fn uuid(&mut self) -> String {
        let bytes = self.0.u128(..).to_be_bytes();
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

/// Counted identifiers, which tests can predict.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct CountedIds(u64);

#[cfg(test)]
impl IdSource for CountedIds {
    fn uuid(&mut self) -> String {
        self.0 += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_identifiers_again() {
        let two = |seed| {
            let mut ids = RandomIds::new(seed);
            [ids.uuid(), ids.uuid()]
        };
        assert_eq!(two(1), two(1));
        let [first, second] = two(1);
        assert!(first != second && two(2) != two(1));
        assert_eq!(uuid::Uuid::parse_str(&first).unwrap().get_version_num(), 4);
    }
}
