//! The rule as people write it: what is understood, what is refused, and the words of the refusal.

#![cfg(test)]

use rule::{Quorum, Rule, SharedRoles};

const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";

#[test]
fn an_empty_rule_is_the_default() {
    let rule = Rule::floor("{}").unwrap();
    assert_eq!(rule, Rule::default());
    assert_eq!(rule.quorum().get(), 2);
    assert!(rule.requires_every_approval());
    assert_eq!(
        (rule.stage(), rule.max_age_minutes(), rule.pipeline_execution_id()),
        (None, None, None)
    );
    assert_eq!(rule.shared_roles(), SharedRoles::Reject);
    assert!(!rule.excludes_initiator());
}

#[test]
fn a_quorum_below_two_cannot_be_built() {
    assert!(Quorum::new(0).is_err());
    assert!(Quorum::new(1).is_err());
    assert_eq!(Quorum::new(2).unwrap(), Quorum::TWO);
}

#[test]
fn what_is_no_rule_is_refused_by_key() {
    let refused = [
        "",
        "null",
        "[]",
        r#"{"quorom": 2}"#,
        r#"{"quorum": 1}"#,
        r#"{"quorum": -1}"#,
        r#"{"quorum": "2"}"#,
        r#"{"quorum": null}"#,
        r#"{"quorum": 2, "quorum": 3}"#,
        r#"{"actions": []}"#,
        r#"{"actions": ["ApprovalA"]}"#,
        r#"{"quorum": 3, "actions": ["ApprovalA", "ApprovalB", "ApprovalB"]}"#,
        r#"{"actions": ["ApprovalA", "Approval B"]}"#,
        r#"{"stage": ""}"#,
        r#"{"sharedRoles": "allow"}"#,
        r#"{"excludeInitiator": "yes"}"#,
        r#"{"maxAgeMinutes": 0}"#,
        r#"{"trustedSessionRoles": ["*"]}"#,
        r#"{"trustedSessionRoles": [""]}"#,
        r#"{"trustedSessionRoles": ["*e*"]}"#,
        r#"{"trustedSessionRoles": ["Approver-*"]}"#,
        r#"{"trustedSessionRoles": ["path/Approver"]}"#,
        r#"{"onlyPeople": "yes"}"#,
        r#"{"handleAffixes": ["admin"]}"#,
        r#"{"notPeople": ["?*"]}"#,
        r#"{"people": {"alice": []}}"#,
        r#"{"people": {"alice": ["alice"]}}"#,
        r#"{"people": {"alice": ["arn:aws:iam::*:user/*"]}}"#,
        r#"{"people": {"alice": ["arn:aws:sts::*:assumed-role/Approver/*@example.com"]}}"#,
        r#"{"people": {"role/x": ["arn:aws:iam::*:user/alice"]}}"#,
        r#"{"people": {"alice": ["arn:aws:iam::*:user/alice"], "alice": ["arn:aws:iam::*:user/bob"]}}"#,
        r#"{"people": {"alice": ["arn:aws:iam::*:user/alice"], "Alice": ["arn:aws:iam::*:user/bob"]}}"#,
        r#"{"people": {"alice": ["github:al"], "bob": ["github:AL"]}}"#,
        r#"{"people": {"alice": ["github:al/7"], "bob": ["github:bo/7"]}}"#,
        r#"{"roster": {"ApprovalA": []}}"#,
        r#"{"roster": {"ApprovalA": [""]}}"#,
        r#"{"roster": {"ApprovalA": ["alice@example.com"]}}"#,
        r#"{"roster": {"ApprovalA": ["role/path/Deployer"]}}"#,
        r#"{"roster": {"ApprovalA": ["*", "alice"]}}"#,
        r#"{"roster": {"ApprovalA": ["alice"]}, "actions": ["ApprovalA", "ApprovalB"]}"#,
        r#"{"roster": {"ApprovalA": ["role/Approver"]}, "trustedSessionRoles": ["Approver"]}"#,
        r#"{"roster": {"approvalA": ["alice"]}, "actions": ["ApprovalA", "ApprovalB"]}"#,
        r#"{"requireSignature": true}"#,
        r#"{"requireSignature": "yes"}"#,
        r#"{"requireSignature": {"deviceBound": "yes"}}"#,
        r#"{"requireSignature": {"devicebound": true}}"#,
        r#"{"signingKeys": {"alice": []}}"#,
        r#"{"signingKeys": {"ali ce": ["ssh-ed25519 x"]}}"#,
        r#"{"signingKeys": {"alice": ["ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ=="]}}"#,
        r#"{"signingKeys": {"alice": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD"],
            "bob": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD bob@laptop"]}}"#,
        r#"{"signingKeys": {"alice": ["passkey:5Iww1c33Zbm5EAQxK7M9l3sVKf8AZH_kgYwrGU1Xa94:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c"]}}"#,
        r#"{"desk": {"rpId": "example.com"}}"#,
        r#"{"desk": {"rpId": "example.com", "origin": "https://approve.example.net"}}"#,
        r#"{"desk": {"rpId": "example.com", "origin": "http://approve.example.com"}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}"#,
        r#"{"proof": {"key": "alias/proofs", "store": "s3://proofs"}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "proofs"}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "s3://proofs", "environment": ""}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "s3://proofs", "validMinutes": 0}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "s3://proofs", "validMinutes": 525601}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "s3://proofs", "valid": 1}}"#,
        r#"{"notPeople": null}"#,
        r##"{"pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"}"##,
    ];
    let words: Vec<String> = refused
        .iter()
        .map(|json| format!("{json}\n    {}", Rule::floor(json).unwrap_err()))
        .collect();
    insta::assert_snapshot!(words.join("\n"));
}

