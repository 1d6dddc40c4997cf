//! What findings say about the gate is what the gate says, if it judges the two approvals.
//!
//! The accounts are small: users who serve slots and who may make each other's access keys, and a
//! role. The oracle tries every two principals that one user can act as, and lets the gate judge
//! them. It shares no code with the audit.

#![cfg(test)]

use std::collections::BTreeSet;

use audit::{Scope, audit};
use findings::{Finding, Gate, Severity};
use iam::account::Account;
use jiff::Timestamp;
use proptest::prelude::*;
use rule::{ActionKind, Approver, Attempt, Execution, Facts, Initiator, Rule, Status, decide};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const USERS: [&str; 4] = ["ann", "ann-admin", "bob", "carol"];
const SLOTS: [&str; 2] = ["ApprovalA", "ApprovalB"];

/// A small account. Each list of bits has one for each user.
#[derive(Clone, Debug)]
struct Small {
    /// The slots that each user serves.
    serves: [[bool; 2]; 4],
    /// The users whose access keys each user may make.
    makes: [[bool; 4]; 4],
    /// The slots of the role.
    role_serves: [bool; 2],
    /// The users that may assume the role.
    assumes: [bool; 4],
    /// Whether the role's trust policy demands the user's own name for the session.
    is_pinned: bool,
}

impl Small {
    fn user_arn(at: usize) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user/{}", USERS[at])
    }

    /// Nobody may make keys for users that may assume the role, so that one step is enough.
    fn may_make(&self, by: usize, of: usize) -> bool {
        by != of && self.makes[by][of] && !self.assumes[of]
    }

    fn account(&self) -> Account {
        let approves = |slots: [bool; 2]| {
            let resources = SLOTS.iter().zip(slots).filter(|(_, serves)| *serves);
            let resources: Vec<String> = resources
                .map(|(slot, _)| format!("arn:aws:codepipeline:*:{ACCOUNT}:*/*/{slot}"))
                .collect();
            ("codepipeline:PutApprovalResult", resources)
        };
        let policies = |allowed: Vec<(&str, Vec<String>)>| -> Value {
            let allowed = allowed.into_iter().filter(|(_, resources)| !resources.is_empty());
            let statements: Vec<Value> = allowed
                .map(|(action, resource)| json!({"Effect": "Allow", "Action": action, "Resource": resource}))
                .collect();
            if statements.is_empty() {
                return json!([]);
            }
            json!([{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}])
        };
        let users: Vec<Value> = (0..USERS.len())
            .map(|at| {
                let makes = (0..USERS.len()).filter(|of| self.may_make(at, *of));
                let makes: Vec<String> = makes.map(Self::user_arn).collect();
                json!({
                    "UserName": USERS[at], "UserId": format!("AIDA{at}"), "Arn": Self::user_arn(at),
                    "UserPolicyList": policies(vec![approves(self.serves[at]), ("iam:CreateAccessKey", makes)]),
                    "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
                })
            })
            .collect();
        let assumers = (0..USERS.len()).filter(|at| self.assumes[*at]).map(Self::user_arn);
        let assumers: Vec<String> = assumers.collect();
        let mut trust =
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": assumers}});
        if assumers.is_empty() {
            trust["Principal"] = json!({"Service": "lambda.amazonaws.com"});
        }
        if self.is_pinned {
            trust["Condition"] =
                json!({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}});
        }
        let role = json!({
            "RoleName": "R", "RoleId": "AROA1", "Arn": format!("arn:aws:iam::{ACCOUNT}:role/R"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "RolePolicyList": policies(vec![approves(self.role_serves)]),
            "AttachedManagedPolicies": [], "Tags": [], "InstanceProfileList": [],
        });
        let account = json!({
            "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [role], "Policies": [],
        });
        Account::parse(&account.to_string()).unwrap()
    }

    /// The principals that one user can act as, each with its slots: itself, users with keys that
    /// it makes, and sessions of the role.
    fn principals_of(&self, human: usize, names: &BTreeSet<String>) -> Vec<(String, [bool; 2])> {
        let mut found = vec![(Self::user_arn(human), self.serves[human])];
        let mut acts_as = vec![human];
        while let Some(next) = (0..USERS.len())
            .find(|of| !acts_as.contains(of) && acts_as.iter().any(|by| self.may_make(*by, *of)))
        {
            acts_as.push(next);
        }
        found.extend(acts_as[1..].iter().map(|of| (Self::user_arn(*of), self.serves[*of])));
        if self.assumes[human] {
            let own = BTreeSet::from([USERS[human].to_owned()]);
            let names = if self.is_pinned { &own } else { names };
            found.extend(names.iter().map(|name| {
                let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/{name}");
                (arn, self.role_serves)
            }));
        }
        found
    }
}

