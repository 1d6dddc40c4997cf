//! What a signature adds: stories in which somebody can call PutApprovalResult as anybody, and has
//! no key but their own.

#![cfg(test)]

use e2e::{Emulator, PIPELINE, Passkey, Request, Setup, Site};
use emulator::aws::{Answer, Ended, RetryMode};
use emulator::signer::Signer;
use lambda::aws::sdk::types::{SourceRevisionOverride, SourceRevisionType};
use serde_json::{Value, json};
use signing::{Approval, Desk, Signature, Statement};

const SLOTS: [&str; 2] = ["ApprovalA", "ApprovalB"];
const ACCOUNT: &str = "111122223333";
const BAD: &str = "bad-signature: ApprovalB: ";

/// People with keys, and an emulator whose gate knows the public halves.
struct Company {
    emulator: Emulator,
    alice: Signer,
    bob: Signer,
    /// May approve as anybody. The rule has this key too.
    mallory: Signer,
}

impl Company {
    /// A company with these further members of the rule. Its pipeline exists.
    async fn with_rule(more: Value) -> Self {
        let [alice, bob, mallory] = [(); 3].map(|()| Signer::generate().unwrap());
        let line = |signer: &Signer| json!([signer.key().to_string()]);
        let keys = json!({"alice": line(&alice), "bob": line(&bob), "mallory": line(&mallory)});
        let mut rule = json!({"signingKeys": keys});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let emulator = emulator(&rule).await;
        Self { emulator, alice, bob, mallory }
    }

    async fn requiring_signatures() -> Self {
        Self::with_rule(json!({"requireSignature": true})).await
    }
}

/// An emulator with this rule, in which sessions of two roles are to be had, and its pipeline.
async fn emulator(rule: &Value) -> Emulator {
    let session =
        |role: &str, name: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}");
    let principals = json!({
        "alice": format!("arn:aws:iam::{ACCOUNT}:user/alice"), "bob": format!("arn:aws:iam::{ACCOUNT}:user/bob"),
        "desk-alice": session("TwoPersonRule-Desk", "alice"), "desk-bob": session("TwoPersonRule-Desk", "bob"),
        "desk-mallory": session("TwoPersonRule-Desk", "mallory"),
        "deployer-1": session("Deployer", "session-1"), "deployer-2": session("Deployer", "session-2"),
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), principals.to_string()).unwrap();
    let arguments = ["--principals".to_owned(), file.path().display().to_string()];
    let emulator = Emulator::start(&Setup {
        rule: Some(rule.to_string().leak()),
        arguments: arguments.to_vec(),
        ..Setup::default()
    });
    emulator.create_pipeline(None).await;
    emulator
}

