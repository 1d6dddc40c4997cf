//! What sound proofs show, and what proofs with one defect lack.

use jiff::SignedDuration;
use proof::{Envelope, Expect, Given, ProblemCode, Sha256, verify};
use rule::Rule;
use serde_json::{Value, json};

use crate::release::{
    COMMIT, Gate, around, artifact, codes, expect, facts, made, own_rule, sign, signed_facts,
    statement_of,
};

fn rule(json: &Value) -> Rule {
    Rule::floor(&json.to_string()).unwrap()
}

#[test]
fn a_proof_of_the_gate_shows_its_release() {
    let (gate, facts) = (Gate::new(), facts());
    let json = gate.sign(made(&facts)).to_json();
    let proof = Envelope::parse(&json).unwrap();
    let key = gate.public();
    let given = Given { name: None, file: "out.zip".to_owned(), sha256: Sha256::of(b"zip") };
    let expect = Expect {
        pipeline: Some("payments"),
        environment: Some("prod"),
        artifacts: &[given],
        max_age: Some(SignedDuration::from_hours(1)),
        ..expect(Some(&key), facts.now)
    };
    let verified = verify(&proof, &Rule::default(), &expect).unwrap();
    assert_eq!(verified.revisions, [COMMIT]);
    assert_eq!(verified.artifacts, [artifact()]);
    assert_eq!(verified.environment.as_deref(), Some("prod"));
    assert_eq!(verified.decision.record().persons, ["handle:alice", "handle:bob"]);
}

/// Other programs look a release up by the digest that they know.
#[test]
fn a_revision_is_named_by_its_own_digest_if_it_has_one() {
    let sum = Sha256::of(b"image").to_string();
    let without_first = |text: &str| text.chars().skip(1).collect::<String>();
    let (short, short_commit) = (without_first(&sum), without_first(COMMIT));
    // Of an object in S3, as long as a commit's.
    let version = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHg0123456";
    let of_text = |text: &str| ("sha256", Sha256::of(text.as_bytes()).to_string());
    for (revision, (algorithm, digest)) in [
        (COMMIT.to_owned(), ("gitCommit", COMMIT.to_owned())),
        (format!("sha256:{sum}"), ("sha256", sum.clone())),
        (sum.clone(), of_text(&sum)),
        (format!("sha256:{short}"), of_text(&format!("sha256:{short}"))),
        (COMMIT.to_uppercase(), of_text(&COMMIT.to_uppercase())),
        (short_commit.clone(), of_text(&short_commit)),
        (version.to_owned(), of_text(version)),
    ] {
        let mut facts = facts();
        facts.attempts.last_mut().unwrap().revision = Some(revision.clone());
        let subject = statement_of(&made(&facts))["subject"][0].take();
        assert_eq!(subject, json!({"name": revision, "digest": {algorithm: digest}}));
    }
}

#[test]
fn without_the_gates_key_the_people_show_it_and_nothing_else_is_believed() {
    let facts = signed_facts();
    let verified = verify(&made(&facts), &rule(&own_rule()), &expect(None, facts.now)).unwrap();
    assert_eq!(verified.decision.record().persons, ["person:alice", "person:bob"]);
    assert_eq!(verified.revisions, [COMMIT]);
    assert!(verified.artifacts.is_empty() && !verified.signed_by_gate);
    assert_eq!((verified.environment, verified.made, verified.expires), (None, None, None));
}

#[test]
fn without_the_gates_key_an_unsigned_approval_is_nobodys() {
    let mut facts = facts();
    sign(&mut facts, "ApprovalA", "alice");
    let judged =
        |rule: Value| codes(verify(&made(&facts), &self::rule(&rule), &expect(None, facts.now)));
    assert_eq!(judged(own_rule()), [ProblemCode::NotSatisfied]);
    let mut without_keys = own_rule();
    without_keys.as_object_mut().unwrap().remove("signingKeys");
    assert_eq!(judged(without_keys), [ProblemCode::OwnRule], "no signature can be verified");
}

#[test]
fn without_the_gates_key_nobody_says_what_a_rollback_releases() {
    let mut facts = facts();
    facts.attempts.pop();
    let found = codes(verify(&made(&facts), &rule(&own_rule()), &expect(None, facts.now)));
    assert!(found.contains(&ProblemCode::NeedsTheGatesKey), "{found:?}");
}

