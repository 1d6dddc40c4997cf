//! A comparison of the evaluation with an independent one, the simulator
//! `@cloud-copilot/iam-simulate`, in a separate process. It also reads every version of every AWS
//! managed policy.
//!
//! `tests/run differential` installs both and runs this. `IAM_DIFFERENTIAL` is their folder.
//! `IAM_DIFFERENTIAL_REQUESTS` is the number of random requests, for a longer run.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it runs the simulator and reads AWS's policies from a folder"
)]

mod conditions;
mod managed;
mod quirks;
mod request;
mod simulator;
mod tally;
mod trust;

use std::path::PathBuf;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::request::Request;

fn folder() -> PathBuf {
    std::env::var_os("IAM_DIFFERENTIAL")
        .expect("IAM_DIFFERENTIAL is not set: run `tests/run differential`")
        .into()
}

/// How many random requests are generated for each of the two comparisons.
fn requests() -> usize {
    let all = match std::env::var("IAM_DIFFERENTIAL_REQUESTS") {
        Ok(number) => number.parse().expect("IAM_DIFFERENTIAL_REQUESTS is not a number"),
        Err(_) => 40_000,
    };
    all / 2
}

/// Generates the same values in every run. Those of a shorter run come first in a longer one.
fn generate<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let seed = [7; 32];
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &seed),
    );
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn random_requests_are_decided_as_the_simulator_decides_them() {
    tally::compare("access", generate(&request::requests(), requests()), Request::access);
}

#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn roles_are_assumed_as_the_simulator_says() {
    tally::compare("trust", generate(&trust::requests(), requests()), Request::assumption);
}
