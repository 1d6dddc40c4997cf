//! The promise of signatures, as a model: an attacker who controls everything in the account except
//! other people's keys releases nothing.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rule::{Attempt, Decision, Facts, Initiator, Rule, Status, decide};
use serde_json::{Value, json};
use signing::{Answer, Approval};

use super::world::{Human, Passkey, approval, approved, attempt, facts, rule, session, user};

const ACTIONS: [&str; 3] = ["ApprovalA", "ApprovalB", "ApprovalC"];

/// What a comment is made of.
#[derive(Clone, Debug)]
enum Comment {
    /// The attacker's own signature of this very approval.
    Own,
    /// A signature that somebody else made of another answer.
    Replayed {
        victim: usize,
        of: Other,
    },
    /// The attacker's own signature under the name of somebody else's key.
    Renamed {
        victim: usize,
    },
    /// A signature that somebody else made of another answer, with one character changed.
    Changed {
        victim: usize,
        at: Index,
        to: char,
    },
    /// A key that the rule does not have.
    Stranger,
    Text(&'static str),
}

/// Answers that people really gave, and signed.
#[derive(Clone, Copy, Debug)]
enum Other {
    Pipeline,
    Execution,
    Stage,
    Action,
    Attempt,
    Answer,
    Revision,
    NoRevision,
}

fn other() -> impl Strategy<Value = Other> {
    use Other::{Action, Answer, Attempt, Execution, NoRevision, Pipeline, Revision, Stage};
    select(vec![Pipeline, Execution, Stage, Action, Attempt, Answer, Revision, NoRevision])
}

fn comment() -> impl Strategy<Value = Comment> {
    prop_oneof![
        4 => Just(Comment::Own),
        6 => (0..2_usize, other()).prop_map(|(victim, of)| Comment::Replayed { victim, of }),
        2 => (0..2_usize).prop_map(|victim| Comment::Renamed { victim }),
        2 => (0..2_usize, any::<Index>(), select(vec!['A', 'B', '_', '.', ']', ' ']))
            .prop_map(|(victim, at, to)| Comment::Changed { victim, at, to }),
        1 => Just(Comment::Stranger),
        1 => select(vec!["", "ok", "[2pr1.s.]", "[2pr1.p.a.b.c.d]"]).prop_map(Comment::Text),
    ]
}

/// Every principal there is: the attacker has the credentials of all.
fn principal() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["alice", "bob", "mallory", "carol"]).prop_map(user),
        select(vec!["alice", "bob", "mallory", "x"])
            .prop_map(|name| session("TwoPersonRule-Desk", name)),
        select(vec!["alice", "bob"]).prop_map(|name| session("Deployer", name)),
        Just("arn:aws:iam::111122223333:root".to_owned()),
    ]
}

/// Every rule that the attacker may meet.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let mut rules = Vec::new();
    for bits in 0..32_u8 {
        let bit = |n: u8| bits & (1 << n) != 0;
        let mut demands = json!({
            "requireSignature": if bit(0) { json!(true) } else { json!({"deviceBound": true}) },
            "sharedRoles": if bit(1) { "reject" } else { "collapse" },
            "excludeInitiator": bit(2),
        });
        if bit(3) {
            demands["trustedSessionRoles"] = json!(["TwoPersonRule-Desk"]);
        }
        if bit(4) {
            demands["people"] = json!({"alice": [user("alice")], "bob": [user("bob")]});
        }
        rules.push(PEOPLE.rule(demands));
    }
    rules
});

static PEOPLE: LazyLock<People> = LazyLock::new(People::new);

/// The people whose keys the rule has. The last is the attacker.
struct People([Human; 3]);

impl People {
    fn new() -> Self {
        Self([1, 2, 3].map(|n| Human::with_passkey(n, Passkey::DeviceBound)))
    }

    fn attacker(&self) -> &Human {
        &self.0[2]
    }

    fn rule(&self, demands: Value) -> Rule {
        let [alice, bob, mallory] = &self.0;
        rule(&[("alice", alice), ("bob", bob), ("mallory", mallory)], demands)
    }

    fn write(&self, comment: &Comment, action: &'static str) -> String {
        let this = approval(action);
        match comment {
            Comment::Own => self.attacker().comment(&this),
            Comment::Replayed { victim, of } => self.0[*victim].comment(&answered(this, *of)),
            Comment::Renamed { victim } => {
                let [own, theirs] =
                    [self.attacker(), &self.0[*victim]].map(|human| human.key().id().to_string());
                self.attacker().comment(&this).replace(&own, &theirs)
            }
            Comment::Changed { victim, at, to } => {
                let other = self.0[*victim].comment(&answered(this, Other::Attempt));
                let at = at.index(other.len());
                let chars = other.chars().enumerate();
                chars.map(|(place, c)| if place == at { *to } else { c }).collect()
            }
            Comment::Stranger => Human::with_ssh(9).comment(&this),
            Comment::Text(text) => (*text).to_owned(),
        }
    }
}

