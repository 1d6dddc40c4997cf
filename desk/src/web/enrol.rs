//! A new passkey as the rule lists it. Nothing is stored: the line goes into the rule by review.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use names::is_iam_name;
use serde::{Deserialize, Serialize};
use signing::SigningKey;

use super::reply::{Problem, json, read};
use super::webauthn::bytes;

/// What the browser says about a passkey that it has just made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    name: String,
    credential: String,
    /// `getPublicKey()`: DER SubjectPublicKeyInfo.
    public_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Enrolled {
    /// The member of `signingKeys`.
    line: String,
    key_id: String,
}

/// Writes the line for the rule.
pub(super) async fn enrol(headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let Made { name, credential, public_key } = read(&headers, &body)?;
    let unfit = |text: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text);
    if !is_iam_name(&name) {
        return Err(unfit("A person's name consists of A-Z a-z 0-9 _ + = , . @ -".to_owned()));
    }
    let (id, spki) = bytes(&credential).zip(bytes(&public_key)).ok_or_else(Problem::malformed)?;
    let key = SigningKey::passkey(&id, &spki)
        .map_err(|error| unfit(format!("This passkey cannot sign answers: {error}.")))?;
    let list = serde_json::json!([key.to_string()]);
    let line = format!("{}: {list}", serde_json::Value::from(name));
    Ok(json(&Enrolled { line, key_id: key.id().to_string() }))
}
