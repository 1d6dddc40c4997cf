//! The token of a load balancer, which tells the desk who somebody is.

// The tests of the next file need it.
#[cfg(test)]
#[path = "../../desk/src/web/front/made.rs"]
#[expect(dead_code, reason = "its own crate uses all of it")]
mod made;
#[path = "../../desk/src/web/front/token.rs"]
#[expect(clippy::module_inception, reason = "it is the file `token.rs` of another crate")]
mod token;

use jiff::Timestamp;
use signing::p256_of_pem;
use token::{Claim, Expected, Token};

/// A key that has signed no token.
const KEY: &str = include_str!("proof/gate.pem");

/// No token is believed, because nobody signed one. Its key id, which becomes a part of an address,
/// is a UUID.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let expected = Expected {
        signer: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/desk/1"
            .to_owned(),
        issuer: "https://idp.example.com".to_owned(),
        client: "desk".to_owned(),
    };
    let Ok(token) = Token::read(text) else { return };
    if let Ok(id) = token.key_id(&expected, Timestamp::UNIX_EPOCH) {
        let id = id.to_string();
        assert!(id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && id.len() == 36, "{id}");
    }
    let Some(key) = p256_of_pem(KEY) else { return };
    assert!(token.verified(&key, Claim::Email).is_err(), "nobody signed it");
}
