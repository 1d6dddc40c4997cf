//! The one operation of IAM that the gate needs: GetRole, for the path of a role that a rule trusts
//! by a pattern.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use axum::http::StatusCode;

use super::form::{Refusal, escaped, member};
use super::sessions::Known;
use super::shared::Shared;

/// The result of GetRole.
pub(super) fn role(shared: &Shared, caller: &Known, form: &[u8]) -> Result<String, Refusal> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let name = member(form, "RoleName")
        .filter(|name| (1..=64).contains(&name.len()) && name.chars().all(plain));
    let name = name.ok_or_else(|| Refusal {
        status: StatusCode::BAD_REQUEST,
        code: "ValidationError",
        message:
            "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the \
                  following: +=,.@_-"
                .to_owned(),
    })?;
    let found = shared.role(&name, caller);
    tracing::info!(
        operation = "iam:GetRole",
        caller = caller.arn,
        role = name,
        found = matches!(found, Ok(Some(_))),
        "answered"
    );
    let (arn, id) = found?.ok_or_else(|| Refusal {
        status: StatusCode::NOT_FOUND,
        code: "NoSuchEntity",
        message: format!("The role with name {name} cannot be found."),
    })?;
    let path = arn.split_once(":role").map_or("/", |(_, path)| path);
    let path = path.rsplit_once('/').map_or("", |(path, _)| path);
    let [path, arn, id] = [&format!("{path}/"), &arn, &id].map(|text| escaped(text));
    // A snapshot has the creation date of a role, but the account that is read from it does not.
    let created = "<CreateDate>2026-01-01T00:00:00Z</CreateDate>";
    Ok(format!(
        "<Role><Path>{path}</Path><RoleName>{name}</RoleName><RoleId>{id}</RoleId><Arn>{arn}</Arn>{created}</Role>"
    ))
}
