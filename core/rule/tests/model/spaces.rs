//! The worlds: every way to act, and every course that an execution can take.

use std::collections::BTreeSet;

use rule::{ActionKind, Status};

use super::execution::{ACTIONS, OTHER_STAGE, STAGE, Seen};
use super::people::{Act, Credential, HUMANS, PERMUTATIONS, Principal, Signed};

/// What happened in one execution, and what is shown of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) seen: Vec<Seen>,
    /// What happened in each attempt of `seen`: the act, if somebody approved.
    pub(crate) acts: Vec<Option<Act>>,
}

impl Story {
    fn with(mut self, seen: Seen, act: Option<Act>) -> Self {
        self.seen.push(seen);
        self.acts.push(act);
        self
    }

    /// The acts of the newest attempt of each action, if each was approved.
    pub(crate) fn last_acts(&self, actions: &[&str]) -> Option<Vec<Act>> {
        let last = |action: &&str| {
            let place = self.seen.iter().rposition(|seen| seen.is_of(STAGE, action))?;
            self.acts[place]
        };
        actions.iter().map(last).collect()
    }

    /// Whether a rejection, or a time-out, was noticed when or after the newest attempt of any of
    /// these actions was opened.
    pub(crate) fn is_overtaken(&self, actions: &[&str]) -> bool {
        let rejected = self.seen.iter().filter(|seen| seen.status == Status::Failed && !seen.error);
        let last = rejected.filter_map(|seen| seen.noticed).max();
        let opened = |action: &&str| {
            let newest = self.seen.iter().rfind(|seen| seen.is_of(STAGE, action));
            newest.and_then(|seen| seen.opened)
        };
        actions.iter().any(|action| last.is_some_and(|last| opened(action) <= Some(last)))
    }
}

/// Each action is approved once, by these acts: one world for each way to choose them. Worlds that
/// differ in the names of humans or in the order of actions are one.
pub(crate) fn who(actions: usize, acts: &[Act]) -> Vec<Story> {
    let mut chosen = vec![Vec::new()];
    for _ in 0..actions {
        chosen = chosen
            .iter()
            .flat_map(|before: &Vec<Act>| {
                let next = acts.iter().filter(|act| before.last().is_none_or(|last| last <= *act));
                next.map(|act| [before.as_slice(), &[*act]].concat())
            })
            .collect();
    }
    chosen.retain(|acts| is_canonical(acts));
    chosen.iter().map(|acts| approved_once(acts)).collect()
}

fn is_canonical(acts: &[Act]) -> bool {
    PERMUTATIONS.iter().all(|to| {
        let mut permuted: Vec<Act> = acts.iter().map(|act| act.permuted(*to)).collect();
        permuted.sort_unstable();
        acts <= permuted.as_slice()
    })
}

fn approved_once(acts: &[Act]) -> Story {
    let approved = acts
        .iter()
        .zip(ACTIONS)
        .map(|(act, action)| (Seen::open(STAGE, action, 1, 0).approved(*act, 40), Some(*act)));
    approved.fold(Story::default(), |story, (seen, act)| story.with(seen, act))
}

/// Every act that anybody can do, or with `some` credentials only.
pub(crate) fn acts(of: impl Fn(usize) -> Vec<Credential>, signed: &[Signed]) -> Vec<Act> {
    let mut acts = Vec::new();
    for human in HUMANS {
        for credential in of(human) {
            acts.extend(signed.iter().map(|signed| Act { human, credential, signed: *signed }));
        }
    }
    acts.sort_unstable();
    acts
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Approved(Act),
    Rejected,
    TimedOut,
    /// CodePipeline could not ask for an answer.
    Error,
    Open,
    Abandoned,
}

impl Outcome {
    fn is_failure(self) -> bool {
        matches!(self, Self::Rejected | Self::TimedOut | Self::Error)
    }
}

/// When CodePipeline notices what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// It notices approvals after the rejections of the same round, and not before.
    pub(crate) approvals_late: bool,
    /// A retry opens approvals in the second when it noticed the rejections.
    pub(crate) retry_at_once: bool,
}

impl Clock {
    pub(crate) const ALL: [Self; 4] = [
        Self { approvals_late: false, retry_at_once: false },
        Self { approvals_late: false, retry_at_once: true },
        Self { approvals_late: true, retry_at_once: false },
        Self { approvals_late: true, retry_at_once: true },
    ];

    fn opened(self, round: i64) -> i64 {
        if self.retry_at_once && round > 1 { round * 100 - 50 } else { round * 100 }
    }

    fn show(self, seen: Seen, round: i64, outcome: Outcome) -> Seen {
        let failed = Some(round * 100 + 50);
        match outcome {
            Outcome::Approved(act) => {
                let noticed = round * 100 + if self.approvals_late { 60 } else { 40 };
                seen.approved(act, noticed)
            }
            Outcome::Rejected => Seen {
                status: Status::Failed,
                noticed: failed,
                history: Some(Act::by_user(2).principal()),
                state: Some(Act::by_user(2).principal()),
                ..seen
            },
            Outcome::TimedOut => Seen { status: Status::Failed, noticed: failed, ..seen },
            Outcome::Error => Seen { status: Status::Failed, noticed: failed, error: true, ..seen },
            Outcome::Open => seen,
            Outcome::Abandoned => Seen { status: Status::Abandoned, noticed: failed, ..seen },
        }
    }
}

