//! The output of every `--help`.

#![cfg(test)]

use std::process::Command;

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_emulator"))
        .args(arguments)
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_help_is_as_recorded() {
    insta::assert_snapshot!("emulator", help(&["--help"]));
    insta::assert_snapshot!("emulator-serve", help(&["serve", "--help"]));
    insta::assert_snapshot!("emulator-demo", help(&["demo", "--help"]));
    insta::assert_snapshot!("emulator-gate", help(&["gate", "--help"]));
}