/// The author of the file could say anything about these.
#[test]
fn a_demand_that_only_the_gate_can_vouch_for_needs_its_key() {
    let facts = signed_facts();
    let (gate, proof) = (Gate::new(), made(&facts));
    let signed = gate.sign(proof.clone());
    let key = gate.public();
    for (name, value) in [
        ("stage", Value::Null),
        ("actions", Value::Null),
        ("excludeInitiator", json!(true)),
        ("maxAgeMinutes", json!(600)),
    ] {
        let mut demanding = own_rule();
        demanding[name] = value.clone();
        if value.is_null() {
            demanding.as_object_mut().unwrap().remove(name);
        }
        let found = codes(verify(&proof, &rule(&demanding), &expect(None, facts.now)));
        assert!(found.contains(&ProblemCode::NeedsTheGatesKey), "{name}: {found:?}");
        verify(&signed, &rule(&demanding), &expect(Some(&key), facts.now)).unwrap();
    }
    let authors = json!({"excludeAuthors": true, "reviews": {"function": "reviews"}});
    let mut demanding = own_rule();
    demanding.as_object_mut().unwrap().extend(authors.as_object().unwrap().clone());
    let found = codes(verify(&proof, &rule(&demanding), &expect(None, facts.now)));
    assert!(found.contains(&ProblemCode::NeedsTheGatesKey));
}

#[test]
fn each_code_has_its_place_in_the_book() {
    let book = include_str!("../../../../docs/reference.md");
    for code in ProblemCode::ALL {
        assert!(book.contains(&format!("\n| `{}` | ", code.as_str())), "{code:?}");
    }
}

#[test]
fn a_proof_without_a_signature_is_distinguished_from_one_by_another_key() {
    let (gate, facts) = (Gate::new(), facts());
    let key = gate.public();
    for (proof, why) in [
        (made(&facts), "nobody signed the envelope"),
        (Gate::new().sign(made(&facts)), "the given key did not sign the envelope"),
    ] {
        let found = verify(&proof, &Rule::default(), &expect(Some(&key), facts.now)).unwrap_err();
        assert!(found[0].message.starts_with(why) && found.len() == 1, "{found:?}");
    }
}

#[test]
fn a_time_limit_includes_its_last_moment_and_an_expiry_does_not() {
    let (gate, facts) = (Gate::new(), facts());
    let (proof, key) = (gate.sign(made(&facts)), gate.public());
    let (minute, hour) = (SignedDuration::from_mins(1), SignedDuration::from_hours(1));
    let nanosecond = SignedDuration::from_nanos(1);
    let at = |now, max_age| {
        codes(verify(&proof, &Rule::default(), &Expect { max_age, ..expect(Some(&key), now) }))
    };
    assert_eq!(at(facts.now + hour, Some(hour)), []);
    assert_eq!(at(facts.now + hour + nanosecond, Some(hour)), [ProblemCode::TooOld]);
    assert_eq!(at(facts.now - minute * 5, None), []);
    assert_eq!(at(facts.now - minute * 5 - nanosecond, None), [ProblemCode::FromTheFuture]);
    assert_eq!(at(facts.now + hour * 24 - nanosecond, None), []);
    assert_eq!(at(facts.now + hour * 24, None), [ProblemCode::Expired]);
}

#[test]
fn the_environment_of_a_proof_is_that_which_the_gate_signed() {
    let (gate, facts) = (Gate::new(), signed_facts());
    let key = gate.public();
    let rule = rule(&own_rule());
    let signed = verify(&gate.sign(made(&facts)), &rule, &expect(Some(&key), facts.now)).unwrap();
    assert_eq!(signed.check_environment("prod"), Ok(()));
    let other = signed.check_environment("test").unwrap_err();
    assert_eq!(other.code, ProblemCode::AnotherEnvironment);
    let unsigned = verify(&made(&facts), &rule, &expect(None, facts.now)).unwrap();
    assert!(unsigned.check_environment("prod").is_err());
}

