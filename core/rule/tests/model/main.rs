//! A model check: small worlds, every one of them, judged by the engine and by a naive statement of
//! the rule ([`naive`]).
//!
//! A world is a truth and what AWS shows of it. The truth is which human did what, with which
//! credential ([`people`]), and what became of each attempt ([`spaces`]). The engine and the naive
//! statement see only principals, comments and times. In each world:
//!
//! - no verdict is satisfied by fewer humans than the quorum, if what the book assumes about people
//!   is so ([`check`] says what that is, and counts the worlds where it is not)
//! - if enough humans approved and the verdict is a refusal, it names a reason, and what happened
//!   justifies each reason that it names
//! - verdict, counted approvals, number of persons and reasons are those of the naive statement
//! - if AWS leaves out one fact, the verdict is not better than with it
//!
//! Worlds that differ only in the names of humans or the order of actions are one world here.

#![cfg(test)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rule names what counts, and nothing else does"
)]

mod check;
mod execution;
mod naive;
mod people;
mod rules;
mod spaces;

use check::{Judge, Tally};
use execution::ACTIONS;
use people::{Act, Called, Credential, Signed};
use rules::{Config, Keys, People, Trust};
use spaces::{Clock, GAPS, Story};

const ALL_SIGNED: [Signed; 3] = [Signed::No, Signed::Well, Signed::Replayed];

/// Every credential in each of two actions. Without keys, every rule about who counts. With keys,
/// signed, unsigned and replayed, under fewer rules.
#[test]
fn people_who_use_any_credential_in_two_actions_are_counted_as_they_are() {
    let mut tally = Tally::default();
    let (unsigned, mut signed) = by_keys(Config::all(2));
    let stories = spaces::who(2, &spaces::acts(Credential::all, &[Signed::No]));
    judge(&unsigned, 2, &stories, &mut tally);
    signed.retain(|config| {
        config.trust == Trust::ByName && !config.only_people && config.people != People::Joined
    });
    let stories = spaces::who(2, &spaces::acts(Credential::all, &ALL_SIGNED));
    judge(&signed, 2, &stories, &mut tally);
    tally.finish("people, two actions", 76_408).has_limits();
}

/// Three approvals can be joined by what only two of them share.
#[test]
fn three_people_in_three_actions_are_counted_as_they_are() {
    let mut tally = Tally::default();
    let mut configs = [Config::all(2), Config::all(3)].concat();
    configs.retain(|config| config.trust == Trust::ByName && !config.only_people);
    let (unsigned, signed) = by_keys(configs);
    let stories = spaces::who(3, &spaces::acts(Credential::some, &[Signed::No]));
    judge(&unsigned, 3, &stories, &mut tally);
    let few = |_| vec![Credential::User, Credential::Unlike, Credential::Shared(Called::Ci)];
    let stories = spaces::who(3, &spaces::acts(few, &[Signed::No, Signed::Well]));
    judge(&signed, 3, &stories, &mut tally);
    tally.finish("people, three actions", 26_528).has_limits();
}

/// Two rounds, both ways to retry, every clock, with actions that the rule names and without, and a
/// rejection in another stage at each time that matters.
#[test]
fn two_actions_are_judged_by_their_newest_attempts_after_the_last_rejection() {
    let mut tally = Tally::default();
    for clock in Clock::ALL {
        let stories = spaces::when(2, 2, clock, &[Act::by_user(0)]);
        let configs = [false, true].map(|every_action| Config { every_action, ..Config::PLAIN });
        judge(&configs, 2, &stories, &mut tally);
        if clock == Clock::ALL[0] {
            let stories: Vec<Story> =
                stories.iter().flat_map(spaces::with_rejection_elsewhere).collect();
            judge(&configs[..1], 2, &stories, &mut tally);
        }
    }
    tally.finish("courses, two actions", 9_356);
}

#[test]
fn three_actions_are_judged_by_their_newest_attempts_after_the_last_rejection() {
    let mut tally = Tally::default();
    let stories = spaces::when(3, 2, Clock::ALL[0], &[Act::by_user(0)]);
    let configs = [2, 3].map(|quorum| Config { quorum, ..Config::PLAIN });
    judge(&configs, 3, &stories, &mut tally);
    tally.finish("courses, three actions", 30_462);
}

/// Each fact of each attempt is lost, late or contradicted; and each attempt.
#[test]
fn nothing_that_aws_leaves_out_makes_a_verdict_better() {
    let mut tally = Tally::default();
    let stories = spaces::when(2, 2, Clock::ALL[0], &[Act::by_user(0)]);
    judge_gaps(Config::PLAIN, &stories, &mut tally);
    let shared = Act { credential: Credential::Shared(Called::Ci), ..Act::by_user(0) };
    let replayed = Act { signed: Signed::Replayed, ..shared };
    let kinds = [Act::by_user(0), Act::by_user(0).signed(), shared, shared.signed(), replayed];
    let stories = spaces::when(2, 1, Clock::ALL[0], &kinds);
    for (collapse, keys) in [(false, Keys::Known), (true, Keys::Known), (false, Keys::Required)] {
        judge_gaps(Config { collapse, keys, ..Config::PLAIN }, &stories, &mut tally);
    }
    tally.finish("gaps", 47_908);
}

/// The long form: every rule over every signed, unsigned and replayed approval of two actions, and
/// three rounds of answers.
#[test]
#[ignore = "takes minutes; run it with --release"]
fn the_long_form_holds_too() {
    let mut tally = Tally::default();
    let (_, signed) = by_keys(Config::all(2));
    let stories = spaces::who(2, &spaces::acts(Credential::all, &ALL_SIGNED));
    judge(&signed, 2, &stories, &mut tally);
    for clock in Clock::ALL {
        let stories = spaces::when(2, 3, clock, &[Act::by_user(0)]);
        judge(&[Config::PLAIN], 2, &stories, &mut tally);
    }
    tally.finish("long form", 0).has_limits();
}

/// The rules without keys, and the others.
fn by_keys(configs: Vec<Config>) -> (Vec<Config>, Vec<Config>) {
    configs.into_iter().partition(|config| config.keys == Keys::Absent)
}

fn judge(configs: &[Config], actions: usize, stories: &[Story], tally: &mut Tally) {
    for config in configs {
        let judge = Judge::new(*config, &ACTIONS[..actions]);
        for story in stories {
            judge.check(story, true, tally);
        }
    }
}

fn judge_gaps(config: Config, stories: &[Story], tally: &mut Tally) {
    let judge = Judge::new(config, &ACTIONS[..2]);
    for story in stories {
        let whole = judge.check(story, true, tally);
        for place in 0..story.seen.len() {
            for (name, gap) in GAPS {
                let story = spaces::with_gap(story, place, gap);
                if judge.check(&story, false, tally) && !whole {
                    tally.gained(name, &story);
                }
            }
            judge.check(&spaces::with_gap(story, place, spaces::lagging), false, tally);
            judge.check(&spaces::without(story, place), false, tally);
        }
    }
}
