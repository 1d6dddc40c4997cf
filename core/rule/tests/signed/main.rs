//! Approvals that carry a signature: who they are by, and what makes a signature worthless.

#![cfg(test)]

mod changes;
mod model;
mod standing;
mod world;

use rule::ReasonCode::{
    BadSignature, Initiator, NotAPerson, NotOnRoster, NotSigned, SamePerson, SharedRole,
};
use rule::{Attempt, Rule, Status, decide, revisions};
use serde_json::json;
use signing::{Answer, Approval};
use world::{
    Human, Passkey, REVISION, approval, approved, decision, facts, persons, reasons, rule, session,
    source, user,
};

/// alice and bob, with an SSH key each.
fn two() -> (Human, Human) {
    (Human::with_ssh(1), Human::with_ssh(2))
}

fn desk(name: &str) -> String {
    session("TwoPersonRule-Desk", name)
}

#[test]
fn two_signatures_that_one_role_carried_are_two_people() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("Bob", &bob)], json!({"requireSignature": true}));
    let decision = decision(
        &rule,
        [
            approved("ApprovalA", &desk("x"), &alice.comment(&approval("ApprovalA"))),
            approved("ApprovalB", &desk("x"), &bob.comment(&approval("ApprovalB"))),
        ],
    );
    let satisfied = decision.satisfied().unwrap();
    assert_eq!(satisfied.approvers(), "alice, bob");
    assert_eq!(satisfied.basis(), "signature");
    assert_eq!(decision.record().revisions, [REVISION]);
    let keys = [("alice", &alice), ("bob", &bob)]
        .map(|(name, human)| (name.to_owned(), vec![human.key().to_string()]));
    assert_eq!(*decision.record().rule.signing_keys, keys.into());
    insta::assert_snapshot!("signed-summary", satisfied.summary());
    insta::assert_json_snapshot!("signed-approvals", decision.record().approvals);
}

#[test]
fn one_key_is_one_person_no_matter_who_carries_the_signatures() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({}));
    for carriers in [[user("carol"), user("dave")], [desk("alice"), desk("bob")]] {
        let decision = decision(
            &rule,
            ["ApprovalA", "ApprovalB"].into_iter().zip(&carriers).map(|(action, carrier)| {
                approved(action, carrier, &alice.comment(&approval(action)))
            }),
        );
        assert_eq!(reasons(&decision), [SamePerson], "{carriers:?}");
        assert_eq!(persons(&decision), ["person:alice"]);
    }
}

#[test]
fn two_signatures_through_one_iam_user_are_one_person() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({}));
    let decision = decision(
        &rule,
        [
            approved("ApprovalA", &user("shared"), &alice.comment(&approval("ApprovalA"))),
            approved("ApprovalB", &user("shared"), &bob.comment(&approval("ApprovalB"))),
        ],
    );
    assert_eq!(reasons(&decision), [SamePerson]);
}

#[test]
fn a_signature_joins_its_principal_with_what_the_principal_does_unsigned() {
    let (alice, bob) = two();
    let rule =
        rule(&[("alice", &alice), ("bob", &bob)], json!({"trustedSessionRoles": ["Approver"]}));
    let signed =
        |carrier: &str| approved("ApprovalA", carrier, &alice.comment(&approval("ApprovalA")));
    for (carrier, other) in [
        (user("asmith"), session("Approver", "asmith@example.com")),
        (session("Approver", "asmith"), user("asmith-admin")),
        (desk("x"), user("Alice")),
        (desk("x"), session("Approver", "alice@example.com")),
    ] {
        let decision = decision(&rule, [signed(&carrier), approved("ApprovalB", &other, "ok")]);
        assert_eq!(reasons(&decision), [SamePerson], "{carrier} {other}");
        assert_eq!(persons(&decision), ["person:alice"]);
    }
    // A name that the caller chose joins nobody to the signer: the signature says who it is.
    let decision =
        decision(&rule, [signed(&desk("carol")), approved("ApprovalB", &user("carol"), "ok")]);
    assert_eq!(persons(&decision), ["person:alice", "handle:carol"]);
}