/// Starts an execution. Returns its id and its open approvals.
async fn start(emulator: &Emulator) -> (String, [Request<'static>; 2]) {
    let execution_id = emulator.start_execution("bob").await;
    let open = requests(emulator, &execution_id).await;
    (execution_id, open)
}

/// Reopens the approvals of an execution that has ended.
async fn reopen(emulator: &Emulator, execution_id: &str) -> [Request<'static>; 2] {
    emulator.retry(execution_id, RetryMode::AllActions).await;
    requests(emulator, execution_id).await
}

async fn requests(emulator: &Emulator, execution_id: &str) -> [Request<'static>; 2] {
    let bob = emulator.caller("bob");
    let [a, b] = SLOTS.map(|slot| Request::read(&bob, PIPELINE, execution_id, slot));
    [a.await, b.await]
}

/// Approves both slots by these callers and with these comments, and waits for the end.
async fn judged(
    emulator: &Emulator,
    execution_id: &str,
    open: &[Request<'_>; 2],
    answers: [(&str, &str); 2],
) -> Ended {
    for (request, (key_id, comment)) in open.iter().zip(answers) {
        request.approve(&emulator.caller(key_id), comment).await;
    }
    emulator.end_of(execution_id).await
}

fn assert_passed(ended: &Ended) {
    assert!(ended.succeeded && ended.done.contains(&"Deploy".to_owned()), "{}", ended.gate);
}

/// Refused, with exactly these reasons for exactly these actions, such as
/// `bad-signature: ApprovalA`.
fn assert_refused(ended: &Ended, reasons: &[&str]) {
    assert!(!ended.succeeded && !ended.done.contains(&"Deploy".to_owned()), "{}", ended.gate);
    let why = ended.gate.lines().skip_while(|line| *line != "Why:").skip(1);
    let why = why.map_while(|line| line.strip_prefix("- "));
    let why: Vec<&str> = why.filter(|reason| !reason.starts_with("quorum-not-met: ")).collect();
    let all = why.iter().zip(reasons).all(|(reason, expected)| reason.starts_with(expected));
    assert!(why.len() == reasons.len() && all, "{reasons:?}: {}", ended.gate);
}

#[tokio::test]
async fn sessions_of_a_trusted_role_are_two_people_until_signatures_are_required() {
    let attack = [("desk-alice", "reviewed"), ("desk-bob", "reviewed")];
    let trusting = json!({"trustedSessionRoles": ["TwoPersonRule-Desk"]});
    let today = Company::with_rule(trusting.clone()).await;
    let (execution_id, open) = start(&today.emulator).await;
    let ended = judged(&today.emulator, &execution_id, &open, attack).await;
    assert_passed(&ended);
    assert_eq!(ended.variables["Basis"], "trusted-session");

    let mut signed = trusting;
    signed["requireSignature"] = json!(true);
    let company = Company::with_rule(signed).await;
    let (execution_id, open) = start(&company.emulator).await;
    let ended = judged(&company.emulator, &execution_id, &open, attack).await;
    assert_refused(&ended, &["not-signed: ApprovalA", "not-signed: ApprovalB"]);
    // The attacker's own key makes them one person: themselves.
    let open = reopen(&company.emulator, &execution_id).await;
    let own = company.mallory.sign(&open[0].statement()).to_string();
    let answers = [("desk-mallory", own.as_str()), ("desk-bob", "reviewed")];
    let ended = judged(&company.emulator, &execution_id, &open, answers).await;
    assert_refused(&ended, &["not-signed: ApprovalB"]);
    // It does not make them somebody else.
    let open = reopen(&company.emulator, &execution_id).await;
    let own = open.each_ref().map(|request| company.mallory.sign(&request.statement()).to_string());
    let answers = [("desk-alice", own[0].as_str()), ("desk-bob", own[1].as_str())];
    let ended = judged(&company.emulator, &execution_id, &open, answers).await;
    assert_refused(&ended, &["bad-signature: ApprovalA", "bad-signature: ApprovalB"]);
}

#[tokio::test]
async fn an_attacker_who_can_approve_as_anybody_gets_nothing_beside_their_own_signature() {
    let company = Company::requiring_signatures().await;
    let (first, open) = start(&company.emulator).await;
    let [alice, bob] =
        [company.alice.sign(&open[0].statement()), company.bob.sign(&open[1].statement())];
    let (copied, bobs) = (alice.to_string(), bob.to_string());
    let honest = [("deployer-1", copied.as_str()), ("deployer-2", bobs.as_str())];
    assert_passed(&judged(&company.emulator, &first, &open, honest).await);

    let (execution_id, mut open) = start(&company.emulator).await;
    let stranger = Signer::generate().unwrap();
    let [stranger_id, alice_id] = [&stranger, &company.alice].map(|it| it.key().id().to_string());
    type Forge<'a> = &'a dyn Fn(&Statement) -> String;
    let forgeries: [(Forge<'_>, &str); 6] = [
        (&|_| "reviewed".to_owned(), "not-signed: ApprovalB"),
        // A copy, a strange key, the same under alice's name, and no signature at all.
        (&|_| copied.clone(), BAD),
        (&|it| stranger.sign(it).to_string(), BAD),
        (&|it| stranger.sign(it).to_string().replace(&stranger_id, &alice_id), BAD),
        (&|it| Signature::from_ed25519(company.alice.key().id(), it, &[0; 64]).to_string(), BAD),
        (&|it| format!("{} {copied}", company.mallory.sign(it)), BAD),
    ];
    for (forge, reason) in forgeries {
        let own = company.mallory.sign(&open[0].statement()).to_string();
        let forged = forge(&open[1].statement());
        // The principals are alice and bob themselves, and a session that anybody may take.
        let answers = [("deployer-1", own.as_str()), ("alice", forged.as_str())];
        let ended = judged(&company.emulator, &execution_id, &open, answers).await;
        assert_refused(&ended, &[reason]);
        open = reopen(&company.emulator, &execution_id).await;
    }
    // The same key twice is one person, through two sessions.
    let own = open.each_ref().map(|request| company.mallory.sign(&request.statement()).to_string());
    let answers = [("deployer-1", own[0].as_str()), ("deployer-2", own[1].as_str())];
    let ended = judged(&company.emulator, &execution_id, &open, answers).await;
    assert_refused(&ended, &["same-person: ApprovalA and ApprovalB"]);
}

/// Alice signs what she is asked, and mallory puts her signature somewhere else. Bob's is good.
#[tokio::test]
async fn a_signature_is_good_for_one_answer_to_one_attempt_and_nothing_else() {
    let company = Company::requiring_signatures().await;
    let refused =
        async |execution_id: &str, open: &[Request<'static>; 2], replayed: &str, at: usize| {
            let other = company.bob.sign(&open[1 - at].statement()).to_string();
            let mut answers = [("deployer-1", replayed), ("deployer-2", other.as_str())];
            if at == 1 {
                answers.swap(0, 1);
            }
            let ended = judged(&company.emulator, execution_id, open, answers).await;
            assert_refused(&ended, &[&format!("bad-signature: {}: ", SLOTS[at])]);
        };

    // Another execution.
    let (first, open) = start(&company.emulator).await;
    let old = company.alice.sign(&open[0].statement()).to_string();
    let bobs = company.bob.sign(&open[1].statement()).to_string();
    let honest = [("deployer-1", old.as_str()), ("deployer-2", bobs.as_str())];
    assert_passed(&judged(&company.emulator, &first, &open, honest).await);
    let (second, mut open) = start(&company.emulator).await;
    refused(&second, &open, &old, 0).await;

    // Another action of the same execution, and then another attempt of the same action.
    open = reopen(&company.emulator, &second).await;
    let fresh = company.alice.sign(&open[0].statement()).to_string();
    refused(&second, &open, &fresh, 1).await;
    open = reopen(&company.emulator, &second).await;
    refused(&second, &open, &fresh, 0).await;

    // Another answer: she said no.
    open = reopen(&company.emulator, &second).await;
    let no = open[0].statement_about(|it| Approval { answer: Answer::Rejected, ..it });
    refused(&second, &open, &company.alice.sign(&no).to_string(), 0).await;

    // Every field, alone. AWS gives no two attempts the same id, so only a test can do this.
    type Change = for<'s> fn(Approval<'s>) -> Approval<'s>;
    let changes: [Change; 7] = [
        |it| Approval { pipeline: "refunds", ..it },
        |it| Approval { execution: "00000000-0000-4000-8000-000000000000", ..it },
        |it| Approval { stage: "Review", ..it },
        |it| Approval { action: SLOTS[1], ..it },
        |it| Approval { attempt: "00000000-0000-4000-8000-000000000000", ..it },
        |it| Approval { revisions: &[], ..it },
        |it| Approval { revisions: &["5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"], ..it },
    ];
    for change in changes {
        open = reopen(&company.emulator, &second).await;
        let changed = company.alice.sign(&open[0].statement_about(change)).to_string();
        refused(&second, &open, &changed, 0).await;
    }

    // The same people, about what is asked.
    open = reopen(&company.emulator, &second).await;
    let alice = company.alice.sign(&open[0].statement()).to_string();
    let bob = company.bob.sign(&open[1].statement()).to_string();
    let honest = [("deployer-1", alice.as_str()), ("deployer-2", bob.as_str())];
    assert_passed(&judged(&company.emulator, &second, &open, honest).await);
}

#[tokio::test]
async fn a_signature_for_another_pipeline_is_refused() {
    const OTHER: &str = "refunds";
    let company = Company::requiring_signatures().await;
    company.emulator.create_pipeline_named(OTHER, "bob", None).await;
    let bob = company.emulator.caller("bob");
    let of_other = bob.start(OTHER).await.unwrap();
    let asked = Request::read(&bob, OTHER, &of_other, SLOTS[0]).await;
    let replayed = company.alice.sign(&asked.statement()).to_string();
    let (execution_id, open) = start(&company.emulator).await;
    let bobs = company.bob.sign(&open[1].statement()).to_string();
    let answers = [("deployer-1", replayed.as_str()), ("deployer-2", bobs.as_str())];
    let ended = judged(&company.emulator, &execution_id, &open, answers).await;
    assert_refused(&ended, &["bad-signature: ApprovalA: "]);
}

/// Alice signs the commit that she has read, and the release has another one.
#[tokio::test]
async fn a_signature_for_another_revision_is_refused() {
    const READ: &[&str] = &["versionThatAliceRead"];
    const RELEASED: &[&str] = &["versionThatIsReleased"];
    let company = Company::requiring_signatures().await;
    let chosen = SourceRevisionOverride::builder()
        .action_name("Source")
        .revision_type(SourceRevisionType::S3ObjectVersionId)
        .revision_value(RELEASED[0])
        .build()
        .unwrap();
    let bob = company.emulator.caller("bob");
    let start = bob.client().start_pipeline_execution().name(PIPELINE).source_revisions(chosen);
    let execution_id = start.send().await.unwrap().pipeline_execution_id.unwrap();
    let mut open = requests(&company.emulator, &execution_id).await;
    for (revisions, passes) in [(READ, false), (RELEASED, true)] {
        let statement = open[0].statement_about(|it| Approval { revisions, ..it });
        let alice = company.alice.sign(&statement).to_string();
        let bobs = company.bob.sign(&open[1].statement()).to_string();
        let answers = [("deployer-1", alice.as_str()), ("deployer-2", bobs.as_str())];
        let ended = judged(&company.emulator, &execution_id, &open, answers).await;
        if passes {
            assert_passed(&ended);
        } else {
            assert_refused(&ended, &["bad-signature: ApprovalA: "]);
            open = reopen(&company.emulator, &execution_id).await;
        }
    }
}

#[tokio::test]
async fn two_signatures_carried_by_one_role_are_two_people() {
    let company = Company::requiring_signatures().await;
    for sessions in [["deployer-1", "deployer-2"], ["deployer-1", "deployer-1"]] {
        let (execution_id, open) = start(&company.emulator).await;
        let alice = format!("read it {} twice", company.alice.sign(&open[0].statement()));
        let bob = company.bob.sign(&open[1].statement()).to_string();
        let answers = [(sessions[0], alice.as_str()), (sessions[1], bob.as_str())];
        let ended = judged(&company.emulator, &execution_id, &open, answers).await;
        assert_passed(&ended);
        let shown = ["Verdict", "Approvers", "ApproverCount", "Basis"];
        let shown = shown.map(|name| ended.variables[name].as_str());
        assert_eq!(shown, ["satisfied", "alice, bob", "2", "signature"]);
    }
    // A separate thread reads the log, and may be behind the API.
    let records = e2e::eventually("two decision records", || {
        let log = company.emulator.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let records: Vec<Value> = lines.filter(|line| line["schemaVersion"] == 1).collect();
        (records.len() == 2).then_some(records)
    })
    .await;
    for record in records {
        assert_eq!(record["persons"], json!(["person:alice", "person:bob"]), "{record}");
        let of_both = |member: &str| [0, 1].map(|at| record["approvals"][at][member].clone());
        assert_eq!(of_both("basis"), ["signature", "signature"]);
        assert_eq!(of_both("signature").map(|it| it["kind"].clone()), ["ssh", "ssh"]);
        assert_eq!(of_both("signature").map(|it| it["signer"].clone()), ["alice", "bob"]);
    }
}

/// The gate then also reads GetPipelineExecution, which must show the signed revisions.
#[tokio::test]
async fn who_started_the_execution_does_not_count_by_their_signature_either() {
    let rule = json!({"requireSignature": true, "excludeInitiator": true});
    let company = Company::with_rule(rule).await;
    let (execution_id, mut open) = start(&company.emulator).await;
    let alice = company.alice.sign(&open[0].statement()).to_string();
    let bob = company.bob.sign(&open[1].statement()).to_string();
    let answers = [("deployer-1", alice.as_str()), ("deployer-2", bob.as_str())];
    let ended = judged(&company.emulator, &execution_id, &open, answers).await;
    assert_refused(&ended, &["initiator: "]);

    open = reopen(&company.emulator, &execution_id).await;
    let alice = company.alice.sign(&open[0].statement()).to_string();
    let mallory = company.mallory.sign(&open[1].statement()).to_string();
    let answers = [("deployer-1", alice.as_str()), ("deployer-2", mallory.as_str())];
    assert_passed(&judged(&company.emulator, &execution_id, &open, answers).await);
}

#[tokio::test]
async fn a_passkey_made_for_another_sites_origin_gets_nothing() {
    const DESK: Site = Site { rp_id: "approve.example.com", origin: "https://approve.example.com" };
    /// A page that looks like the desk, with other passkeys.
    const LOOK_ALIKE: Site = Site { rp_id: "approve.example", origin: "https://approve.example" };
    let (alice, bob) = (Passkey::create(), Signer::generate().unwrap());
    let emulator = emulator(&json!({
        "signingKeys": {"alice": [alice.key().to_string()], "bob": [bob.key().to_string()]},
        "desk": {"rpId": DESK.rp_id, "origin": DESK.origin}, "requireSignature": true,
    }))
    .await;
    const OTHER_SITE: &str = "the passkey was used on another site than the desk";
    const NOT_SIGNED: &str = "it is of another execution, action, attempt, answer or revision";
    const OTHER_PORT: Site = Site { origin: "https://approve.example.com:8443", ..DESK };
    // Without clientDataJSON, a signature is taken to be made on the desk's page. It is left out of
    // the comment if it is what the second site's page gives.
    let cases: [(Site, Site, &str, Result<(), &str>); 8] = [
        (LOOK_ALIKE, DESK, "", Err(OTHER_SITE)),
        (LOOK_ALIKE, LOOK_ALIKE, "", Err(OTHER_SITE)),
        (Site { origin: LOOK_ALIKE.origin, ..DESK }, DESK, "", Err(OTHER_SITE)),
        (Site { rp_id: "example.com", ..DESK }, DESK, "", Err(OTHER_SITE)),
        (OTHER_PORT, DESK, "", Err(OTHER_SITE)),
        (OTHER_PORT, OTHER_PORT, "", Err(NOT_SIGNED)),
        // The desk, without and with a member that browsers may add.
        (DESK, DESK, "", Ok(())),
        (DESK, DESK, r#","other_keys_can_be_added_here":"no template""#, Ok(())),
    ];
    let (mut execution_id, mut open) = start(&emulator).await;
    for (site, left_out, more, expected) in cases {
        let statement = open[0].statement();
        let assertion = alice.sign(site, &statement, more);
        let left_out = Desk::new(left_out.rp_id, left_out.origin).unwrap();
        let alices =
            Signature::from_passkey(alice.key().id(), &statement, &left_out, assertion).to_string();
        assert!(alices.len() <= 512, "{alices}");
        let bobs = bob.sign(&open[1].statement()).to_string();
        let answers = [("deployer-1", alices.as_str()), ("deployer-2", bobs.as_str())];
        let ended = judged(&emulator, &execution_id, &open, answers).await;
        match expected {
            Ok(()) => {
                assert_passed(&ended);
                (execution_id, open) = start(&emulator).await;
            }
            Err(why) => {
                assert_refused(&ended, &["bad-signature: ApprovalA: "]);
                assert!(ended.gate.contains(why), "{site:?}: {}", ended.gate);
                open = reopen(&emulator, &execution_id).await;
            }
        }
    }
}