/// How many people the gate counts if these principals answer the two approvals.
fn counted(rule: &Rule, by: [&str; 2]) -> usize {
    let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let attempts = SLOTS.iter().zip(by).map(|(action, arn)| Attempt {
        stage: Some("Release".to_owned()),
        action: Some((*action).to_owned()),
        id: Some(format!("attempt of {action}")),
        kind: ActionKind::ManualApproval,
        status: Status::Succeeded,
        started: Some(at),
        updated: Some(at),
        answered: None,
        error: None,
        approver: Approver { history: Some(arn.to_owned()), state: None },
        comment: None,
        revision: None,
        region: None,
        invoked: None,
    });
    let facts = Facts {
        account: rule::Account::new(ACCOUNT),
        execution: Execution {
            pipeline: "payments".to_owned(),
            pipeline_version: None,
            id: "11111111-2222-3333-4444-555555555555".to_owned(),
        },
        gate_stage: "Release".to_owned(),
        job_id: None,
        attempts: attempts.collect(),
        initiator: Initiator::Automatic("Webhook".to_owned()),
        now: at,
    };
    // If the rule is wrong, the gate refuses.
    decide(rule, &facts).map_or(0, |decision| decision.record().persons.len())
}

/// What is found about two answers that a user can give. `one-person-on-two-slots` is about several
/// users together.
fn found_about(findings: &[Finding], user: usize) -> Vec<&Finding> {
    let arn = Small::user_arn(user);
    let about = findings.iter().filter(|finding| finding.subject == arn && finding.gate.is_some());
    about.filter(|finding| finding.code != "one-person-on-two-slots").collect()
}

fn small() -> impl Strategy<Value = Small> {
    let some = |chance: f64| prop::bool::weighted(chance);
    let two = || [some(0.4), some(0.4)];
    let four = || [some(0.3), some(0.3), some(0.3), some(0.3)];
    ([two(), two(), two(), two()], [four(), four(), four(), four()], two(), four(), any::<bool>())
        .prop_map(|(serves, makes, role_serves, assumes, is_pinned)| Small {
            serves,
            makes,
            role_serves,
            assumes,
            is_pinned,
        })
}

/// A rule as it is written.
fn written() -> impl Strategy<Value = Value> {
    let roster = prop::option::weighted(0.3, [0..4_usize, 0..4_usize]);
    let people = [0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize];
    let flags = [0.5, 0.5, 0.5, 0.2].map(prop::bool::weighted);
    (people, roster, flags, prop::bool::weighted(0.3)).prop_map(|(people, roster, flags, only)| {
        let [collapse, trusts, names_session, not_bob] = flags;
        let mut rule = json!({});
        for (at, person) in people.into_iter().enumerate().filter(|(_, person)| *person > 0) {
            let mut patterns = vec![json!(Small::user_arn(at))];
            if names_session && at == 0 {
                patterns.push(json!(format!(
                    "arn:aws:sts::*:assumed-role/R/{}@example.com",
                    USERS[at]
                )));
            }
            let entry = &mut rule["people"][format!("p{person}")];
            let known = entry.as_array().cloned().unwrap_or_default();
            *entry = [known, patterns].concat().into();
        }
        if let Some(roster) = roster {
            let of = |at: usize| {
                [json!(["*"]), json!(["ann"]), json!(["bob", "p1"]), json!(["role/R"])][at].clone()
            };
            rule["roster"] = json!({SLOTS[0]: of(roster[0]), SLOTS[1]: of(roster[1])});
        }
        if collapse {
            rule["sharedRoles"] = json!("collapse");
        }
        if trusts {
            rule["trustedSessionRoles"] = json!(["R"]);
        }
        if not_bob {
            rule["notPeople"] = json!(["bob"]);
        }
        if only {
            rule["onlyPeople"] = json!(true);
        }
        rule
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn findings_say_what_the_gate_says_of_the_two_approvals(small in small(), written in written()) {
        // A rule that contradicts itself is refused before anything is audited.
        let Ok(rule) = Rule::floor(&written.to_string()) else { return Ok(()) };
        let account = small.account();
        let slots = SLOTS.iter().map(|slot| slot.parse().unwrap());
        let scope = Scope::of_all(slots.collect(), "gate".parse().unwrap());
        let findings = audit(&account, &scope, Some(&rule), None).unwrap().findings;
        // Names that the rule mentions, names of users, and two that nobody has.
        let mut names: BTreeSet<String> = USERS.map(str::to_owned).into();
        names.extend(["p1", "p2", "ann@example.com", "nobody1", "nobody2"].map(str::to_owned));
        for (user, name) in USERS.iter().enumerate() {
            let principals = small.principals_of(user, &names);
            let mut pairs = Vec::new();
            for (a, of_a) in &principals {
                for (b, of_b) in &principals {
                    if of_a[0] && of_b[1] {
                        pairs.push([a.as_str(), b.as_str()]);
                    }
                }
            }
            let two = pairs.iter().find(|pair| counted(&rule, **pair) == 2);
            let about = found_about(&findings, user);
            let says = about.iter().any(|finding| finding.gate == Some(Gate::CountsTwo));
            prop_assert_eq!(says, two.is_some(), "{} {:?} {:?} {:#?}", name, rule, two, about);
            prop_assert_eq!(!about.is_empty(), !pairs.is_empty(), "{} {:?}", name, pairs);
            for finding in about {
                let counts = finding.gate == Some(Gate::CountsTwo);
                let words = if counts { "the gate would count two: " } else { "the gate still refuses: " };
                prop_assert!(finding.message.contains(words), "{}", finding.message);
                let severity = if counts { Severity::Error } else { Severity::Warning };
                prop_assert_eq!(finding.severity, severity);
            }
        }
    }
}