#[test]
fn a_signature_counts_through_a_principal_that_proves_nothing() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({"requireSignature": true}));
    let b = approved("ApprovalB", &desk("x"), &bob.comment(&approval("ApprovalB")));
    for carrier in [
        "arn:aws:iam::111122223333:root".to_owned(),
        "arn:aws:iam::444455556666:user/erin".to_owned(),
        "arn:aws:sts::111122223333:federated-user/x".to_owned(),
        "arn:aws:iam::111122223333:role/TwoPersonRule-Desk".to_owned(),
        desk("botocore-session-1"),
    ] {
        let a = approved("ApprovalA", &carrier, &alice.comment(&approval("ApprovalA")));
        let decision = decision(&rule, [a, b.clone()]);
        assert_eq!(persons(&decision), ["person:alice", "person:bob"], "{carrier}");
        assert!(decision.satisfied().is_some(), "{carrier}");
    }
    let nobody = Attempt {
        approver: rule::Approver::default(),
        ..approved("ApprovalA", "", &alice.comment(&approval("ApprovalA")))
    };
    assert_eq!(persons(&decision(&rule, [nobody, b])), ["person:bob"]);
}

#[test]
fn a_signature_on_the_approval_of_somebody_else_counts_for_nobody() {
    let (alice, bob) = two();
    let mapped = json!({"people": {"bob": [user("robert")]}, "trustedSessionRoles": ["Approver"]});
    let rule = rule(&[("alice", &alice), ("bob", &bob), ("carol", &Human::with_ssh(3))], mapped);
    for carrier in
        [user("robert"), user("bob"), user("carol-admin"), session("Approver", "Carol@example.com")]
    {
        let a = approved("ApprovalA", &carrier, &alice.comment(&approval("ApprovalA")));
        let b = approved("ApprovalB", &user("dave"), "ok");
        let decision = decision(&rule, [a, b]);
        assert_eq!(reasons(&decision), [BadSignature], "{carrier}");
        assert_eq!(persons(&decision), ["handle:dave"], "{carrier}");
        let why = format!("ApprovalA: alice signed, and {carrier} is proven to be ");
        assert!(decision.refusal().unwrap().contains(&why), "{why}");
    }
}

#[test]
fn a_signature_of_anything_else_counts_for_nobody_even_if_none_is_required() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({}));
    let right = approval("ApprovalA");
    let others = [
        ("pipeline", Approval { pipeline: "payments2", ..right }),
        ("execution", Approval { execution: "4137f7cb-7cf7-4abc-9b2c-0123456789ab", ..right }),
        ("stage", Approval { stage: "Approve2", ..right }),
        ("action", Approval { action: "ApprovalB", ..right }),
        ("attempt", Approval { attempt: "a0000000-0000-4000-8000-000000000002", ..right }),
        ("answer", Approval { answer: Answer::Rejected, ..right }),
        ("revision", Approval { revisions: &["another"], ..right }),
        ("no revision", Approval { revisions: &[], ..right }),
        ("one more revision", Approval { revisions: &[REVISION, "another"], ..right }),
    ];
    let b = approved("ApprovalB", &user("bob"), "ok");
    let with = |comment: &str| {
        decision(&rule, [approved("ApprovalA", &user("alice"), comment), b.clone()])
    };
    assert!(with(&alice.comment(&right)).satisfied().is_some());
    assert!(with("without a signature").satisfied().is_some());
    for (field, other) in others {
        let decision = with(&alice.comment(&other));
        assert_eq!(reasons(&decision), [BadSignature], "{field}");
        assert_eq!(persons(&decision), ["handle:bob"], "{field}");
    }
    let stranger = Human::with_ssh(9);
    assert_eq!(reasons(&with(&stranger.comment(&right))), [BadSignature]);
    let twice = format!("{0} {0}", alice.comment(&right));
    assert_eq!(reasons(&with(&twice)), [BadSignature]);
}

