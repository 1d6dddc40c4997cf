//! How long a signature takes to verify. Not a test: the machine decides.
//!
//! cargo test --release -p signing --test speed -- --ignored --nocapture

#![cfg(test)]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::Value;
use signing::{Answer, Approval, Desk, Signature, SigningKey};

const BATCHES: u32 = 200;
const BATCH: u32 = 100;

#[test]
#[ignore = "it measures"]
fn the_time_for_each_kind_of_signature() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    println!("\n{:<32}{:>8}{:>8}", "µs, on one core", "best", "median");
    for vector in &vectors {
        let text = |key: &str| vector[key].as_str().unwrap();
        let fact = |key: &str| vector["facts"][key].as_str().unwrap();
        let revisions = vector["facts"]["revisions"].as_array().unwrap();
        let revisions: Vec<&str> = revisions.iter().map(|one| one.as_str().unwrap()).collect();
        let site = |key: &str| vector["desk"][key].as_str().unwrap();
        let desk = Desk::new(site("rpId"), site("origin")).unwrap();
        let approval = Approval {
            pipeline: fact("pipeline"),
            execution: fact("execution"),
            stage: fact("stage"),
            action: fact("action"),
            attempt: fact("attempt"),
            answer: Answer::Approved,
            revisions: &revisions,
        };
        let key: SigningKey = text("signingKey").parse().unwrap();
        let mut batches: Vec<Duration> = (0..BATCHES)
            .map(|_| {
                let started = Instant::now();
                for _ in 0..BATCH {
                    let signature = Signature::from_comment(black_box(text("comment")));
                    let signature = signature.unwrap().unwrap();
                    assert!(black_box(key.verify(&approval, &signature, Some(&desk))).is_ok());
                }
                started.elapsed()
            })
            .collect();
        batches.sort();
        let each = |batch: usize| batches[batch].as_secs_f64() * 1e6 / f64::from(BATCH);
        println!("{:<32}{:>8.1}{:>8.1}", text("name"), each(0), each(batches.len() / 2));
    }
}
