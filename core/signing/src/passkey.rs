//! Signatures by passkeys: assertions of WebAuthn Level 3, section 7.2.

use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, VerificationAlgorithm};
use serde::Deserialize;

use crate::algorithm::{Algorithm, verified};
use crate::challenge::challenge;
use crate::error::BadSignature;
use crate::statement::Statement;

/// Where passkeys were made and answers are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    rp_id: String,
    origin: String,
}

/// Why a desk cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// A browser offers passkeys to HTTPS origins, and for tests to localhost.
    #[error(
        "the origin `{}` must be `https://` and a host, with a port if it is not 443 and nothing after \
         it; `http://localhost` will do for tests", .0.escape_debug()
    )]
    Origin(String),
    /// A browser gives a passkey to its own domain and that domain's subdomains.
    #[error("the origin `{origin}` is not on the domain `{}` of `rpId`", .rp_id.escape_debug())]
    OtherDomain {
        /// The domain that passkeys are bound to.
        rp_id: String,
        /// Where answers are given.
        origin: String,
    },
}

impl Desk {
    /// Checks that a browser at `origin` would use a passkey of the domain `rp_id`.
    ///
    /// # Errors
    /// [`DeskError`] if no browser would.
    pub fn new(rp_id: &str, origin: &str) -> Result<Self, DeskError> {
        let wrong = || DeskError::Origin(origin.to_owned());
        let (scheme, address) = origin.split_once("://").ok_or_else(wrong)?;
        let (host, port) = match address.split_once(':') {
            None => (address, None),
            Some((host, port)) => (host, Some(port)),
        };
        // A browser leaves out the usual port.
        let usual_port = if scheme == "https" { 443 } else { 80 };
        let is_port = |port: &str| {
            port.parse().is_ok_and(|number: u16| number != usual_port && number.to_string() == port)
        };
        let of_hosts = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        let secure = scheme == "https" || (scheme == "http" && host == "localhost");
        if !secure || host.is_empty() || !host.chars().all(of_hosts) || !port.is_none_or(is_port) {
            return Err(wrong());
        }
        let sub =
            host.strip_suffix(rp_id).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if rp_id.is_empty() || !sub {
            let (rp_id, origin) = (rp_id.to_owned(), origin.to_owned());
            return Err(DeskError::OtherDomain { rp_id, origin });
        }
        Ok(Self { rp_id: rp_id.to_owned(), origin: origin.to_owned() })
    }

    /// The domain that passkeys are bound to (`rpId`).
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.rp_id
    }

    /// Where answers are given, as a browser writes it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The clientDataJSON that browsers write today (WebAuthn, section 5.8.1.1).
    #[must_use]
    pub fn client_data(&self, statement: &Statement) -> String {
        self.usual_client_data(statement.as_bytes())
    }

    fn usual_client_data(&self, text: &[u8]) -> String {
        format!(
            r#"{{"type":"webauthn.get","challenge":"{}","origin":"{}","crossOrigin":false}}"#,
            challenge(text),
            self.origin
        )
    }
}

/// What an authenticator reports with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authenticator {
    /// It may be synced to other devices.
    pub(crate) backup_eligible: bool,
    /// It has been synced to other devices.
    pub(crate) backed_up: bool,
    pub(crate) counter: u32,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED_DATA: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// Verifies an assertion over a text: a statement, or what lets a person in.
pub(crate) fn verify(
    key: &Algorithm,
    desk: &Desk,
    text: &[u8],
    authenticator_data: &[u8],
    signature: &[u8],
    client_data: Option<&[u8]>,
) -> Result<Authenticator, BadSignature> {
    let client_data_hash = match client_data {
        None => digest(&SHA256, desk.usual_client_data(text).as_bytes()),
        Some(unusual) => {
            check_client_data(unusual, desk, text)?;
            digest(&SHA256, unusual)
        }
    };
    let authenticator = read_authenticator_data(authenticator_data, desk)?;
    let signed = [authenticator_data, client_data_hash.as_ref()].concat();
    let (algorithm, key): (&dyn VerificationAlgorithm, _) = match key {
        Algorithm::P256(point) => (&ECDSA_P256_SHA256_ASN1, point),
        Algorithm::Ed25519(key) => (&ED25519, key),
    };
    verified(algorithm, key, &signed, signature)?;
    Ok(authenticator)
}

/// CollectedClientData (WebAuthn, section 5.8.1). Browsers may add other members; a repeated one of
/// these is an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    /// The page that embeds the desk in a frame.
    top_origin: Option<String>,
}

fn check_client_data(json: &[u8], desk: &Desk, text: &[u8]) -> Result<(), BadSignature> {
    // serde would also take an array of the members' values.
    let is_object = json.trim_ascii_start().starts_with(b"{");
    let data: ClientData = serde_json::from_slice(json).map_err(|_| BadSignature::ClientData)?;
    // INVARIANT (fail closed): in a frame of another site, that site decides what one sees.
    let is_framed = data.cross_origin || data.top_origin.is_some();
    if !is_object || data.r#type != "webauthn.get" || is_framed {
        return Err(BadSignature::ClientData);
    }
    if data.challenge != challenge(text) {
        return Err(BadSignature::OtherStatement);
    }
    if data.origin != desk.origin {
        return Err(BadSignature::OtherSite);
    }
    Ok(())
}

/// Authenticator data (WebAuthn, section 6.1): the hash of the domain, flags, a counter, and
/// extensions that nobody here asked for.
fn read_authenticator_data(data: &[u8], desk: &Desk) -> Result<Authenticator, BadSignature> {
    let (domain, rest) = data.split_at_checked(32).ok_or(BadSignature::Form)?;
    let [flags, c0, c1, c2, c3, extensions @ ..] = rest else {
        return Err(BadSignature::Form);
    };
    if domain != digest(&SHA256, desk.rp_id.as_bytes()).as_ref() {
        return Err(BadSignature::OtherSite);
    }
    let has = |flag| flags & flag != 0;
    if !has(USER_PRESENT) {
        return Err(BadSignature::NobodyPresent);
    }
    if !has(USER_VERIFIED) {
        return Err(BadSignature::NotVerified);
    }
    // A synced key that cannot be synced is a contradiction (section 7.2, step 18).
    let contradiction = has(BACKED_UP) && !has(BACKUP_ELIGIBLE);
    if contradiction || has(ATTESTED_DATA) || has(EXTENSIONS) == extensions.is_empty() {
        return Err(BadSignature::Form);
    }
    Ok(Authenticator {
        backup_eligible: has(BACKUP_ELIGIBLE),
        backed_up: has(BACKED_UP),
        counter: u32::from_be_bytes([*c0, *c1, *c2, *c3]),
    })
}