#[test]
fn an_approval_without_its_comment_counts_for_nobody_if_the_rule_has_keys() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({"sharedRoles": "collapse"}));
    let a = approved("ApprovalA", &user("alice"), "ok");
    // Only the signature says that it was alice who came through the role.
    let b = approved("ApprovalB", &desk("x"), &alice.comment(&approval("ApprovalB")));
    let whole = decision(&rule, [a.clone(), b.clone()]);
    assert_eq!(reasons(&whole), [SamePerson]);
    let lost = decision(&rule, [a.clone(), Attempt { comment: None, ..b.clone() }]);
    assert_eq!(reasons(&lost), [BadSignature]);
    assert_eq!(persons(&lost), ["handle:alice"]);
    // A signature that proves nothing must not be hidden by losing it, either.
    let replayed = approved("ApprovalB", &user("bob"), &bob.comment(&approval("ApprovalA")));
    for comment in [replayed.comment.clone(), None] {
        let decision = decision(&rule, [a.clone(), Attempt { comment, ..replayed.clone() }]);
        assert_eq!(reasons(&decision), [BadSignature]);
    }
    let without_keys = Rule::floor(r#"{"sharedRoles": "collapse"}"#).unwrap();
    let kept = decision(&without_keys, [a, Attempt { comment: None, ..b }]);
    assert!(kept.satisfied().is_some());
}

/// The reader can tell a fact that CodePipeline did not give from a signature that is wrong.
#[test]
fn a_refusal_says_which_fact_about_a_signature_is_missing() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({}));
    let b = approved("ApprovalB", &user("bob"), "ok");
    let signed = approved("ApprovalA", &user("alice"), &alice.comment(&approval("ApprovalA")));
    for (attempt, part) in [
        (
            Attempt { id: None, ..signed.clone() },
            "CodePipeline does not say which attempt was answered",
        ),
        (Attempt { comment: None, ..signed }, "CodePipeline does not show the comment"),
    ] {
        let decision = decision(&rule, [attempt, b.clone()]);
        assert_eq!(reasons(&decision), [BadSignature]);
        assert!(decision.refusal().unwrap().contains(part), "{part}");
    }
}

#[test]
fn without_signing_keys_a_comment_is_only_a_comment() {
    let stranger = Human::with_ssh(9);
    let approvals = [
        approved("ApprovalA", &user("alice"), &stranger.comment(&approval("ApprovalA"))),
        approved("ApprovalB", &user("bob"), "[2pr1.s.broken"),
    ];
    let decision = decision(&Rule::default(), approvals);
    assert_eq!(persons(&decision), ["handle:alice", "handle:bob"]);
}

#[test]
fn a_passkey_made_for_another_site_proves_nothing() {
    let (alice, bob) = (Human::with_passkey(1, Passkey::Synced), Human::with_ssh(2));
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({"requireSignature": true}));
    let b = approved("ApprovalB", &desk("x"), &bob.comment(&approval("ApprovalB")));
    let with =
        |comment: &str| decision(&rule, [approved("ApprovalA", &desk("x"), comment), b.clone()]);
    let right = approval("ApprovalA");
    assert!(with(&alice.comment(&right)).satisfied().is_some());
    for origin in ["https://approve.example.net", "https://x.approve.example.com"] {
        assert_eq!(reasons(&with(&alice.comment_at(&right, origin))), [BadSignature], "{origin}");
    }
}