/// It is for editors. What a verifier compares by its digest is the rule.
#[test]
fn the_schema_of_a_rule_means_nothing() {
    let plain = Rule::floor(r#"{"quorum": 3}"#).unwrap();
    for address in ["./rule.schema.json", "https://example.com/rule.json", ""] {
        let json = format!(r#"{{"$schema": "{address}", "quorum": 3}}"#);
        let named = Rule::floor(&json).unwrap();
        assert_eq!(named, plain);
        assert_eq!(named.digest(), plain.digest());
        assert_eq!(named.changes_to(&plain), []);
        let parameters = format!(r#"{{"$schema": "{address}"}}"#);
        assert_eq!(plain.tightened_by(&parameters, "Release").unwrap().quorum(), plain.quorum());
    }
    assert_ne!(Rule::floor("{}").unwrap().digest(), plain.digest());
    for wrong in [
        r#"{"$schema": null}"#,
        r#"{"$schema": {}}"#,
        r#"{"$schema": "a", "$schema": "b"}"#,
        r#"{"schema": "a"}"#,
        r#"{"reviews": {"$schema": "a", "function": "f"}}"#,
    ] {
        assert!(Rule::floor(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn null_is_not_a_value_of_a_nested_key() {
    let proof = |more: &str| {
        format!(
            r#"{{"proof": {{"key": "arn:aws:kms:eu-west-1:111122223333:key/1", "store": "s3://abc"{more}}}}}"#
        )
    };
    assert!(Rule::floor(&proof("")).is_ok());
    for wrong in [
        proof(r#", "environment": null"#),
        proof(r#", "validMinutes": null"#),
        r#"{"reviews": {"function": "f", "required": null}}"#.to_owned(),
        r#"{"reviews": {"function": "f", "repositories": null}}"#.to_owned(),
    ] {
        assert!(Rule::floor(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_list_is_not_read_as_an_object() {
    let (required, desk) =
        (r#"{"requireSignature": [true]}"#, r#"["a.example", "https://a.example"]"#);
    let problem = |rule: &str| Rule::floor(rule).unwrap_err().to_string();
    assert!(problem(required).contains("write `true`, `false` or"), "{}", problem(required));
    let desk = problem(&format!(r#"{{"desk": {desk}}}"#));
    assert!(desk.contains("expected an object"), "{desk}");
}

#[test]
fn parameters_may_not_say_who_is_who_nor_contradict_the_floor() {
    let floor =
        Rule::floor(r#"{"stage": "Approve", "actions": ["ApprovalA", "ApprovalB"]}"#).unwrap();
    let refused = [
        r#"{"trustedSessionRoles": []}"#,
        r#"{"people": {}}"#,
        r#"{"roster": {}}"#,
        r#"{"signingKeys": {}}"#,
        r#"{"desk": {"rpId": "example.com", "origin": "https://example.com"}}"#,
        r#"{"proof": {"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "s3://proofs"}}"#,
        r#"{"requireSignature": true}"#,
        r#"{"stage": "Other"}"#,
        r#"{"quorum": 1}"#,
        r#"{"quorum": 3}"#,
        "approve, please",
    ];
    let words: Vec<String> = refused
        .iter()
        .map(|json| format!("{json}\n    {}", floor.tightened_by(json, "Approve").unwrap_err()))
        .collect();
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn the_stricter_of_the_two_wins() {
    let floor = r#"{"quorum": 3, "actions": ["A", "B", "C"], "maxAgeMinutes": 60, "sharedRoles": "reject", "notPeople": ["Bot"]}"#;
    let parameters = r#"{"quorum": 2, "actions": ["D"], "maxAgeMinutes": 90, "sharedRoles": "collapse", "excludeInitiator": true,
        "onlyPeople": true, "handleAffixes": ["-ops"], "notPeople": ["CI-*"], "stage": "Approve", "pipelineExecutionId": "3137f7cb-7cf7-4abc-9b2c-0123456789ab"}"#;
    let rule = Rule::floor(floor).unwrap().tightened_by(parameters, "Approve").unwrap();
    assert_eq!(rule.quorum().get(), 3);
    assert_eq!(rule.named_actions().collect::<Vec<_>>(), ["A", "B", "C", "D"]);
    assert!(!rule.requires_every_approval());
    assert_eq!(rule.max_age_minutes(), Some(60));
    assert_eq!(rule.shared_roles(), SharedRoles::Reject);
    assert!(rule.excludes_initiator() && rule.only_people());
    assert_eq!(rule.stage(), Some("Approve"));
    assert_eq!(rule.pipeline_execution_id(), Some(EXECUTION));
}

#[test]
fn the_stricter_demand_for_signatures_wins() {
    use rule::RequireSignature::{self, Any, DeviceBound, No};

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";
    let written = [("false", No), ("true", Any), (r#"{"deviceBound": true}"#, DeviceBound)];
    for (floor, a) in written {
        let keys = format!(r#""signingKeys": {{"alice": ["{KEY} laptop"]}}"#);
        let floor = Rule::floor(&format!(r#"{{"requireSignature": {floor}, {keys}}}"#)).unwrap();
        assert_eq!(floor.require_signature(), a);
        assert_eq!(floor.tightened_by("{}", "Approve").unwrap().require_signature(), a);
        for (parameters, b) in written {
            let parameters = format!(r#"{{"requireSignature": {parameters}}}"#);
            let rule = floor.tightened_by(&parameters, "Approve").unwrap();
            assert_eq!(rule.require_signature(), a.max(b));
            assert_eq!(rule.public_keys().count(), 1);
        }
    }
    let plain: RequireSignature = serde_json::from_str(r#"{"deviceBound": false}"#).unwrap();
    assert_eq!(plain, Any);
}

#[test]
fn one_human_may_have_several_names_on_a_forge() {
    for people in [
        r#"{"alice": ["github:al", "github:al/7", "github:alice/7", "gitlab:al"]}"#,
        r#"{"alice": ["github:al/7"], "bob": ["gitlab:al/7", "github:bo/8"]}"#,
    ] {
        Rule::floor(&format!(r#"{{"people": {people}}}"#)).unwrap();
    }
}

#[test]
fn one_key_in_two_forms_is_one_key() {
    const SSH: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB7VgIsmd2EOkTLQ5vW6g4N15KrujRCjn/qpSqhsMxtH";
    const PASSKEY: &str =
        "passkey:Y3JlZA:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c";
    const DESK: &str = r#""desk": {"rpId": "example.com", "origin": "https://example.com"}"#;
    let rule = |keys: &str| Rule::floor(&format!(r#"{{{DESK}, "signingKeys": {keys}}}"#));
    let one = rule(&format!(r#"{{"alice": ["{SSH}", "{PASSKEY}"]}}"#)).unwrap();
    assert_eq!(one.public_keys().count(), 2);
    let refused = rule(&format!(r#"{{"alice": ["{SSH}"], "bob": ["{PASSKEY}"]}}"#)).unwrap_err();
    insta::assert_snapshot!(refused);
}

#[test]
fn naming_actions_in_the_parameters_does_not_let_go_of_the_others() {
    let rule = Rule::default()
        .tightened_by(r#"{"actions": ["ApprovalA", "ApprovalB"]}"#, "Approve")
        .unwrap();
    assert!(rule.requires_every_approval());
    assert_eq!(rule.named_actions().collect::<Vec<_>>(), ["ApprovalA", "ApprovalB"]);
}

#[test]
fn parameters_may_name_the_gates_own_stage_or_the_floors_and_no_other() {
    let tightened = |floor: &str, stage: &str| {
        let parameters = format!(r#"{{"stage": "{stage}"}}"#);
        Rule::floor(floor).unwrap().tightened_by(&parameters, "Approve")
    };
    assert_eq!(tightened("{}", "Approve").unwrap().stage(), Some("Approve"));
    assert_eq!(tightened(r#"{"stage": "QA"}"#, "QA").unwrap().stage(), Some("QA"));
    insta::assert_snapshot!(tightened("{}", "QA").unwrap_err());
    insta::assert_snapshot!(tightened(r#"{"stage": "QA"}"#, "Approve").unwrap_err());
}

#[test]
fn affixes_of_the_parameters_join_people_and_lend_nobody_a_name() {
    use rule::{Account, Key, Principal};

    let rule = Rule::floor(r#"{"roster": {"A": ["alice"], "B": ["*"]}}"#).unwrap();
    let rule = rule.tightened_by(r#"{"handleAffixes": ["-evil"]}"#, "Approve").unwrap();
    let mallory = Principal::parse("arn:aws:iam::111122223333:user/alice-evil");
    let keys = rule.keys(&mallory, &Account::new("111122223333")).unwrap();
    let alice = Key::Handle("alice".to_owned());
    assert!(keys.claimed().contains(&alice) && !keys.proven().contains(&alice));
}

#[test]
fn a_handle_under_two_entries_is_named() {
    let people = r#"{"people": {
        "alice": ["arn:aws:iam::*:user/asmith", "arn:aws:sts::*:assumed-role/X/alice@a.example"],
        "alice-b": ["arn:aws:sts::*:assumed-role/X/alice@b.example"],
        "adam": ["arn:aws:iam::*:user/team/Asmith-admin"],
        "bob": ["arn:aws:iam::*:user/bob"]
    }}"#;
    let splits = Rule::floor(people).unwrap().splits();
    let pairs: Vec<_> =
        splits.iter().map(|s| (s.first.as_str(), s.second.as_str(), s.handle.as_str())).collect();
    assert_eq!(pairs, [("adam", "alice", "asmith"), ("alice", "alice-b", "alice")]);
}

#[test]
fn a_review_of_a_rule_is_told_what_it_names() {
    let rule = Rule::floor(
        r#"{
            "trustedSessionRoles": ["Approver", "AWSReservedSSO_*", "AWSReservedSSO_Ops_?"],
            "people": {
                "alice": ["arn:aws:iam::*:user/asmith", "github:alice-gh"],
                "bob": ["arn:aws:iam::*:user/bob"],
                "carol": ["gitlab:alice-gh", "arn:aws:iam::*:user/carol"]
            },
            "roster": {"A": ["alice"], "B": ["*"]},
            "notPeople": ["ci-*"]
        }"#,
    )
    .unwrap();
    assert_eq!(
        rule.trusted_globs().collect::<Vec<_>>(),
        ["AWSReservedSSO_*", "AWSReservedSSO_Ops_?"]
    );
    assert_eq!(rule.people_names().collect::<Vec<_>>(), ["alice", "bob", "carol"]);
    let open: Vec<&str> =
        ["A", "B", "C"].into_iter().filter(|action| rule.lets_anybody(action)).collect();
    assert_eq!(open, ["B"]);
    assert!(rule.names_forge_users() && rule.names_machines());
    let person = |user: &str| rule.person_of_forge_user(&user.parse().unwrap());
    assert_eq!(person("github:Alice-GH/7"), Some("alice"));
    assert_eq!(person("gitlab:alice-gh"), Some("carol"));
    assert_eq!(person("github:bob"), None);

    let users = Rule::floor(r#"{"people": {"bob": ["arn:aws:iam::*:user/bob"]}}"#).unwrap();
    for rule in [users, Rule::default()] {
        assert_eq!(rule.trusted_globs().count(), 0);
        assert!(!rule.lets_anybody("A") && !rule.names_forge_users() && !rule.names_machines());
        assert_eq!(rule.person_of_forge_user(&"github:bob".parse().unwrap()), None);
    }
}

/// One person serves the floor's whole list and another the parameters' whole list. The union has
/// two persons, but neither list does.
mod each_of_two_united_lists_meets_its_own_quorum {
    use rule::{Facts, ReasonCode, Rule, Verdict, decide};
    use serde_json::{Value, json};

    const FLOOR: &str = r#"{"actions": ["A", "B"]}"#;

    fn judged(rule: &Rule, approvals: &[(&str, &str)]) -> (Verdict, Vec<ReasonCode>, String) {
        let attempt = |(action, user): &(&str, &str)| {
            json!({
                "stage": "Approve", "action": action, "kind": "manualApproval", "status": "Succeeded",
                "started": "2026-11-22T10:00:00Z", "updated": "2026-11-22T10:01:00Z",
                "approver": {"history": format!("arn:aws:iam::111122223333:user/{user}")}
            })
        };
        let attempts: Vec<Value> = approvals.iter().map(attempt).collect();
        let facts: Facts = serde_json::from_value(json!({
            "account": {"id": "111122223333"}, "execution": {"pipeline": "p", "id": "e"}, "gateStage": "Approve", "attempts": attempts,
            "initiator": "unknown", "now": "2026-11-22T10:02:00Z"
        }))
        .unwrap();
        let decision = decide(rule, &facts).unwrap();
        let codes = decision.record().reasons.iter().map(|reason| reason.code).collect();
        (decision.record().verdict, codes, decision.refusal().unwrap_or_default())
    }

    #[test]
    fn a_person_for_each_list_is_not_enough() {
        let rule = Rule::floor(FLOOR)
            .unwrap()
            .tightened_by(r#"{"actions": ["C", "D"]}"#, "Approve")
            .unwrap();
        let (verdict, codes, message) =
            judged(&rule, &[("A", "alice"), ("B", "alice"), ("C", "bob"), ("D", "bob")]);
        assert_eq!(verdict, Verdict::Unsatisfied, "{message}");
        assert_eq!(
            codes.iter().filter(|code| **code == ReasonCode::QuorumNotMet).count(),
            2,
            "{message}"
        );
        assert!(
            message.contains("(over A and B)") && message.contains("(over C and D)"),
            "{message}"
        );
        let (verdict, _, _) =
            judged(&rule, &[("A", "alice"), ("B", "bob"), ("C", "bob"), ("D", "alice")]);
        assert_eq!(verdict, Verdict::Satisfied);
    }

    #[test]
    fn the_floors_list_alone_is_judged_when_the_parameters_add_one_action() {
        let rule =
            Rule::floor(FLOOR).unwrap().tightened_by(r#"{"actions": ["C"]}"#, "Approve").unwrap();
        let (verdict, _, message) = judged(&rule, &[("A", "alice"), ("B", "alice"), ("C", "bob")]);
        assert_eq!(verdict, Verdict::Unsatisfied);
        assert!(message.contains("A and B were approved by one person, alice"), "{message}");
    }

    #[test]
    fn the_parameters_list_alone_is_judged_when_the_floor_wants_every_approval() {
        let rule = Rule::default().tightened_by(r#"{"actions": ["A", "B"]}"#, "Approve").unwrap();
        let (verdict, _, _) = judged(&rule, &[("A", "alice"), ("B", "alice"), ("C", "bob")]);
        assert_eq!(verdict, Verdict::Unsatisfied);
    }

    /// A refusal is read by somebody in a hurry.
    #[test]
    fn a_list_of_the_same_actions_is_not_reported_again() {
        for parameters in
            [r#"{"actions": ["C", "B", "A"]}"#, r#"{"actions": ["A", "B", "C"], "quorum": 3}"#]
        {
            let floor = Rule::floor(r#"{"actions": ["A", "B", "C"], "quorum": 3}"#).unwrap();
            let rule = floor.tightened_by(parameters, "Approve").unwrap();
            let (_, codes, message) =
                judged(&rule, &[("A", "alice"), ("B", "alice"), ("C", "alice")]);
            let shortfalls = codes.iter().filter(|code| **code == ReasonCode::QuorumNotMet);
            assert_eq!(shortfalls.count(), 1, "{message}");
        }
    }

    #[test]
    fn tightening_again_keeps_what_was_demanded() {
        let rule = Rule::floor(FLOOR)
            .unwrap()
            .tightened_by(r#"{"actions": ["C", "D"]}"#, "Approve")
            .unwrap()
            .tightened_by("{}", "Approve")
            .unwrap();
        let (verdict, _, _) =
            judged(&rule, &[("A", "alice"), ("B", "alice"), ("C", "bob"), ("D", "bob")]);
        assert_eq!(verdict, Verdict::Unsatisfied);
    }
}

#[test]
fn a_proof_has_its_place_and_is_valid_for_a_day_unless_the_rule_says_otherwise() {
    let rule = |more: &str| {
        let proof = format!(
            r#"{{"key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "store": "s3://proofs/a/"{more}}}"#
        );
        Rule::floor(&format!(r#"{{"proof": {proof}}}"#)).unwrap()
    };
    let short = rule("");
    let proof = short.proof().unwrap();
    let object = proof.object("payments", EXECUTION).unwrap().to_string();
    assert_eq!(object, format!("s3://proofs/a/payments/{EXECUTION}.json"));
    assert_eq!((proof.environment(), proof.valid().as_mins()), (None, 1440));
    assert_eq!(proof.object("../other", EXECUTION), None);
    assert_eq!(proof.object("payments", "../other"), None);
    let long = rule(r#", "environment": "prod", "validMinutes": 60"#);
    let proof = long.proof().unwrap();
    assert_eq!((proof.environment(), proof.valid().as_mins()), (Some("prod"), 60));
    let tightened = long.tightened_by(r#"{"quorum": 3}"#, "Approve").unwrap();
    assert_eq!(tightened.proof(), long.proof());
}
