//! Where identifiers come from: chance when serving, a counter in tests.

/// A source of identifiers that never repeat.
pub trait IdSource: Send {
    /// A lower-case version 4 UUID, which is the form of every CodePipeline identifier.
    fn uuid(&mut self) -> String;
}

/// Random identifiers.
#[derive(Debug, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn uuid(&mut self) -> String {
        uuid::Uuid::new_v4().to_string()
    }
}

/// Counted identifiers, so that a test can name them in advance.
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