#[test]
fn a_device_bound_key_is_one_that_cannot_be_copied() {
    let bob = Human::with_passkey(2, Passkey::DeviceBound);
    for (alice, kind, reach, counts) in [
        (Human::with_passkey(1, Passkey::DeviceBound), "passkey", "device-bound", true),
        (Human::with_passkey(1, Passkey::Synced), "passkey", "synced", false),
        (Human::with_ssh(1), "SSH key", "can be copied", false),
    ] {
        let judged = |required| {
            let rule =
                rule(&[("alice", &alice), ("bob", &bob)], json!({"requireSignature": required}));
            decision(
                &rule,
                [
                    approved("ApprovalA", &desk("x"), &alice.comment(&approval("ApprovalA"))),
                    approved("ApprovalB", &desk("x"), &bob.comment(&approval("ApprovalB"))),
                ],
            )
        };
        let loose = judged(json!(true));
        assert!(loose.satisfied().is_some());
        let signature = loose.record().approvals[0].signature.as_ref().unwrap();
        let words = format!("alice's {kind} {}, {reach}", alice.key().id());
        assert_eq!(signature.describe(), words);
        let expected = if counts { vec![] } else { vec![NotSigned] };
        let strict = judged(json!({"deviceBound": true}));
        assert_eq!(reasons(&strict), expected);
        let why = "can be copied or synced to other devices, and `requireSignature` asks for keys";
        assert_eq!(strict.refusal().is_some_and(|refusal| refusal.contains(why)), !counts);
    }
}

#[test]
fn the_signer_and_not_the_carrier_has_a_place_on_the_roster() {
    let (alice, bob) = two();
    let roster = json!({"roster": {"ApprovalA": ["alice"], "ApprovalB": ["bob", "asmith"]}});
    let rule = rule(&[("alice", &alice), ("bob", &bob)], roster);
    let a = approved("ApprovalA", &desk("x"), &alice.comment(&approval("ApprovalA")));
    let b = |human: &Human, carrier: &str| {
        approved("ApprovalB", carrier, &human.comment(&approval("ApprovalB")))
    };
    let by_bob = decision(&rule, [a.clone(), b(&bob, &desk("x"))]);
    assert_eq!(persons(&by_bob), ["person:alice", "person:bob"]);
    // alice's signature, through a user whose handle is on the roster.
    let a = approved("ApprovalA", &user("alice"), "ok");
    let by_alice = decision(&rule, [a, b(&alice, &user("asmith"))]);
    assert_eq!(reasons(&by_alice), [NotOnRoster]);
}

#[test]
fn a_signer_is_one_of_the_people_and_may_be_the_initiator_and_a_machine_never_counts() {
    let (alice, bob) = two();
    let keys = [("alice", &alice), ("bob", &bob)];
    let a = |carrier: &str| approved("ApprovalA", carrier, &alice.comment(&approval("ApprovalA")));
    let b = approved("ApprovalB", &desk("x"), &bob.comment(&approval("ApprovalB")));
    let people = rule(&keys, json!({"onlyPeople": true}));
    assert!(decision(&people, [a(&desk("x")), b.clone()]).satisfied().is_some());
    let unsigned = approved("ApprovalA", &user("alice"), "ok");
    assert_eq!(reasons(&decision(&people, [unsigned, b.clone()])), [NotOnRoster]);

    let machines = rule(&keys, json!({"notPeople": ["Bot"]}));
    let by_bot = decision(&machines, [a(&session("Bot", "x")), b.clone()]);
    assert_eq!(reasons(&by_bot), [NotAPerson]);

    let initiator = rule(&keys, json!({"excludeInitiator": true}));
    let started = rule::Initiator::Principal(user("alice"));
    let facts = rule::Facts { initiator: started, ..facts([a(&desk("x")), b]) };
    assert_eq!(reasons(&decide(&initiator, &facts).unwrap()), [Initiator]);
}

