//! `--format github` and `--format junit`, with names that could break them.

use serde_json::{Value, json};

use crate::audit::{audit, patched, several};
use crate::checker::{file, text};

/// Grace may approve both, by a policy whose name has all that the formats escape.
fn hostile() -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "codepipeline:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "100%\n::error::<x>&\"\u{1}"}},
    }]});
    patched(json!([{"op": "add", "path": "/UserDetailList/6/UserPolicyList", "value": [
        {"PolicyName": "Own", "PolicyDocument": document},
    ]}]))
}

#[test]
fn every_cause_is_an_annotation_on_one_line() {
    let ran = audit(&several(), &["--format", "github"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let of = |command: &str| lines.iter().filter(|line| line.starts_with(command)).count();
    let causes = (of("::error title="), of("::warning title="), of("::notice title="));
    assert_eq!(causes, (3, 3, 1), "{}", ran.stdout);
    assert!(
        lines[0].starts_with("::error title=member-of-both-groups::`alice` is"),
        "{}",
        lines[0]
    );
    let last = lines[lines.len() - 1];
    assert!(last.starts_with("3 errors, 3 warnings, 1 note, 0 accepted"), "{last}");

    // A name cannot begin another command, nor hide the rest of the line.
    let ran = audit(&hostile(), &["--format", "github"]);
    for line in ran.stdout.lines().filter(|line| line.starts_with("::")) {
        let commands = ["::error title=", "::warning title=", "::notice title="];
        assert!(commands.iter().any(|command| line.starts_with(command)), "{line}");
    }
    assert!(ran.stdout.contains("100%25\\n::error::<x>&\"\\u{1}"), "{}", ran.stdout);
}

#[test]
fn junit_has_a_test_case_for_each_check_and_fails_where_the_exit_code_does() {
    for (fail_on, failures, code) in [("error", 3, 10), ("warning", 6, 10), ("never", 0, 0)] {
        let ran = audit(&several(), &["--format", "junit", "--fail-on", fail_on]);
        assert_eq!(ran.code, code);
        assert_eq!(ran.stdout.matches("<failure ").count(), failures, "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("failures=\"{failures}\"")), "{}", ran.stdout);
        let cases = ::audit::CATALOG.checks.len();
        assert_eq!(ran.stdout.matches("<testcase ").count(), cases);
    }
    let accept = file(&json!([{
        "code": "machine-can-approve", "subject": "arn:*:role/ChatBot", "reason": "R < 17",
        "expires": "2999-12-31",
    }]));
    let ran = audit(&several(), &["--format", "junit", "--accept", text(accept.path())]);
    assert!(
        ran.stdout.contains(
            "<skipped message=\"arn:aws:iam::111122223333:role/ChatBot \
                                 until 2999-12-31: R &lt; 17\"/>"
        ),
        "{}",
        ran.stdout
    );
    let ran = audit(&hostile(), &["--format", "junit"]);
    assert!(ran.stdout.contains("100%\\n::error::&lt;x&gt;&amp;&quot;\\u{1}"), "{}", ran.stdout);
}