/// Every course of a stage with up to this many rounds of answers. In each, every open approval is
/// approved by an act of `kinds`, rejected, timed out, failed by itself, left open or abandoned; if
/// anything failed, the stage may be retried in both modes. Worlds that differ in the names of
/// humans are one.
pub(crate) fn when(actions: usize, rounds: i64, clock: Clock, kinds: &[Act]) -> Vec<Story> {
    let mut stories = Vec::new();
    let start = Course { story: Story::default(), latest: vec![None; actions], humans: 0 };
    start.go(1, rounds, clock, kinds, &vec![true; actions], &mut stories);
    stories
}

#[derive(Clone)]
struct Course {
    story: Story,
    latest: Vec<Option<Outcome>>,
    /// How many humans have acted so far. The next new one is the next in order.
    humans: usize,
}

impl Course {
    fn go(
        &self,
        round: i64,
        rounds: i64,
        clock: Clock,
        kinds: &[Act],
        opening: &[bool],
        stories: &mut Vec<Story>,
    ) {
        let mut courses = vec![self.clone()];
        for action in (0..opening.len()).filter(|action| opening[*action]) {
            courses = courses
                .iter()
                .flat_map(|course| course.answered(action, round, clock, kinds))
                .collect();
        }
        if round == 1 {
            courses.retain(Self::is_in_order);
        }
        for course in courses {
            let failed: Vec<bool> =
                course.latest.iter().map(|last| last.is_some_and(Outcome::is_failure)).collect();
            if round < rounds && failed.contains(&true) {
                course.go(round + 1, rounds, clock, kinds, &failed, stories);
                if failed.contains(&false) {
                    let all = vec![true; failed.len()];
                    course.go(round + 1, rounds, clock, kinds, &all, stories);
                }
            }
            stories.push(course.story);
        }
    }

    /// Whether the actions are in the order of how they ended. Of worlds that only differ in the
    /// order of their actions, one is enough.
    fn is_in_order(&self) -> bool {
        let rank = |outcome: &Option<Outcome>| match outcome {
            Some(Outcome::Approved(_)) => 0,
            Some(Outcome::Rejected) => 1,
            Some(Outcome::TimedOut) => 2,
            Some(Outcome::Error) => 3,
            Some(Outcome::Open) => 4,
            Some(Outcome::Abandoned) | None => 5,
        };
        self.latest.is_sorted_by_key(rank)
    }

    fn answered(&self, action: usize, round: i64, clock: Clock, kinds: &[Act]) -> Vec<Self> {
        use Outcome::{Abandoned, Approved, Error, Open, Rejected, TimedOut};
        let humans = HUMANS.into_iter().take(self.humans + 1);
        let approved =
            humans.flat_map(|human| kinds.iter().map(move |kind| Approved(Act { human, ..*kind })));
        let open = Seen::open(STAGE, ACTIONS[action], round, clock.opened(round));
        approved
            .chain([Rejected, TimedOut, Error, Open, Abandoned])
            .map(|outcome| {
                let act = if let Approved(act) = outcome { Some(act) } else { None };
                let mut next = self.clone();
                next.story = next.story.with(clock.show(open.clone(), round, outcome), act);
                next.latest[action] = Some(outcome);
                next.humans = self.humans.max(act.map_or(0, |act| act.human + 1));
                next
            })
            .collect()
    }
}

/// The same with an approval of another stage that was rejected at each of the times that matter.
pub(crate) fn with_rejection_elsewhere(story: &Story) -> Vec<Story> {
    let times: BTreeSet<i64> = story.seen.iter().filter_map(|seen| seen.opened).collect();
    times
        .into_iter()
        .flat_map(|opened| [opened - 1, opened, opened + 1])
        .map(|noticed| {
            let rejected = Seen {
                status: Status::Failed,
                noticed: Some(noticed),
                ..Seen::open(OTHER_STAGE, ACTIONS[0], 9, -100)
            };
            story.clone().with(rejected, None)
        })
        .collect()
}

/// One thing that the history or the state does not show, or shows late or wrong.
pub(crate) type Gap = (&'static str, fn(&mut Seen));

/// What AWS may leave out. None of it may make a verdict better.
pub(crate) const GAPS: [Gap; 13] = [
    ("unknown status", |seen| seen.status = Status::Unknown),
    ("unknown kind", |seen| seen.kind = ActionKind::Unknown),
    ("no stage", |seen| seen.stage = None),
    ("no action", |seen| seen.action = None),
    ("no id", |seen| seen.id = None),
    ("no time of opening", |seen| seen.opened = None),
    ("no time of notice", |seen| seen.noticed = None),
    ("no error code", |seen| seen.error = false),
    ("no principal in the history", |seen| seen.history = None),
    ("no principal in the state", |seen| seen.state = None),
    ("no principal", |seen| (seen.history, seen.state) = (None, None)),
    ("no comment", |seen| seen.signature = None),
    ("another principal in the state", |seen| {
        seen.state = seen.history.map(|_| Principal::User("dave"));
    }),
];

/// The history lags: it shows an answered attempt as open.
pub(crate) fn lagging(seen: &mut Seen) {
    seen.status = Status::InProgress;
    seen.noticed = seen.opened;
    seen.history = None;
    seen.error = false;
    seen.signature = None;
}

/// The story with the attempt at `place` changed.
pub(crate) fn with_gap(story: &Story, place: usize, gap: fn(&mut Seen)) -> Story {
    let mut story = story.clone();
    story.seen.get_mut(place).into_iter().for_each(gap);
    story
}

/// The story without the attempt at `place`, which the history does not show yet.
pub(crate) fn without(story: &Story, place: usize) -> Story {
    let mut story = story.clone();
    story.seen.remove(place);
    story.acts.remove(place);
    story
}
