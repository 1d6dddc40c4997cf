//! Reads one CloudTrail event: the answer to an approval, or the start of a session.
//!
//! The members of an event: AWS CloudTrail User Guide, "CloudTrail record contents" and
//! "CloudTrail userIdentity element".

use jiff::Timestamp;
use names::Arn;
use rule::RESERVED_PATH;
use serde::Deserialize;

/// The name of the event that records the answer to an approval.
pub const APPROVAL: &str = "PutApprovalResult";
/// A text without any of these holds no event that is read. `AssumeRole` is also the beginning of
/// the other names in [`SESSIONS`].
pub(crate) const EVENTS: [&str; 2] = [APPROVAL, "AssumeRole"];
/// The events that start sessions (STS API Reference).
const SESSIONS: [&str; 3] = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];

/// The event of a call that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An answer to an approval.
    Approval(ApprovalEvent),
    /// The start of a session of a role.
    Session(SessionEvent),
}

impl Event {
    /// The caller.
    pub(crate) fn by(&self) -> &Identity {
        match self {
            Self::Approval(approval) => &approval.by,
            Self::Session(session) => &session.by,
        }
    }
}

/// The event of PutApprovalResult.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalEvent {
    /// `eventID`.
    pub id: Option<String>,
    /// When the approval was answered, to the second.
    pub at: Timestamp,
    /// The principal that answered.
    pub by: Identity,
    /// `sourceIPAddress`.
    pub source_ip: Option<String>,
    /// `userAgent`.
    pub user_agent: Option<String>,
    request: Request,
}

/// The event that started a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEvent {
    pub(crate) at: Timestamp,
    /// The session's access key id. Its events have the same one, unless a console or IAM Identity
    /// Center replaced the key.
    pub(crate) access_key: Option<String>,
    /// The role's id and the session's name: the `principalId` of the session's events.
    pub(crate) principal_id: Option<String>,
    /// Whether the caller chose the session's name, and not an identity provider.
    pub(crate) is_named_by_caller: bool,
    /// The principal that assumed the role.
    pub(crate) by: Identity,
}

/// The caller: `userIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `IAMUser`, `AssumedRole`, `SAMLUser`, …
    pub(crate) kind: Option<String>,
    /// The principal's ARN. Callers from another account may have none.
    pub arn: Option<String>,
    /// `accessKeyId`.
    pub access_key: Option<String>,
    /// The principal's unique id, followed by a session's name: `AIDA…`, `AROA…:alice`.
    pub principal_id: Option<String>,
    /// When the session started.
    pub created: Option<Timestamp>,
    /// The name that the identity provider gives a SAML or web identity user.
    pub(crate) user_name: Option<String>,
    /// The provider that vouches for that name.
    pub(crate) provider: Option<String>,
    /// The ARN of the session's role, with its path.
    pub issuer: Option<String>,
    /// The session's `sts:SourceIdentity`. It cannot change along a chain of roles.
    pub source_identity: Option<String>,
    /// The id of the IAM Identity Center user that the session acts for.
    pub(crate) on_behalf_of: Option<String>,
    /// Whether a second factor was used, or `None` if CloudTrail does not say.
    pub mfa: Option<bool>,
}

impl Identity {
    /// Whether it is a session of a role that IAM Identity Center made.
    pub fn is_of_identity_center(&self) -> bool {
        let role = self.issuer.as_deref().and_then(Arn::parse);
        let path = role.and_then(|role| role.resource.strip_prefix("role"));
        path.is_some_and(|path| path.starts_with(RESERVED_PATH))
    }

    /// Whether it is a session of a role.
    pub fn is_a_session(&self) -> bool {
        self.kind.as_deref() == Some("AssumedRole")
    }

    /// Whether it is a session of a role that principals of an account can assume. Another event
    /// then shows which one did.
    pub fn is_taken(&self) -> bool {
        self.is_a_session() && !self.is_of_identity_center()
    }
}

impl ApprovalEvent {
    /// The name of the pipeline.
    pub fn pipeline(&self) -> &str {
        &self.request.pipeline_name
    }

    /// The stage and the action.
    pub(crate) fn place(&self) -> (String, String) {
        (self.request.stage_name.clone(), self.request.action_name.clone())
    }

    /// The token of the approval, which also is the id of the attempt.
    pub fn token(&self) -> Option<&str> {
        self.request.token.as_deref()
    }

    /// `Approved` or `Rejected`.
    pub(crate) fn answer(&self) -> &str {
        &self.request.result.status
    }
}

