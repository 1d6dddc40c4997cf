//! CodePipeline's delays: the time that it takes to notice an event, and to show it.
//!
//! All of them were measured in recordings of the real service (us-east-1, September and October
//! 2026, in `testdata/aws/codepipeline` of <https://github.com/radkawar/stackd>). A [`Lag`] keeps
//! their proportions and sets the longest of them.

use jiff::SignedDuration;

/// The longest recorded delay before CodePipeline noticed an answer, in milliseconds.
const LONGEST: i64 = 35_000;

/// A recorded delay: its least and its greatest value, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(i64, i64);

/// From the answer to an approval until the history shows it and the execution continues: nine
/// answers, 15.8 to 34.9 s.
pub(super) const ANSWER: Span = Span(15_800, LONGEST);
/// From the report on a job until its action ends, or its function is invoked again.
pub(super) const REPORT: Span = Span(26_000, 30_000);
/// From the start of an approval whose notification is refused until the history shows its failure:
/// one recording, 37 s.
pub(super) const REFUSED_NOTIFICATION: Span = Span(30_000, LONGEST);
/// From the creation of a pipeline to the start of its first execution.
pub(super) const CREATED: Span = Span(235, 260);
/// From the end of the last action to the end of the execution, by both of its times.
pub(super) const ENDED: Span = Span(360, 480);
/// The duration of a source or a deployment.
pub(super) const WORK: Span = Span(800, 1_300);
/// From the end of one action to the start of the next.
pub(super) const NEXT_ACTION: Span = Span(300, 550);
/// Between the starts of two parallel actions: three recordings, 287 to 289 ms.
pub(super) const NEXT_PARALLEL: Span = Span(287, 289);
/// From the start of a Lambda action until its function is invoked.
pub(super) const INVOCATION: Span = Span(1_300, 4_500);
/// From the request to abandon an execution until it has ended.
pub(super) const ABANDON: Span = Span(500, 600);
/// From the start of an execution until it can be found.
pub(super) const EXECUTION_SHOWN: Span = Span(300, 1_700);
/// From the request to stop until the execution's status shows it.
pub(super) const STOPPING_SHOWN: Span = Span(500, 800);
/// From any other change of an execution's status until it is shown.
pub(super) const STATUS_SHOWN: Span = Span(1_200, 2_000);
/// From the start of an action until the history shows it.
pub(super) const HISTORY_SHOWN: Span = Span(300, 900);
/// From the start of an action until the state shows it.
pub(super) const STATE_SHOWN: Span = Span(200, 400);
/// From the start of an approval until the state shows it, with its token: 3 to 7 s.
pub(super) const TOKEN_SHOWN: Span = Span(2_500, 7_500);
/// From a retry until the state stops to show the attempts that it replaces.
pub(super) const REPLACED_SHOWN: Span = Span(200, 500);
/// The state's time for the end of an action is later than the history's, except for approvals: 18
/// of 18 recordings.
pub(super) const STATE_CHANGED: Span = Span(210, 310);

/// The delays of this CodePipeline. They are random; the same seed gives the same ones.
#[derive(Debug)]
pub struct Lag {
    longest: SignedDuration,
    random: fastrand::Rng,
}

impl Lag {
    /// AWS's own delays.
    pub const AWS: SignedDuration = SignedDuration::from_millis(LONGEST);

    /// The recorded delays, scaled so that CodePipeline notices an answer after this time at most.
    /// With zero everything happens, and is shown, at once.
    #[must_use]
    pub fn new(longest: SignedDuration, seed: u64) -> Self {
        Self { longest: longest.max(SignedDuration::ZERO), random: fastrand::Rng::with_seed(seed) }
    }

    /// No delays.
    #[must_use]
    pub fn none() -> Self {
        Self::new(SignedDuration::ZERO, 0)
    }

    /// Draws one delay.
    pub(super) fn draw(&mut self, Span(least, most): Span) -> SignedDuration {
        let recorded = self.random.i64(least..=most);
        let longest = i64::try_from(self.longest.as_micros()).unwrap_or(i64::MAX);
        SignedDuration::from_micros(recorded.saturating_mul(longest) / LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_keep_their_proportions_and_repeat_from_a_seed() {
        let draws = |seed| {
            let mut lag = Lag::new(SignedDuration::from_secs(7), seed);
            [ANSWER, ANSWER, NEXT_PARALLEL].map(|span| lag.draw(span).as_micros())
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        let [first, second, parallel] = draws(3);
        assert!(
            (3_160_000..=7_000_000).contains(&first) && (3_160_000..=7_000_000).contains(&second)
        );
        assert!((57_400..=57_800).contains(&parallel), "{parallel}");
        assert_eq!(Lag::none().draw(ANSWER), SignedDuration::ZERO);
        assert_eq!(Lag::new(SignedDuration::from_secs(-1), 0).draw(ANSWER), SignedDuration::ZERO);
    }
}