#[test]
fn people_who_share_a_handle_and_sign_are_two() {
    let (one, other) = two();
    let rule = rule(&[("alice", &one), ("alice-admin", &other)], json!({}));
    let decision = decision(
        &rule,
        [
            approved("ApprovalA", &desk("x"), &one.comment(&approval("ApprovalA"))),
            approved("ApprovalB", &desk("x"), &other.comment(&approval("ApprovalB"))),
        ],
    );
    assert_eq!(persons(&decision), ["person:alice", "person:alice-admin"]);
    assert_eq!(rule.splits().len(), 1, "which a review of the rule has to ask about");
}

#[test]
fn if_nobody_knows_what_is_released_no_signature_counts() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({}));
    let approvals = || {
        [
            approved("ApprovalA", &user("alice"), &alice.comment(&approval("ApprovalA"))),
            approved("ApprovalB", &user("bob"), "ok"),
        ]
    };
    let with = |sources: Vec<Attempt>| {
        let mut facts = facts(approvals());
        facts.attempts.pop();
        facts.attempts.extend(sources);
        decide(&rule, &facts).unwrap()
    };
    let again = |revision, started: Option<&str>, status| Attempt {
        started: started.map(|at| at.parse().unwrap()),
        status,
        ..source(Some(revision))
    };
    let later = Some("2026-11-22T10:01:00Z");
    for (why, sources, counts) in [
        ("as signed", vec![source(Some(REVISION))], true),
        ("read twice", vec![source(Some(REVISION)), source(Some(REVISION))], true),
        (
            "a newer attempt failed",
            vec![source(Some(REVISION)), again("other", later, Status::Failed)],
            true,
        ),
        (
            "an older one delivered something else",
            vec![again(REVISION, later, Status::Succeeded), source(Some("other"))],
            true,
        ),
        (
            "a newer one delivered something else",
            vec![source(Some(REVISION)), again("other", later, Status::Succeeded)],
            false,
        ),
        ("not said", vec![source(None)], false),
        ("none", vec![], false),
        (
            "which is newer is not said",
            vec![source(Some(REVISION)), again("other", None, Status::Succeeded)],
            false,
        ),
        ("white space", vec![source(Some("a b"))], false),
    ] {
        match revisions(&sources) {
            Ok(known) => assert_eq!(known.into_iter().eq([REVISION]), counts, "{why}"),
            Err(unknown) => assert!(!counts, "{why}: {unknown}"),
        }
        let decision = with(sources);
        let expected = if counts { vec![] } else { vec![BadSignature] };
        assert_eq!(reasons(&decision), expected, "{why}");
    }
}

#[test]
fn a_rejection_shows_who_signed_it() {
    let (alice, bob) = two();
    let rule = rule(&[("alice", &alice), ("bob", &bob)], json!({}));
    let answer = Approval { answer: Answer::Rejected, ..approval("ApprovalA") };
    let rejected = Attempt {
        status: Status::Failed,
        ..approved("ApprovalA", &desk("x"), &alice.comment(&answer))
    };
    let decision = decision(&rule, [rejected, approved("ApprovalB", &user("bob"), "ok")]);
    let judged = &decision.record().approvals[0];
    assert_eq!(judged.signature.as_ref().unwrap().signer, "alice");
    assert_eq!(judged.reason, Some(rule::ReasonCode::Rejected));
}

