//! A model check.

#![cfg(test)]

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

fn judge_all(configs: &[Config], actions: usize, stories: &[Story], tally: &mut Tally) {
    for config in configs {
        let judge = Judge::new(*config, &ACTIONS[..actions]);
        for story in stories {
            judge.check(story, true, tally);
        }
    }
}

#[test]
fn two_people_or_one_act_in_two_actions() {
    let mut tally = Tally::default();
    let (unsigned, mut signed): (Vec<_>, Vec<_>) =
        Config::all(2).into_iter().partition(|config| config.keys == Keys::Absent);
    let stories = spaces::who(2, &spaces::acts(Credential::all, &[Signed::No]));
    judge_all(&unsigned, 2, &stories, &mut tally);
    signed.retain(|config| {
        config.trust == Trust::ByName && !config.only_people && config.people != People::Joined
    });
    let stories = spaces::who(2, &spaces::acts(Credential::all, &ALL_SIGNED));
    judge_all(&signed, 2, &stories, &mut tally);
    let tally = tally.finish("who, two actions");
    assert!(tally.limits > 0);
}

#[test]
fn up_to_three_people_act_in_three_actions() {
    let mut tally = Tally::default();
    let mut configs = [Config::all(2), Config::all(3)].concat();
    configs.retain(|config| config.trust == Trust::ByName && !config.only_people);
    let (unsigned, signed): (Vec<_>, Vec<_>) =
        configs.into_iter().partition(|config| config.keys == Keys::Absent);
    let stories = spaces::who(3, &spaces::acts(Credential::some, &[Signed::No]));
    judge_all(&unsigned, 3, &stories, &mut tally);
    let few = |_| vec![Credential::User, Credential::Unlike, Credential::Shared(Called::Ci)];
    let stories = spaces::who(3, &spaces::acts(few, &[Signed::No, Signed::Well]));
    judge_all(&signed, 3, &stories, &mut tally);
    tally.finish("who, three actions");
}

#[test]
fn everything_happens_in_two_actions() {
    let mut tally = Tally::default();
    for clock in Clock::ALL {
        let stories = spaces::when(2, 2, clock, &[Act::by_user(0)]);
        for every_action in [false, true] {
            let judge = Judge::new(Config { every_action, ..Config::PLAIN }, &ACTIONS[..2]);
            for story in &stories {
                judge.check(story, true, &mut tally);
                if clock == Clock::ALL[0] && !every_action {
                    for story in spaces::with_rejection_elsewhere(story) {
                        judge.check(&story, true, &mut tally);
                    }
                }
            }
        }
    }
    tally.finish("when, two actions");
}

#[test]
fn everything_happens_in_three_actions() {
    let mut tally = Tally::default();
    let stories = spaces::when(3, 2, Clock::ALL[0], &[Act::by_user(0)]);
    let configs = [2, 3].map(|quorum| Config { quorum, ..Config::PLAIN });
    judge_all(&configs, 3, &stories, &mut tally);
    tally.finish("when, three actions");
}

#[test]
fn anything_is_missing() {
    let mut tally = Tally::default();
    let stories = spaces::when(2, 2, Clock::ALL[0], &[Act::by_user(0)]);
    gaps(Config::PLAIN, &stories, &mut tally);
    let shared = Act { credential: Credential::Shared(Called::Ci), ..Act::by_user(0) };
    let replayed = Act { signed: Signed::Replayed, ..shared };
    let kinds = [Act::by_user(0), Act::by_user(0).signed(), shared, shared.signed(), replayed];
    let stories = spaces::when(2, 1, Clock::ALL[0], &kinds);
    for (collapse, keys) in [(false, Keys::Known), (true, Keys::Known), (false, Keys::Required)] {
        gaps(Config { collapse, keys, ..Config::PLAIN }, &stories, &mut tally);
    }
    tally.finish("gaps");
}

fn gaps(config: Config, stories: &[Story], tally: &mut Tally) {
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
