//! Compares our answers with the simulator's.

use std::collections::BTreeMap;

use iam::Truth;

use crate::folder;
use crate::quirks;
use crate::request::Request;
use crate::simulator::{self, Answer};

/// Compares the answers to requests. They must agree unless a request has a known shape. Without
/// the statements of such shapes it must also agree, so that a shape does not hide another
/// difference.
pub(crate) fn compare(what: &str, requests: Vec<Request>, evaluate: impl Fn(&Request) -> Truth) {
    let total = requests.len();
    let (agreed, differing) = ask(requests, &evaluate);
    println!(
        "{what}: {total} requests, both allow {}, both deny {}",
        agreed.allowed, agreed.denied
    );
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut stripped = Vec::new();
    for Difference { request, ours, theirs } in &differing {
        let reason = match ours {
            Truth::Unknown => quirks::open(request),
            Truth::Yes | Truth::No => quirks::quirk(request),
        };
        let reason = reason
            .unwrap_or_else(|| panic!("we: {ours:?}, they: {theirs:?}\n{}", request.simulation()));
        *reasons.entry(reason).or_default() += 1;
        stripped.push(quirks::without(request));
    }
    for (reason, count) in reasons {
        println!("  {count} differ: {reason}");
    }
    let (_, differing) = ask(stripped, &evaluate);
    if let Some(Difference { request, ours, theirs }) = differing.first() {
        panic!(
            "apart from its known shapes, we: {ours:?}, they: {theirs:?}\n{}",
            request.simulation()
        );
    }
    for agreed in [agreed.allowed, agreed.denied] {
        assert!(agreed * 5 >= total, "{agreed} of {total} is less than 20 %");
    }
}

#[derive(Default)]
struct Agreed {
    allowed: usize,
    denied: usize,
}

struct Difference {
    request: Request,
    ours: Truth,
    theirs: Answer,
}

fn ask(requests: Vec<Request>, evaluate: impl Fn(&Request) -> Truth) -> (Agreed, Vec<Difference>) {
    let answers = simulator::ask(&folder(), &requests);
    let mut agreed = Agreed::default();
    let mut differing = Vec::new();
    for (request, theirs) in requests.into_iter().zip(answers) {
        match (evaluate(&request), theirs) {
            (Truth::Yes, Answer::Allowed) => agreed.allowed += 1,
            (Truth::No, Answer::Denied) => agreed.denied += 1,
            (ours, theirs) => differing.push(Difference { request, ours, theirs }),
        }
    }
    (agreed, differing)
}