/// Why events cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The text is not JSON.
    #[error("it is not JSON; export the events again")]
    Json(#[source] Unreadable),
    /// The JSON has another form.
    #[error(
        "it holds no CloudTrail events in a known form: the log of a trail (`Records`), the output \
         of \
         `aws cloudtrail lookup-events` or `aws logs filter-log-events`, events of EventBridge, or \
         event records; \
         export the events again in one of these"
    )]
    Form,
    /// The list goes on.
    #[error(
        "it ends with a `NextToken`, so it is only the first part of a list; \
         save it without `--max-items` and `--no-paginate`"
    )]
    Cut,
    /// An event is incomplete or has a member of the wrong type.
    #[error("an event of {name} cannot be read; export the events again")]
    Event {
        /// `eventName`.
        name: String,
        /// What is wrong with it.
        source: Unreadable,
    },
}

/// What is wrong with the JSON of events, without the values in it: a session's start has its
/// credentials.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        let told = error.to_string();
        // Serde quotes a value of the wrong type. These messages have names of members alone.
        let is_of_members =
            ["missing field", "duplicate field"].iter().any(|start| told.starts_with(start));
        if !error.is_data() || is_of_members {
            return Self(told);
        }
        let (line, column) = (error.line(), error.column());
        Self(format!("a value has the wrong type, at line {line} column {column}"))
    }
}

/// Reads one event. Returns `None` for an event of another kind, or of a call that AWS refused.
pub(crate) fn read_event(json: &str) -> Result<Option<Event>, EventError> {
    let unreadable = |name: &str| {
        let name = name.to_owned();
        |error: serde_json::Error| EventError::Event { name, source: error.into() }
    };
    let kind: Kind = serde_json::from_str(json).map_err(unreadable("an unknown name"))?;
    let name = kind.event_name.unwrap_or_default();
    if kind.error_code.is_some() {
        return Ok(None);
    }
    if name == APPROVAL {
        let record: Record<Request> = serde_json::from_str(json).map_err(unreadable(&name))?;
        return Ok(Some(Event::Approval(ApprovalEvent {
            id: record.event_id,
            at: record.event_time,
            by: record.user_identity.into(),
            source_ip: record.source_ip_address,
            user_agent: record.user_agent,
            request: record.request_parameters,
        })));
    }
    if !SESSIONS.contains(&name.as_str()) {
        return Ok(None);
    }
    let made: Made = serde_json::from_str(json).map_err(unreadable(&name))?;
    let response = made.response_elements.unwrap_or_default();
    Ok(Some(Event::Session(SessionEvent {
        at: made.event_time,
        access_key: response.credentials.and_then(|credentials| credentials.access_key_id),
        principal_id: response.assumed_role_user.and_then(|user| user.assumed_role_id),
        is_named_by_caller: name == "AssumeRole",
        by: made.user_identity.into(),
    })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    event_name: Option<String>,
    error_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<T> {
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    event_time: Timestamp,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<String>,
    user_agent: Option<String>,
    user_identity: UserIdentity,
    request_parameters: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    event_time: Timestamp,
    user_identity: UserIdentity,
    response_elements: Option<ResponseElements>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResponseElements {
    credentials: Option<Credentials>,
    assumed_role_user: Option<AssumedRoleUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssumedRoleUser {
    assumed_role_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    access_key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity {
    #[serde(rename = "type")]
    kind: Option<String>,
    arn: Option<String>,
    access_key_id: Option<String>,
    principal_id: Option<String>,
    user_name: Option<String>,
    identity_provider: Option<String>,
    session_context: Option<SessionContext>,
    on_behalf_of: Option<OnBehalfOf>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SessionContext {
    source_identity: Option<String>,
    session_issuer: Option<SessionIssuer>,
    attributes: Option<Attributes>,
}

#[derive(Deserialize)]
struct SessionIssuer {
    arn: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    mfa_authenticated: Option<String>,
    /// Kept as text, because some old examples have another form.
    creation_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnBehalfOf {
    user_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    pipeline_name: String,
    stage_name: String,
    action_name: String,
    token: Option<String>,
    result: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    status: String,
}

impl From<UserIdentity> for Identity {
    fn from(identity: UserIdentity) -> Self {
        let session = identity.session_context.unwrap_or_default();
        let attributes = session.attributes.unwrap_or_default();
        let mfa = attributes.mfa_authenticated;
        let mut read = Self {
            kind: identity.kind,
            arn: identity.arn,
            access_key: identity.access_key_id.filter(|key| !key.is_empty()),
            principal_id: identity.principal_id,
            created: attributes.creation_date.and_then(|date| date.parse().ok()),
            user_name: identity.user_name,
            provider: identity.identity_provider,
            issuer: session.session_issuer.and_then(|issuer| issuer.arn),
            source_identity: session.source_identity.filter(|name| !name.is_empty()),
            on_behalf_of: identity.on_behalf_of.and_then(|of| of.user_id),
            mfa: mfa.map(|used| used == "true"),
        };
        // A session of IAM Identity Center always has "false", even if the person signed in with a
        // second factor.
        if read.is_of_identity_center() {
            read.mfa = read.mfa.filter(|used| *used);
        }
        read
    }
}
