//! `emulator demo`, the first command of the README.

#![cfg(test)]

use std::process::{Command, Output};

use e2e::binary;

fn demo(arguments: &[&str], color: bool) -> Output {
    let mut command = Command::new(binary("emulator"));
    command.arg("demo").args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    if color {
        command.env("CLICOLOR_FORCE", "1");
    }
    command.output().unwrap()
}

fn story(output: &Output) -> String {
    let story = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{story}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    story
}

#[test]
fn it_tells_nine_attempts_on_one_screen() {
    let story = story(&demo(&[], false));
    // The last line is for the prompt.
    assert!(story.lines().count() < 24, "{story}");
    for line in story.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let attempts: Vec<(&str, &str)> = story
        .lines()
        .skip(2)
        .filter_map(|line| line.split_once(". ")?.1.rsplit_once(' '))
        .collect();
    let outcomes: Vec<&str> = attempts.iter().map(|(_, outcome)| *outcome).collect();
    let (refused, passed) = ("refused", "passed");
    assert_eq!(
        outcomes[..9],
        [refused, passed, refused, passed, refused, refused, passed, refused, "denied"],
        "{story}"
    );
    assert!(story.contains("same-person: 1 distinct person counted, 2 required"), "{story}");
    assert!(story.contains("IAM: an explicit deny in an identity-based policy"), "{story}");
    assert!(!story.contains('\u{1b}'), "colour where there is no terminal");
}

#[test]
fn it_tells_everything_if_asked_to() {
    let story = story(&demo(&["-v"], false));
    let endings: Vec<&str> =
        story.lines().filter(|line| line.contains("The gate ")).map(str::trim).collect();
    let (refuses, passes) =
        ("The gate refuses; Deploy has not run.", "The gate lets it pass; Deploy has run.");
    assert_eq!(
        endings,
        [refuses, passes, refuses, passes, refuses, refuses, passes, refuses],
        "{story}"
    );
    assert!(
        story.contains(
            "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: \
             codepipeline:PutApprovalResult on resource: \
             arn:aws:codepipeline:us-east-1:111122223333:payments/Release/ApprovalA with an \
             explicit deny in an identity-based policy"
        ),
        "{story}"
    );
    assert_eq!(story.matches("--retry-mode ALL_ACTIONS").count(), 5, "{story}");
    assert!(
        story.contains("ApprovalB is rejected by arn:aws:iam::111122223333:user/bob"),
        "{story}"
    );
    // The signatures: two through one shared role, then a copied one and one by a strange key.
    for signed in ["signed with alice's SSH key", "signed with bob's SSH key"] {
        assert_eq!(story.matches(signed).count(), 1, "{story}");
    }
    assert_eq!(story.matches("- bad-signature: ").count(), 2, "{story}");
}

#[test]
fn it_is_the_same_story_with_the_deployable_gate() {
    let gate = binary("gate");
    story(&demo(&["--gate", gate.to_str().unwrap()], false));
}

#[test]
fn it_has_colour_where_there_is_some() {
    assert!(story(&demo(&[], true)).contains('\u{1b}'));
}
