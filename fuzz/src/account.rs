//! The snapshot of an account: what `aws iam get-account-authorization-details` prints.

use std::sync::LazyLock;

use audit::{Scope, Slot};
use findings::Finding;
use iam::account::Account;

/// Larger accounts take longer, and have nothing that smaller ones cannot have.
const LARGEST: usize = 32 << 10;

static SCOPE: LazyLock<Option<Scope>> = LazyLock::new(|| {
    let slots: Result<Vec<Slot>, _> =
        ["ApprovalA", "ApprovalB"].map(str::parse).into_iter().collect();
    Some(Scope::of_all(slots.ok()?, "two-person-rule-gate".parse().ok()?))
});

/// An account is read in the same way a second time. If all its policies can be read, supposing the
/// worst changes nothing. The audit of what was read ends, and finds the same twice.
pub fn check(data: &[u8]) {
    let Some(json) = str::from_utf8(data).ok().filter(|json| json.len() <= LARGEST) else { return };
    let strict = Account::parse(json);
    let supposing = Account::parse_supposing(json);
    let Ok(account) = &supposing else {
        assert!(strict.is_err(), "read, but not if the worst is supposed");
        return;
    };
    let found = audited(account);
    assert_eq!(found, audited(account), "a second audit finds something else");
    if let Ok(strict) = &strict {
        assert_eq!(found, audited(strict), "nothing had to be supposed");
    }
}

fn audited(account: &Account) -> Option<Vec<Finding>> {
    audit::audit(account, SCOPE.as_ref()?, None, None).ok().map(|found| found.findings)
}
