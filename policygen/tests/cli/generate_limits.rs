//! `policygen generate` and the limits of AWS: what fits, what is split, and what is refused.

use crate::generate::json;
use crate::program::generate;

#[test]
fn a_stage_with_many_approvals_fits_the_limits_of_the_service() {
    let slots: Vec<String> = (0..20).map(|at| format!("{}{at:02}", "A".repeat(60))).collect();
    let slots: Vec<&str> = slots.iter().flat_map(|slot| ["--slot", slot.as_str()]).collect();
    let ran = generate(&[&["--stage-json", "--print", "stage.json"], &slots[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for action in json(&ran.stdout)["actions"].as_array().unwrap() {
        for (key, value) in action["configuration"].as_object().unwrap() {
            assert!(value.as_str().unwrap().len() <= 1_000, "{key}: {value}");
        }
    }
}

#[test]
fn names_that_aws_would_refuse_for_their_length_are_refused() {
    let slot = "s".repeat(60);
    let roles =
        ["--mechanism", "roles", "--trust-account", "111122223333", "--slot", &slot, "--slot", "B"];
    let ran = generate(&roles);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("the name of a role has at most 64"), "{}", ran.stderr);
}

/// A role's name has at most 64 characters, its prefix `TwoPersonRule-` included.
#[test]
fn a_name_of_the_greatest_length_is_accepted() {
    for (length, code) in [(50, 0), (51, 1)] {
        let slot = "s".repeat(length);
        let roles = ["--mechanism", "roles", "--trust-account", "111122223333"];
        let ran = generate(&[&roles[..], &["--slot", &slot, "--slot", "B"]].concat());
        assert_eq!(ran.code, code, "{length}: {}", ran.stderr);
    }
}

/// What IAM Identity Center and a role's trust policy hold is one document each.
#[test]
fn a_document_that_cannot_be_split_is_refused_if_it_is_too_large() {
    let pipelines: Vec<String> =
        (0..80).map(|at| format!("a-rather-long-pipeline-name-{at}")).collect();
    let pipelines: Vec<&str> = pipelines.iter().flat_map(|name| ["--pipeline", name]).collect();
    let center = "arn:aws:sso:::instance/ssoins-1234567890abcdef";
    let sets = ["--mechanism", "roles", "--identity-center", center];
    let accounts: Vec<String> =
        (0..80).map(|at| format!("{:012}", 111_122_220_000_u64 + at)).collect();
    let accounts: Vec<&str> =
        accounts.iter().flat_map(|account| ["--trust-account", account]).collect();
    for (arguments, limit) in [
        (
            [&sets[..], &pipelines].concat(),
            "`TwoPersonRule-ApprovalA` is longer than the 10240 characters that AWS allows for the \
             inline policy of a permission set",
        ),
        (
            [&["--mechanism", "roles"], &accounts[..]].concat(),
            "is longer than the 2048 characters that AWS allows for a trust policy",
        ),
    ] {
        let ran = generate(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains(limit), "{}", ran.stderr);
    }
}

#[test]
fn what_does_not_fit_even_when_split_is_refused() {
    let pipelines: Vec<String> =
        (0..900).map(|at| format!("a-rather-long-pipeline-name-{at}")).collect();
    let arguments: Vec<&str> = pipelines.iter().flat_map(|name| ["--pipeline", name]).collect();
    let ran = generate(&arguments);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("AWS attaches at most 10"), "{}", ran.stderr);
}

#[test]
fn a_document_that_is_too_large_is_split_and_that_is_said() {
    let pipelines: Vec<String> =
        (0..80).map(|at| format!("a-rather-long-pipeline-name-{at}")).collect();
    let arguments: Vec<&str> = pipelines.iter().flat_map(|name| ["--pipeline", name]).collect();
    let ran = generate(&arguments);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr
            .contains("note: `TwoPersonRule-ApprovalA` would be longer than the 6144 characters"),
        "{}",
        ran.stderr
    );
    assert!(json(&ran.stdout).get("TwoPersonRule-ApprovalA-2.policy.json").is_some());
}