/// One proof with one defect for each code, and no code without one.
#[test]
fn each_defect_is_refused_by_its_code() {
    let (gate, facts) = (Gate::new(), signed_facts());
    let (sound, key) = (made(&facts), gate.public());
    let now = facts.now;
    let hour = SignedDuration::from_hours(1);
    let given = |name: Option<&str>, bytes: &[u8]| Given {
        name: name.map(str::to_owned),
        file: "out.zip".to_owned(),
        sha256: Sha256::of(bytes),
    };
    let (other, renamed) = ([given(None, b"other")], [given(Some("Other"), b"zip")]);
    let base = || expect(Some(&key), now);
    let stranger = Gate::new().public();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut statement = statement_of(&sound);
        change(&mut statement);
        gate.sign(around(&statement))
    };
    let own = own_rule();
    let with = |name: &str, value: Value| {
        let mut rule = own.clone();
        rule[name] = value;
        rule
    };
    let mut three = with("quorum", json!(3));
    three["actions"] = json!(["ApprovalA", "ApprovalB", "ApprovalC"]);
    let signed = || gate.sign(sound.clone());
    let cases: Vec<(ProblemCode, Envelope, Value, Expect<'_>)> = vec![
        (ProblemCode::Malformed, changed(&|it| it["_type"] = json!("x")), own.clone(), base()),
        (
            ProblemCode::Malformed,
            changed(&|it| it["predicateType"] = json!("x")),
            own.clone(),
            base(),
        ),
        (
            ProblemCode::Malformed,
            changed(&|it| it["predicate"]["properties"] = json!([])),
            own.clone(),
            base(),
        ),
        (
            ProblemCode::Malformed,
            changed(&|it| it["predicate"]["schemaVersion"] = json!(2)),
            own.clone(),
            base(),
        ),
        (
            ProblemCode::Malformed,
            changed(&|it| it["predicate"]["facts"]["attempts"][0]["new"] = json!(1)),
            own.clone(),
            base(),
        ),
        (
            ProblemCode::Malformed,
            changed(&|it| drop(it["subject"].as_array_mut().unwrap().remove(0))),
            own.clone(),
            base(),
        ),
        (
            ProblemCode::Malformed,
            changed(&|it| it["subject"][1]["digest"]["sha512"] = json!("00")),
            own.clone(),
            base(),
        ),
        (ProblemCode::EnvelopeSignature, sound.clone(), own.clone(), base()),
        (
            ProblemCode::EnvelopeSignature,
            signed(),
            own.clone(),
            Expect { key: Some(&stranger), ..base() },
        ),
        (
            ProblemCode::NeedsTheGatesKey,
            sound.clone(),
            own.clone(),
            Expect { environment: Some("prod"), ..expect(None, now) },
        ),
        (
            ProblemCode::NeedsTheGatesKey,
            sound.clone(),
            own.clone(),
            Expect { max_age: Some(hour), ..expect(None, now) },
        ),
        (
            ProblemCode::NeedsTheGatesKey,
            sound.clone(),
            own.clone(),
            Expect { artifacts: &other, ..expect(None, now) },
        ),
        (ProblemCode::Expired, signed(), own.clone(), Expect { now: now + hour * 24, ..base() }),
        (
            ProblemCode::Expired,
            changed(&|it| it["predicate"]["expires"] = Value::Null),
            own.clone(),
            base(),
        ),
        (
            ProblemCode::TooOld,
            signed(),
            own.clone(),
            Expect { now: now + hour * 2, max_age: Some(hour), ..base() },
        ),
        (ProblemCode::FromTheFuture, signed(), own.clone(), Expect { now: now - hour, ..base() }),
        (
            ProblemCode::AnotherPipeline,
            signed(),
            own.clone(),
            Expect { pipeline: Some("shop"), ..base() },
        ),
        (
            ProblemCode::AnotherPipeline,
            sound.clone(),
            own.clone(),
            Expect { pipeline: Some("shop"), ..expect(None, now) },
        ),
        (
            ProblemCode::AnotherEnvironment,
            signed(),
            own.clone(),
            Expect { environment: Some("test"), ..base() },
        ),
        (
            ProblemCode::AnotherEnvironment,
            changed(&|it| it["predicate"]["environment"] = Value::Null),
            own.clone(),
            Expect { environment: Some("prod"), ..base() },
        ),
        (
            ProblemCode::ArtifactNotNamed,
            signed(),
            own.clone(),
            Expect { artifacts: &other, ..base() },
        ),
        (
            ProblemCode::ArtifactNotNamed,
            signed(),
            own.clone(),
            Expect { artifacts: &renamed, ..base() },
        ),
        (ProblemCode::NotSatisfied, signed(), three, base()),
        (
            ProblemCode::NotSatisfied,
            signed(),
            with("maxAgeMinutes", json!(60)),
            Expect { now: now + hour * 2, ..base() },
        ),
        (
            ProblemCode::OwnRule,
            signed(),
            with("pipelineExecutionId", json!("00000000-0000-4000-8000-000000000000")),
            base(),
        ),
        (
            ProblemCode::OwnRule,
            signed(),
            with(
                "people",
                json!({"x": ["arn:aws:iam::*:user/alice"], "y": ["arn:aws:iam::*:user/alice"]}),
            ),
            base(),
        ),
    ];
    for (code, proof, own, expect) in &cases {
        let found = verify(proof, &rule(own), expect).unwrap_err();
        for problem in &found {
            let shown = problem.to_string();
            assert_eq!(shown.strip_prefix(code.as_str()), Some(&*format!(": {}", problem.message)));
        }
        assert_eq!(codes(Err(found)), [*code], "{expect:?}");
    }
    let mut covered: Vec<ProblemCode> = cases.iter().map(|(code, ..)| *code).collect();
    covered.sort_unstable();
    covered.dedup();
    let mut all = ProblemCode::ALL.to_vec();
    all.sort_unstable();
    assert_eq!(covered, all);
    verify(&signed(), &rule(&own), &base()).unwrap();
}
