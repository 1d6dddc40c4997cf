//! The simulator's answers.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::request::Request;

/// An answer of the simulator.
#[derive(Debug)]
pub(crate) enum Answer {
    Allowed,
    Denied,
}

/// Asks the simulator about all requests, in one process.
pub(crate) fn ask(folder: &Path, requests: &[Request]) -> Vec<Answer> {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/differential/simulate.mjs");
    let mut child = Command::new("node")
        .arg(script)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node does not start");
    let mut stdin = child.stdin.take().unwrap();
    let lines: String =
        requests.iter().map(|request| format!("{}\n", request.simulation())).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the simulator failed");
    let answers: Vec<Answer> =
        String::from_utf8(output.stdout).unwrap().lines().map(answer).collect();
    assert_eq!(answers.len(), requests.len(), "an answer a request");
    answers
}

fn answer(line: &str) -> Answer {
    match line {
        "Allowed" => Answer::Allowed,
        "ExplicitlyDenied" | "ImplicitlyDenied" => Answer::Denied,
        error => panic!("the simulator says {error}"),
    }
}
