//! A model check of the audit: small accounts, and everything that their people can do.
//!
//! A world is an account with a few users, groups, roles and policies. An explorer, as naive as
//! possible, plays it: somebody holds the credentials of one principal, makes every call that
//! policies allow, and the account changes as AWS would change it ([`moves`], [`explore`]). It has
//! its own evaluation of policies ([`policy`], [`account`]). It shares no code with the audit, and
//! was written from `docs/audit.md`, `docs/escalation-paths.md` and the IAM User Guide before its
//! author read the audit. In each world, about every user and every role that a user may assume:
//!
//! - if the human can answer two approvals of one pipeline, before or after calls, the audit says
//!   so, and whether that takes no more than the principal itself, roles, or writes
//! - if not, the audit finds no such thing ([`compare`] says where the two differ on purpose)
//!
//! The worlds are [`listed`] or [`random`].

#![cfg(test)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a policy allows what it names, and nothing else"
)]

mod account;
mod compare;
mod explore;
mod listed;
mod moves;
mod policy;
mod random;
mod shown;

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use account::{Kind, World};
use compare::{Tally, compare};
use explore::{Answers, Reach};

/// Half as many of the worlds as `PROPTEST_CASES` says, evenly spread.
fn some_of(worlds: Vec<World>) -> impl Iterator<Item = World> {
    let wanted = (ProptestConfig::default().cases as usize / 2).max(1);
    // Odd, because the lists repeat in even numbers.
    let step = worlds.len().div_ceil(wanted) | 1;
    worlds.into_iter().step_by(step)
}

fn check(worlds: Vec<World>) -> Tally {
    let mut tally = Tally::default();
    for world in some_of(worlds) {
        if let Err(difference) = compare(&world, &mut tally) {
            panic!("{difference}\nin{world:?}");
        }
    }
    println!("{tally}");
    tally
}

#[test]
fn every_call_is_found_with_every_holder_unless_something_denies_it() {
    let tally = check(listed::single_calls());
    tally.has_all(&[Reach::ByOneWrite, Reach::Never]);
}

#[test]
fn every_two_calls_are_found_with_every_holder() {
    let tally = check(listed::pairs_of_calls());
    tally.has_all(&[Reach::ByOneWrite, Reach::ByWrites, Reach::Never]);
}

#[test]
fn two_calls_that_somebody_gets_in_different_places_are_found() {
    let tally = check(listed::spread_calls());
    tally.has_all(&[Reach::ByOneWrite, Reach::ByWrites, Reach::Never]);
}

#[test]
fn what_people_can_do_in_random_accounts_is_found_and_nothing_else() {
    let tally = RefCell::new(Tally::default());
    // A world that fails is worth more than its seed: it becomes a test.
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&random::world(), |world| {
        compare(&world, &mut tally.borrow_mut()).map_err(TestCaseError::fail)
    });
    let tally = tally.into_inner();
    println!("{tally}");
    if let Err(error) = result {
        panic!("{error}");
    }
    tally.is_telling();
}

/// The explorer makes calls that only gain something before all others. Without that it finds the
/// same, if it has the time.
#[test]
fn the_order_of_calls_does_not_change_what_the_explorer_finds() {
    let (mut compared, mut can) = (0, 0);
    for world in some_of(listed::single_calls()).step_by(2) {
        let Some(user) = world.all(Kind::User).next() else { continue };
        let plain = explore::explore(&world, user, explore::everything);
        let fast = explore::explore(&world, user, explore::gains_first);
        if plain != Answers::Unknown && fast != Answers::Unknown {
            assert_eq!(plain, fast, "{user} in {world:?}");
            compared += 1;
            can += usize::from(matches!(fast, Answers::Both(_)));
        }
    }
    println!("{compared} worlds compared; in {can} of them somebody can answer both approvals");
    assert!(compared >= 50 && can > 0 && can < compared);
}
