//! The one operation of STS that approvers need: GetCallerIdentity, so that `desk` knows who asks.
//!
//! The AWS Query protocol, like IAM.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use names::Arn;

use super::form::{Refusal, escaped};

/// The result of GetCallerIdentity. No policy decides: "No permissions are required to perform this
/// operation" (same page).
pub(super) fn caller_identity(caller: &str) -> Result<String, Refusal> {
    let account = Arn::parse(caller).map(|arn| arn.account).unwrap_or_default();
    let id = match caller.split_once(":assumed-role/").and_then(|(_, it)| it.split_once('/')) {
        Some((_, session)) => format!("AROAEMULATOREXAMPLE:{session}"),
        None => "AIDAEMULATOREXAMPLE".to_owned(),
    };
    tracing::info!(operation = "sts:GetCallerIdentity", caller, "answered");
    let [arn, id, account] = [caller, &id, account].map(escaped);
    Ok(format!("<Arn>{arn}</Arn><UserId>{id}</UserId><Account>{account}</Account>"))
}