#[test]
fn one_human_is_not_the_signer_and_also_the_person_behind_the_role() {
    let (alice, bob) = two();
    let collapse = |more: serde_json::Value| {
        let mut demands = json!({"sharedRoles": "collapse"});
        demands.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule(&[("alice", &alice), ("bob", &bob)], demands)
    };
    let signed =
        |carrier: &str| approved("ApprovalA", carrier, &alice.comment(&approval("ApprovalA")));
    let unsigned = |carrier: &str| approved("ApprovalB", carrier, "ok");
    // IAM has not shown this role, so its sessions are not believed.
    let glob = json!({"trustedSessionRoles": ["AWSReservedSSO_*"]});
    let reserved = |name: &str| session("AWSReservedSSO_Approver_0123456789abcdef", name);
    let bare = "arn:aws:iam::111122223333:role/TwoPersonRule-Desk";
    for (rule, carrier, other) in [
        (collapse(json!({})), desk("alice"), desk("zed")),
        (collapse(json!({})), desk("x"), session("twopersonrule-desk", "x")),
        (collapse(json!({})), bare.to_owned(), desk("zed")),
        (collapse(glob), reserved("alice"), reserved("zed")),
    ] {
        let decision = decision(&rule, [signed(&carrier), unsigned(&other)]);
        assert!(decision.satisfied().is_none(), "{carrier} {other}");
        assert_eq!(reasons(&decision), [SharedRole], "{carrier} {other}");
        let why = "without a signature, and somebody who signed came through that role too";
        assert!(decision.refusal().unwrap().contains(why), "{carrier} {other}");
        assert_eq!(persons(&decision), ["person:alice"], "{carrier} {other}");
    }
    let other_role = unsigned(&session("Deployer", "zed"));
    let decision = decision(&collapse(json!({})), [signed(&desk("x")), other_role]);
    assert_eq!(persons(&decision), ["person:alice", "role:111122223333/deployer"]);
}

#[test]
fn affixes_of_the_parameters_join_a_signer_too() {
    let (alice, bob) = two();
    let floor = rule(&[("alice-ops", &alice), ("bob", &bob)], json!({}));
    let tightened = floor.tightened_by(r#"{"handleAffixes": ["-ops"]}"#, "Approve").unwrap();
    let approvals = || {
        [
            approved("ApprovalA", &desk("x"), &alice.comment(&approval("ApprovalA"))),
            approved("ApprovalB", &user("alice"), "ok"),
        ]
    };
    assert_eq!(persons(&decision(&floor, approvals())), ["person:alice-ops", "handle:alice"]);
    assert_eq!(persons(&decision(&tightened, approvals())), ["person:alice-ops"]);
    assert_eq!(reasons(&decision(&tightened, approvals())), [SamePerson]);
}

#[test]
fn one_human_is_one_person_no_matter_what_they_sign_and_who_carries_it() {
    let alice = Human::with_ssh(1);
    let named = [
        user("alice"),
        user("Alice-admin"),
        session("Approver", "alice+x@example.com"),
        session("Approver", "botocore-session-1"),
        "arn:aws:iam::111122223333:root".to_owned(),
    ];
    let shared = [desk("alice"), desk("zed"), desk("i-0123456789abcdef0")];
    let bare = "arn:aws:iam::111122223333:role/TwoPersonRule-Desk".to_owned();
    let shared = || shared.iter().cloned().chain([bare.clone()]);
    let rejects = (json!("reject"), Vec::from_iter(named.into_iter().chain(shared())));
    // With `collapse`, the rule assumes that nobody behind the role is anybody else.
    let collapses = (json!("collapse"), Vec::from_iter(shared()));
    for (shared_roles, carriers) in [rejects, collapses] {
        let demands = json!({"sharedRoles": shared_roles, "trustedSessionRoles": ["Approver"]});
        let mut mapped = demands.clone();
        mapped["people"] = json!({"alice": [user("alice")]});
        for demands in [demands, mapped] {
            let rule = rule(&[("Alice", &alice), ("bob", &Human::with_ssh(2))], demands);
            let ways = |action| {
                let signed = alice.comment(&approval(action));
                let comments = ["ok".to_owned(), signed];
                let carried = carriers.iter().flat_map(move |carrier| {
                    comments.clone().map(|comment| approved(action, carrier, &comment))
                });
                carried.collect::<Vec<_>>()
            };
            for a in ways("ApprovalA") {
                for b in ways("ApprovalB") {
                    let decision = decision(&rule, [a.clone(), b.clone()]);
                    assert!(persons(&decision).len() < 2, "{:#?}", decision.record());
                    assert!(decision.satisfied().is_none());
                }
            }
        }
    }
}
