//! The files that `policygen generate` writes, or prints as one object.

use std::collections::BTreeMap;
use std::fs;

use crate::generate::json;
use crate::program::generate;

#[test]
fn a_directory_gets_all_files_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("deep/iam");
    let path = out.to_str().unwrap();
    let listing = || -> BTreeMap<String, String> {
        let entries = fs::read_dir(&out).unwrap().map(Result::unwrap);
        let read = |entry: fs::DirEntry| {
            let text = if entry.path().is_dir() {
                String::new()
            } else {
                fs::read_to_string(entry.path()).unwrap()
            };
            (entry.file_name().into_string().unwrap(), text)
        };
        entries.map(read).collect()
    };
    let ran = generate(&["--out", path]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let first = listing();
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["TwoPersonRule-ApprovalA.policy.json", "TwoPersonRule-ApprovalB.policy.json"]
    );

    // A file replaces the one with its name and no other.
    fs::write(out.join("notes.txt"), "mine").unwrap();
    assert_eq!(generate(&["--out", path, "--approve-only"]).code, 0);
    let second = listing();
    assert_eq!(second["notes.txt"], "mine");
    assert_ne!(
        second["TwoPersonRule-ApprovalA.policy.json"],
        first["TwoPersonRule-ApprovalA.policy.json"]
    );

    // The last file cannot be written, so the first is not written either.
    fs::create_dir(out.join("stage.json")).unwrap();
    let failed = generate(&["--out", path, "--stage-json"]);
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.contains("stage.json` cannot be written"), "{}", failed.stderr);
    let mut expected = second;
    expected.insert("stage.json".to_owned(), String::new());
    assert_eq!(listing(), expected);
}

#[test]
fn a_directory_comes_with_the_next_step_of_its_format() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    for (format, step) in [
        ("json", "create a policy in IAM for each `.policy.json`"),
        ("cloudformation", "deploy `template.yaml` with `aws cloudformation deploy"),
        ("terraform", "run `terraform init` and `terraform apply`"),
        ("terraform-json", "run `terraform init` and `terraform apply`"),
        ("aws-cli", "run `create.sh`"),
    ] {
        let ran = generate(&["--format", format, "--out", path]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("\nnote: {step}")), "{format}: {}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn files_get_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    assert_eq!(generate(&["--out", path, "--format", "aws-cli", "--stage-json"]).code, 0);
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("create.sh") & 0o500, 0o500);
    assert_eq!(mode("stage.json") & 0o111, 0);
    // Its permissions follow the umask, like those of the directory's other files.
    fs::write(directory.path().join("other"), "").unwrap();
    assert_eq!(mode("stage.json"), mode("other"));
}

#[test]
fn several_json_files_are_printed_as_one_object() {
    let all = json(&generate(&["--stage-json"]).stdout);
    let one = json(&generate(&["--stage-json", "--print", "stage.json"]).stdout);
    assert_eq!(all["stage.json"], one);
    assert_eq!(all.as_object().unwrap().len(), 3);
}

#[test]
fn resources_of_a_template_have_different_labels_if_their_names_differ() {
    let slots = ["--slot", "A-B", "--slot", "A_B", "--slot", "A.B"];
    let ran = generate(&[&["--format", "cloudformation"], &slots[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for label in ["TwoPersonRuleABGroup", "TwoPersonRuleABGroup2", "TwoPersonRuleABGroup3"] {
        assert_eq!(ran.stdout.matches(&format!("\n  {label}:\n")).count(), 1, "{label}");
    }
}
