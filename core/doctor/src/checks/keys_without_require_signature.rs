//! `keys-without-require-signature`: people have keys, and unsigned approvals count too.

use findings::{Check, Finding, Severity};
use rule::{RequireSignature, Rule};

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "keys-without-require-signature",
    severity: Severity::Note,
    title: "`signingKeys` without `requireSignature`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    if !rule.has_signing_keys() || rule.require_signature() != RequireSignature::No {
        return None;
    }
    Some(CHECK.finding(
        about_rule("requireSignature"),
        "The rule has public keys of people, but approvals without a signature count too. Anybody \
         who can call PutApprovalResult as two people releases alone, just as without the keys."
            .to_owned(),
        "Set `requireSignature` to true once everybody who approves has a key in `signingKeys`."
            .to_owned(),
    ))
}
