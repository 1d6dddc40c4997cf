//! The evaluation of policies against an independent one: the simulator `@cloud-copilot/iam-simulate`, in a process of its
//! own. And every AWS managed policy, in every version, is read.
//!
//! `tests/run differential` installs both and runs this; `IAM_DIFFERENTIAL` is the folder in which they are.

#![cfg(test)]

mod conditions;
mod managed;
mod quirks;
mod request;
mod simulator;
mod trust;

use std::collections::BTreeMap;
use std::path::PathBuf;

use iam::Truth;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::request::Request;
use crate::simulator::Answer;

fn folder() -> PathBuf {
    std::env::var_os("IAM_DIFFERENTIAL")
        .expect("IAM_DIFFERENTIAL is not set: run `tests/run differential`")
        .into()
}

/// The same requests in every run.
fn generate<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let seed = [7; 32];
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// How our answers stand to theirs.
#[derive(Default)]
struct Tally {
    allowed: usize,
    denied: usize,
    /// Where we differ, and the documents say why.
    quirks: BTreeMap<&'static str, usize>,
    /// What we leave open, for AWS does not say.
    open: BTreeMap<&'static str, usize>,
    disagreements: Vec<String>,
}

impl Tally {
    fn count(&mut self, request: &Request, ours: Truth, theirs: &Answer) {
        let agreed = match (ours, theirs) {
            (Truth::Yes, Answer::Allowed) => &mut self.allowed,
            (Truth::No, Answer::Denied) => &mut self.denied,
            (Truth::Unknown, Answer::Allowed | Answer::Denied) => {
                match quirks::open(request) {
                    Some(why) => *self.open.entry(why).or_default() += 1,
                    None => self.disagree(request, ours, theirs),
                }
                return;
            }
            (Truth::Yes | Truth::No | Truth::Unknown, Answer::Allowed | Answer::Denied | Answer::Error(_)) => {
                match quirks::quirk(request) {
                    Some(why) => *self.quirks.entry(why).or_default() += 1,
                    None => self.disagree(request, ours, theirs),
                }
                return;
            }
        };
        *agreed += 1;
    }

    fn disagree(&mut self, request: &Request, ours: Truth, theirs: &Answer) {
        self.disagreements
            .push(format!("{}\nwe: {ours:?}, they: {theirs:?}", request.simulation()));
    }

    /// Prints the tally, and fails on a disagreement or on requests that test too little.
    fn settle(&self, what: &str, requests: usize) {
        println!(
            "{what}: {requests} requests, both allow {}, both deny {}",
            self.allowed, self.denied
        );
        for (names, counts) in [("explained", &self.quirks), ("left open", &self.open)] {
            for (why, count) in counts {
                println!("  {names}: {count} × {why}");
            }
        }
        for disagreement in self.disagreements.iter().take(5) {
            println!("{disagreement}");
        }
        assert!(
            self.disagreements.is_empty(),
            "{} disagreements",
            self.disagreements.len()
        );
        for agreed in [self.allowed, self.denied] {
            assert!(agreed * 5 >= requests, "fewer than 20 % are {agreed} of {requests}");
        }
    }
}

fn compare(what: &str, requests: &[Request], evaluate: impl Fn(&Request) -> Truth) {
    let answers = simulator::ask(&folder(), requests);
    let mut tally = Tally::default();
    for (request, theirs) in requests.iter().zip(&answers) {
        tally.count(request, evaluate(request), theirs);
    }
    tally.settle(what, requests.len());
}

#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn random_requests_are_decided_as_the_simulator_decides_them() {
    compare("access", &generate(&request::requests(), 5_000), Request::access);
}

#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn roles_are_assumed_as_the_simulator_says() {
    compare("trust", &generate(&trust::requests(), 3_000), Request::assumption);
}
