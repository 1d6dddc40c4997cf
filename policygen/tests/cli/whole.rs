//! The complete output of every mechanism in every format, and of every `--help`.

use crate::program::{generate, policygen};

/// The formats, and what prints the policies alone if there are other files beside them.
const FORMATS: [(&str, &[&str]); 5] = [
    ("json", &[]),
    ("cloudformation", &["--print", "template.yaml"]),
    ("terraform", &["--print", "main.tf"]),
    ("terraform-json", &["--print", "main.tf.json"]),
    ("aws-cli", &["--print", "create.sh"]),
];

const VERBS: [&str; 13] = [
    "generate",
    "rule",
    "explain",
    "audit",
    "doctor",
    "evidence",
    "verify",
    "schema",
    "seal",
    "unseal",
    "diff",
    "completions",
    "man",
];

const MECHANISMS: [(&str, &[&str]); 7] = [
    ("groups", &["--mechanism", "groups"]),
    ("tag", &["--mechanism", "tag"]),
    ("roles-accounts", &["--mechanism", "roles", "--trust-account", "111122223333"]),
    (
        "roles-saml",
        &[
            "--mechanism",
            "roles",
            "--trust-saml",
            "arn:aws:iam::111122223333:saml-provider/Example",
        ],
    ),
    (
        "roles-identity-center",
        &[
            "--mechanism",
            "roles",
            "--identity-center",
            "arn:aws:sso:::instance/ssoins-1234567890abcdef",
        ],
    ),
    ("signed", &["--mechanism", "signed"]),
    (
        "signed-saml",
        &[
            "--mechanism",
            "signed",
            "--trust-saml",
            "arn:aws:iam::111122223333:saml-provider/Example",
        ],
    ),
];

fn snapshot(name: &str, arguments: &[&str]) {
    for (format, print) in FORMATS {
        let ran = generate(&[arguments, &["--format", format], print].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        insta::assert_snapshot!(format!("{name}.{format}"), ran.stdout);
    }
}

#[test]
fn every_mechanism_in_every_format() {
    for (name, arguments) in MECHANISMS {
        snapshot(name, arguments);
    }
}

#[test]
fn guardrails_and_gate_in_every_format() {
    let arguments = [
        "--guardrails",
        "--scp",
        "--break-glass",
        "arn:aws:iam::111122223333:role/emergency/BreakGlass",
        "--job-worker",
        "SmokeTest",
        "--deny-manual-start",
        "--gate",
        "--service-role",
        "payments-pipeline",
        "--require-mfa",
        "--mfa-max-age",
        "15m",
    ];
    snapshot("everything", &arguments);
}

#[test]
fn the_policies_of_the_article() {
    let arguments = [
        "generate",
        "--mechanism",
        "groups",
        "--no-exclusive",
        "--approve-only",
        "--region",
        "*",
        "--account",
        "*",
        "--pipeline",
        "*",
        "--stage",
        "*",
    ];
    let ran = policygen(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("article", ran.stdout);
}

#[test]
fn every_help() {
    insta::assert_snapshot!("help", policygen(&["--help"]).stdout);
    for verb in VERBS {
        insta::assert_snapshot!(format!("help-{verb}"), policygen(&[verb, "--help"]).stdout);
    }
    insta::assert_snapshot!("help-rule-check", policygen(&["rule", "check", "--help"]).stdout);
}

#[test]
fn every_verb_has_a_page_and_every_shell_a_script() {
    for verb in VERBS {
        let page = policygen(&["man", verb]);
        assert_eq!(page.code, 0, "{}", page.stderr);
        assert!(page.stdout.contains(&format!(".TH policygen-{verb} 1")), "{}", page.stdout);
    }
    let page = policygen(&["man", "rule-check"]);
    assert!(page.stdout.contains(".TH policygen-rule-check 1"), "{}", page.stderr);
    assert!(policygen(&["man"]).stdout.contains(".TH policygen 1"));
    let unknown = policygen(&["man", "nothing"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = policygen(&["completions", shell]);
        assert_eq!(script.code, 0, "{}", script.stderr);
        assert!(script.stdout.contains("patch-pipeline"), "{shell}");
    }
}
