//! When IAM is asked about a role.

use facts::{Budget, with_roles};
use rule::{Account, Rule};

use crate::memory::{ACCOUNT, ALICE, Memory, TIME, on_a_stopped_clock};

const RESERVED: &str =
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Approver_01";
const RULE: &str = r#"{"trustedSessionRoles": ["AWSReservedSSO_*", "Deployer"]}"#;

fn session(account: &str, role: &str, name: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{role}/{name}")
}

#[test]
fn iam_is_asked_once_about_each_role_of_the_account_that_only_a_glob_trusts() {
    let mut memory = Memory::half_approved();
    memory.roles = vec![RESERVED.to_owned()];
    memory.pages[1][0].attempt.approver.history =
        Some(session(ACCOUNT, "AWSReservedSSO_Approver_01", "alice@example.com"));
    memory.state.clear();
    memory.started.as_mut().unwrap().initiator =
        rule::Initiator::Principal(session(ACCOUNT, "AWSReservedSSO_Approver_01", "carol"));
    let facts = memory.read(RULE, None).unwrap();
    assert!(facts.account.has_reserved_role("AWSReservedSSO_Approver_01"));
    assert_eq!(*memory.asked.borrow(), ["AWSReservedSSO_Approver_01"]);
}

#[test]
fn the_principals_of_other_accounts_users_and_named_roles_are_not_asked_about() {
    let memory = Memory::half_approved();
    let rule = Rule::floor(RULE).unwrap();
    let with = |account, arns: &[String]| {
        let known = with_roles(&memory, &rule, account, arns.to_vec(), Budget::of(TIME));
        on_a_stopped_clock(known).unwrap()
    };
    let account = with(
        Account::new(ACCOUNT),
        &[
            ALICE.to_owned(),
            session(ACCOUNT, "Deployer", "alice"),
            session(ACCOUNT, "Untrusted", "alice"),
            session("444455556666", "AWSReservedSSO_Approver_01", "alice"),
            "nonsense".to_owned(),
        ],
    );
    assert_eq!((account, memory.asked.borrow().len()), (Account::new(ACCOUNT), 0));
    // What is known already is not asked again.
    let reserved = Account::new(ACCOUNT).with_role(RESERVED);
    let again = with(reserved.clone(), &[session(ACCOUNT, "AWSReservedSSO_Approver_01", "bob")]);
    assert_eq!((again, memory.asked.borrow().len()), (reserved, 0));
}

#[test]
fn a_role_that_iam_does_not_show_stays_unproven() {
    let memory = Memory::half_approved();
    let rule = Rule::floor(RULE).unwrap();
    let arn = session(ACCOUNT, "AWSReservedSSO_Approver_02", "bob");
    let account = with_roles(&memory, &rule, Account::new(ACCOUNT), [arn], Budget::of(TIME));
    assert_eq!(on_a_stopped_clock(account).unwrap(), Account::new(ACCOUNT));
    assert_eq!(*memory.asked.borrow(), ["AWSReservedSSO_Approver_02"]);
}
