//! The `members` of a configuration, which `generate` and `audit` read.

use crate::audit::{audit, sound};
use crate::checker::{file_of, text};
use crate::program::{Ran, generate};

const CENTER: &str = "arn:aws:sso:::instance/ssoins-1234567890abcdef";

fn in_permission_sets(members: &str) -> Ran {
    let config = file_of(&format!("[members]\n{members}"));
    let sets = ["--mechanism", "roles", "--identity-center", CENTER];
    generate(&[&["--config", text(config.path())], &sets[..]].concat())
}

#[test]
fn a_permission_set_is_assigned_to_people_if_there_are_any() {
    let ran = in_permission_sets("ApprovalA = ['ann@example.com', 'zoë']\nApprovalB = []");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let set = |slot: &str| format!("assign the permission set `TwoPersonRule-{slot}`");
    let people = "in each account of the pipelines to `ann@example.com`, `zoë`";
    assert!(ran.stderr.contains(&format!("{} {people}\n", set("ApprovalA"))), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&set("ApprovalB")), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_a_user_of_identity_center_is_refused() {
    for name in ["", "ann smith", "ann\\n"] {
        let ran = in_permission_sets(&format!("ApprovalA = [\"{name}\"]"));
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name:?}");
        assert!(ran.stderr.contains("which cannot be a user"), "{name:?}: {}", ran.stderr);
    }
}

/// One file serves both verbs. `audit` ignores what it says about a stage to write.
#[test]
fn a_configuration_that_writes_a_stage_is_audited_too() {
    let topic = "ApprovalA=arn:aws:sns:eu-west-1:111122223333:payments";
    let members = "[members]\nApprovalA = ['alice']\nApprovalB = ['bob', 'dave']";
    let without = file_of(members);
    let expected = audit(&sound(), &["--config", text(without.path())]);
    assert!(expected.code == 0 || expected.code == 10, "{}", expected.stderr);
    for stage in [
        "stage-json = true",
        "patch-pipeline = 'pipeline.json'",
        "patch-pipeline = 'pipeline.json'\nbefore = 'Deploy'",
        "patch-pipeline = 'pipeline.json'\nafter = 'Build'",
        &format!("stage-json = true\nnotification-arn = ['{topic}']"),
    ] {
        let config = file_of(&format!("{stage}\n{members}"));
        let ran = audit(&sound(), &["--config", text(config.path())]);
        assert_eq!((ran.code, &ran.stdout), (expected.code, &expected.stdout), "{}", ran.stderr);
    }
}
