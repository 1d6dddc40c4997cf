//! Accounts with few people, in which releases depend on too few of them.

use std::collections::BTreeMap;

use super::build::Account;
use super::generate::Generated;
use super::policy::{A, B, approve, policy};

/// A small account, with the expected findings about its slots.
#[derive(Debug)]
pub struct Liveness {
    /// A description.
    pub name: &'static str,
    /// The account.
    pub account: Generated,
    /// The expected codes.
    pub found: &'static [&'static str],
    /// The codes that must not be reported.
    pub not_found: &'static [&'static str],
}

const NOBODY: &str = "slot-without-approver";
const NO_PAIR: &str = "no-valid-pair";
const ONE_PERSON: &str = "depends-on-one-person";

/// All cases.
#[must_use]
pub fn accounts() -> Vec<Liveness> {
    let of = |name, approvers: &[&[&str]], found, not_found| Liveness {
        name,
        account: account(approvers),
        found,
        not_found,
    };
    vec![
        of("two for each slot", &[&[A], &[A], &[B], &[B]], &[], &[NOBODY, NO_PAIR, ONE_PERSON]),
        of("nobody for slot B", &[&[A], &[A]], &[NOBODY], &[]),
        of("nobody at all", &[&[], &[]], &[NOBODY], &[]),
        of("one person for both", &[&[A, B], &[]], &[NO_PAIR], &[NOBODY]),
        of("one person for slot A", &[&[A], &[B], &[B]], &[ONE_PERSON], &[NOBODY, NO_PAIR]),
        of(
            "one person for slot A, who may do B too",
            &[&[A, B], &[B], &[B]],
            &[ONE_PERSON],
            &[NOBODY, NO_PAIR],
        ),
        of("any two of three", &[&[A, B], &[A, B], &[A, B]], &[], &[NOBODY, NO_PAIR, ONE_PERSON]),
    ]
}

/// An account with one user for each list of slots.
fn account(approvers: &[&[&str]]) -> Generated {
    let mut account = Account::new(7);
    for (name, slots) in ["alice", "bob", "carol", "dave"].into_iter().zip(approvers) {
        let user = account.user("/", name);
        if !slots.is_empty() {
            account.inline(user.into(), policy([approve(slots)]));
        }
    }
    Generated::new(account, BTreeMap::new(), Vec::new())
}
