//! Files with pipelines: declarations, templates of CloudFormation, plans and states of Terraform.

use std::sync::LazyLock;

use doctor::template::{Values, kind, read};
use names::FunctionRef;
use rule::Rule;

/// Larger files take longer, and have nothing that smaller ones cannot have.
const LARGEST: usize = 32 << 10;

static GATE: LazyLock<Option<FunctionRef>> = LazyLock::new(|| "two-person-rule-gate".parse().ok());

/// A file of a known kind is read or refused. The pipelines in it are examined, twice with the same
/// result.
pub fn check(data: &[u8]) {
    let Some(text) = str::from_utf8(data).ok().filter(|text| text.len() <= LARGEST) else { return };
    let is_known = kind(text).is_ok();
    let Some(gate) = &*GATE else { return };
    match read(text, &Values::default()) {
        Ok(declared) => {
            let rule = Rule::default();
            for declared in &declared {
                let found = doctor::examine_declared(declared, "file", gate, &rule);
                let again = doctor::examine_declared(declared, "file", gate, &rule);
                assert_eq!(found, again, "a second look finds something else");
            }
        }
        Err(error) => assert!(!error.to_string().contains('\x1b') || is_known, "{error}"),
    }
}
