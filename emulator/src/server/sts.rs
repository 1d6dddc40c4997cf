//! The operations of STS that `desk` needs: GetCallerIdentity, so that it knows who asks, and
//! AssumeRole, to answer as a session with the name of a person.
//!
//! The AWS Query protocol, like IAM.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::sync::Arc;

use axum::http::StatusCode;
use iam::Policy;
use jiff::{SignedDuration, Timestamp};
use names::Arn;
use uuid::Uuid;

use super::form::{Refusal, escaped, member};
use super::sessions::Known;
use super::shared::Shared;
use crate::authorize::Asked;

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

/// The result of AssumeRole: keys of a session. The trust policy of the role decides if there is an
/// account, and later the role's own policies within the session policy do. The permission
/// `sts:SetSourceIdentity` is not checked, and session tags are not known.
pub(super) fn assume_role(shared: &Shared, caller: &Known, form: &[u8]) -> Result<String, Refusal> {
    let invalid = |message: &str| Refusal {
        status: StatusCode::BAD_REQUEST,
        code: "ValidationError",
        message: message.to_owned(),
    };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let is_name = |name: &String| (2..=64).contains(&name.len()) && name.chars().all(plain);
    let role = member(form, "RoleArn").unwrap_or_default();
    let name = Arn::parse(&role).filter(|arn| arn.service == "iam");
    let (arn, name) = name
        .and_then(|arn| Some((arn, arn.resource.strip_prefix("role/")?.rsplit('/').next()?)))
        .ok_or_else(|| invalid("RoleArn is not the ARN of a role"))?;
    let session = member(form, "RoleSessionName").filter(is_name);
    let session = session.ok_or_else(|| {
        invalid("RoleSessionName must have 2 to 64 characters, letters, digits and +=,.@_-")
    })?;
    let source = member(form, "SourceIdentity");
    if source.as_ref().is_some_and(|source| !is_name(source)) {
        return Err(invalid(
            "SourceIdentity must have 2 to 64 characters, letters, digits and +=,.@_-",
        ));
    }
    let seconds = member(form, "DurationSeconds").map_or(Ok(3600), |text| text.parse());
    let seconds = seconds.ok().filter(|seconds| (900..=43_200).contains(seconds));
    let seconds = seconds.ok_or_else(|| invalid("DurationSeconds must be from 900 to 43200"))?;
    let policy = member(form, "Policy").map(|json| Policy::identity(&json)).transpose();
    let policy = policy.map_err(|error| Refusal {
        status: StatusCode::BAD_REQUEST,
        code: "MalformedPolicyDocument",
        message: error.to_string(),
    })?;
    let until = Timestamp::now() + SignedDuration::from_secs(seconds);
    let assumed =
        format!("arn:{}:sts::{}:assumed-role/{name}/{session}", arn.partition, arn.account);
    let known = Known { arn: assumed.clone(), within: policy.map(Arc::new) };
    let asked = Asked { role: &role, name: &session, source_identity: source.as_deref() };
    let key_id = shared.assume(asked, known, caller, until)?;
    tracing::info!(
        operation = "sts:AssumeRole",
        caller = caller.arn,
        session = assumed,
        source_identity = source,
        "answered"
    );
    let id = format!("AROAEMULATOREXAMPLE:{session}");
    let [assumed, id] = [&assumed, &id].map(|text| escaped(text));
    let source = source.map_or_else(String::new, |source| {
        format!("<SourceIdentity>{}</SourceIdentity>", escaped(&source))
    });
    // Nothing checks the secret or the token: the key id says who calls.
    let secret = Uuid::new_v4().simple();
    Ok(format!(
        "<Credentials><AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{secret}</SessionToken><Expiration>{until:.0}</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>{id}</AssumedRoleId><Arn>{assumed}</Arn></AssumedRoleUser>{source}"
    ))
}
