//! Runs the built program.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The exit code and the output of the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `policygen` with these arguments and almost no environment variables.
pub(crate) fn policygen(arguments: &[&str]) -> Ran {
    let output = command().args(arguments).output().unwrap();
    ran(&output)
}

/// Runs `policygen` with this text on standard input.
pub(crate) fn policygen_reading(input: &str, arguments: &[&str]) -> Ran {
    let mut child = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    ran(&child.wait_with_output().unwrap())
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_policygen"));
    command.env_clear().env("COLUMNS", "100");
    command
}

/// The exit code and the output of a program that has ended.
pub(crate) fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// The path of a fixture.
pub(crate) fn fixture(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", name].iter().collect();
    path.to_str().unwrap().to_owned()
}

/// The arguments that `generate` requires.
pub(crate) const TARGET: [&str; 9] = [
    "generate",
    "--region",
    "eu-west-1",
    "--account",
    "111122223333",
    "--pipeline",
    "payments",
    "--stage",
    "Release",
];

/// Runs `generate` for one pipeline with further arguments.
pub(crate) fn generate(arguments: &[&str]) -> Ran {
    policygen(&[&TARGET, arguments].concat())
}