/// Another answer than this one, which differs in one thing.
fn answered(this: Approval<'static>, of: Other) -> Approval<'static> {
    match of {
        Other::Pipeline => Approval { pipeline: "other", ..this },
        Other::Execution => Approval { execution: "0", ..this },
        Other::Stage => Approval { stage: "Other", ..this },
        Other::Action => Approval { action: "Other", ..this },
        Other::Attempt => Approval { attempt: "0", ..this },
        Other::Answer => Approval { answer: Answer::Rejected, ..this },
        Other::Revision => Approval { revisions: &["other"], ..this },
        Other::NoRevision => Approval { revisions: &[], ..this },
    }
}

/// An execution of the attacker's: every principal, comment and attempt is of their choice.
#[derive(Clone, Debug)]
struct Attack {
    rule: &'static Rule,
    approvals: Vec<(&'static str, String, Comment)>,
    /// Whether an earlier attempt of the first action was approved too.
    retried: bool,
    /// A fact that CodePipeline leaves out of one attempt.
    lost: Option<(Index, Lose)>,
}

type Lose = fn(&mut Attempt);

fn lost() -> impl Strategy<Value = Option<(Index, Lose)>> {
    let ways: Vec<Lose> = vec![
        |a| a.id = None,
        |a| a.kind = rule::ActionKind::Unknown,
        |a| a.status = Status::Unknown,
        |a| a.started = None,
        |a| a.comment = None,
        |a| a.revision = None,
        |a| a.approver = rule::Approver::default(),
    ];
    proptest::option::weighted(0.3, (any::<Index>(), select(ways)))
}

fn attack() -> impl Strategy<Value = Attack> {
    let approvals = proptest::collection::vec((principal(), comment()), 2..=3);
    (select(Vec::from_iter(&*RULES)), approvals, any::<bool>(), lost()).prop_map(
        |(rule, approvals, retried, lost)| Attack {
            rule,
            approvals: ACTIONS
                .into_iter()
                .zip(approvals)
                .map(|(action, (principal, comment))| (action, principal, comment))
                .collect(),
            retried,
            lost,
        },
    )
}

impl Attack {
    /// The decision, if `writes` writes the comments.
    fn decided(&self, writes: impl Fn(&Comment, &'static str) -> String) -> Decision {
        let approvals = self.approvals.iter().map(|(action, principal, comment)| Attempt {
            id: Some(approval(action).attempt.to_owned()),
            ..approved(action, principal, &writes(comment, action))
        });
        let mut facts =
            Facts { initiator: Initiator::Automatic("Webhook".to_owned()), ..facts(approvals) };
        if self.retried {
            let earlier = facts.attempts[0].clone();
            facts.attempts.push(Attempt {
                id: Some("earlier".to_owned()),
                started: "2026-11-22T09:00:00Z".parse().ok(),
                ..earlier
            });
        }
        if let Some((at, lose)) = &self.lost {
            let at = at.index(facts.attempts.len());
            facts.attempts.get_mut(at).into_iter().for_each(lose);
        }
        facts.attempts.push(Attempt {
            status: Status::InProgress,
            ..attempt("Approve", "Gate", rule::ActionKind::Other)
        });
        decide(self.rule, &facts).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn an_attacker_with_one_key_and_everything_else_satisfies_nothing(attack in attack()) {
        let decision = attack.decided(|comment, action| PEOPLE.write(comment, action));
        prop_assert!(decision.satisfied().is_none(), "{:#?}", decision.record());
        let others = decision.record().persons.iter().filter(|name| *name != "person:mallory");
        prop_assert_eq!(others.count(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_attacker_without_a_key_cannot_use_one_signature_twice(attack in attack()) {
        let alice = PEOPLE.0[0].comment(&approval("ApprovalA"));
        let decision = attack.decided(|comment, action| {
            let is_own = matches!(comment, Comment::Own);
            if is_own { alice.clone() } else { PEOPLE.write(comment, action) }
        });
        prop_assert!(decision.satisfied().is_none(), "{:#?}", decision.record());
    }
}

#[test]
fn the_model_is_of_a_gate_that_real_people_pass() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let satisfied = (0..200).filter(|_| {
        let attack = attack().new_tree(&mut runner).unwrap().current();
        let honest = attack.decided(|_, action| {
            let signer = ACTIONS.iter().position(|name| *name == action).unwrap();
            PEOPLE.0[signer].comment(&approval(action))
        });
        honest.satisfied().is_some()
    });
    // The others have a principal that is proven to be somebody else than the signer.
    let satisfied = satisfied.count();
    assert!(satisfied > 20, "{satisfied} of 200");
}
