//! AWS managed policies that lead somewhere. A snapshot has those that are attached; somebody may
//! attach others.
//!
//! `tests/differential/attachable.py` asks the audit about all that AWS publishes, and writes the
//! statements of those that matter to `attachable.json`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::value::RawValue;

use crate::policy::Policy;

const TEXTS: &str = include_str!("attachable.json");

/// The end of each ARN, after `policy/`, and the policy.
pub(super) static POLICIES: LazyLock<Vec<(String, Arc<Policy>)>> = LazyLock::new(|| {
    let texts: BTreeMap<String, &RawValue> = serde_json::from_str(TEXTS).unwrap_or_default();
    let read = |(name, text): (String, &RawValue)| {
        Some((name, Arc::new(Policy::identity(text.get()).ok()?)))
    };
    texts.into_iter().filter_map(read).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read() {
        let lines = TEXTS.lines().count();
        // One for each policy, between brackets.
        assert_eq!(POLICIES.len(), lines - 2);
        for named in ["AdministratorAccess", "IAMFullAccess", "AWSLambda_FullAccess"] {
            assert!(POLICIES.iter().any(|(name, _)| name == named), "{named}");
        }
    }
}
