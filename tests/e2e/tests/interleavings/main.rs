//! Interleavings: anybody does anything in any order, while CodePipeline lags. The gate, the desk
//! and evidence are compared with what really happened.
//!
//! `PROPTEST_CASES=20000 cargo test --workspace --test interleavings -- --nocapture` plays more
//! scripts than `tests/run` does. A failure prints the shortest script that still fails, and its
//! story. A fault that was found becomes a test with its name, near the code that was wrong.

#![cfg(test)]

mod at_desk;
mod claims;
mod gate;
mod people;
mod pipeline;
mod play;
mod script;
mod truth;
mod wire;
mod world;

use std::cell::{Cell, RefCell};
use std::env;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use claims::Seen;

/// How many scripts `tests/run` plays: always the same ones.
const SCRIPTS: u32 = 400;

#[test]
fn whatever_happens_no_release_passes_without_enough_humans() {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = SCRIPTS;
        config.rng_seed = RngSeed::Fixed(19);
    }
    let scripts = config.cases;
    let seen: RefCell<Seen> = RefCell::default();
    let held = Cell::new(0);
    let first = Cell::new(None);
    let played = TestRunner::new(config).run(&script::scripts(), |(setting, steps)| {
        let happened = play::play(&setting, &steps).map_err(|broken| {
            first.set(first.get().or(Some(held.get() + 1)));
            TestCaseError::fail(broken)
        })?;
        let mut seen = seen.borrow_mut();
        for (what, times) in happened {
            *seen.entry(what).or_default() += times;
        }
        held.set(held.get() + 1);
        Ok(())
    });
    if let Err(error) = played {
        panic!("script {} and some shorter ones: {error}", first.get().unwrap_or_default());
    }
    let seen = seen.into_inner();
    println!("{scripts} scripts: {seen:?}");
    for what in ["gate passed", "gate refused", "releases", "rejections", "answers at the desk"] {
        assert!(seen.get(what).is_some_and(|times| *times > 0), "{what} never happened");
    }
}
