//! `key-not-in-code`: a public key that the deployed rule gives to a person, and the rule file does
//! not.

use findings::{Check, Finding, Severity};
use rule::AddedKey;

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "key-not-in-code",
    severity: Severity::Error,
    title: "The deployed rule has a key that code does not have",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let (Some(file), Some(deployed)) = (view.rule, &view.reach.scope.deployed) else {
        return Ok(Vec::new());
    };
    let changes = file.changes_to(&deployed.rule).into_iter();
    let keys = changes.filter_map(|change| Some((change.added_key?, change.message)));
    let findings = keys.map(|(AddedKey { person, id }, message)| {
        let subject = format!("{}/signingKeys/{person}/{id}", deployed.function);
        let message = format!("In the rule of the function, and not in the file of `--rule`: {message}.");
        let help = "Ask the person whether the key is theirs. If not, deploy the file again, find out \
                    from CloudTrail how it got there, and check what the key has signed.";
        let mut finding = CHECK.finding(subject, message, help.to_owned());
        finding.called = person;
        finding
    });
    Ok(findings.collect())
}
