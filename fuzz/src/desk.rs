//! What browsers post to the desk, and the events that start its functions.

#[path = "../../desk/src/comment.rs"]
mod comment;
#[path = "../../desk/src/notify/event.rs"]
#[cfg_attr(not(test), expect(dead_code, reason = "a reminder is written by another file"))]
mod event;
#[path = "../../desk/src/web/seal.rs"]
#[expect(dead_code, reason = "the browser needs more of it")]
mod seal;
#[path = "../../desk/src/web/webauthn.rs"]
#[expect(dead_code, reason = "the browser needs more of it")]
mod webauthn;

use event::Occasion;
use jiff::Timestamp;
use seal::{Purpose, Seal};
use serde_json::Value;
use signing::{Desk, Nonce, SignIn, Signature, SigningKey};
use webauthn::Posted;

const DESK_KEY: &str = "0123456789abcdef0123456789abcdef";
/// Of `core/signing/tests/vectors.json`.
const PASSKEY: &str = "passkey:5Iww1c33Zbm5EAQxK7M9l3sVKf8AZH_kgYwrGU1Xa94:MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ-7T63iamebm9GHDPTU117n3DXrkMlNz6doXo5yhMK6t7-onEd1FIyntZdqAlN02GeEVjJed7egPK4jO2YaJ5g";

/// No assertion of a sign-in is accepted, because nobody signed one, and no cookie, because the
/// desk sealed none. A comment that may be sent leaves the signature beside it readable. An event
/// that says where to look is an object.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        check_cookie(text);
        check_comment(text);
    }
    if let Ok(posted) = serde_json::from_slice::<Posted>(data) {
        check_cookie(&posted.seal);
        if let (Ok(key), Ok(desk), Some(assertion)) = (
            PASSKEY.parse::<SigningKey>(),
            Desk::new("approve.example.com", "https://approve.example.com"),
            posted.assertion(),
        ) {
            let _ = posted.is_of(&key);
            let sign_in = SignIn::new(&desk, &Nonce::new([7; 16]));
            assert!(key.verify_sign_in(&sign_in, &desk, &assertion).is_err(), "nobody signed in");
        }
    }
    if let Ok(event) = serde_json::from_slice::<Value>(data)
        && let Ok(occasion) = Occasion::of(&event)
    {
        match occasion {
            Occasion::Changed(place) => assert!(!place.pipeline.is_empty()),
            Occasion::Hour(hour) => assert_eq!(hour.as_second() % 3600, 0),
        }
    }
}

fn check_cookie(text: &str) {
    let Ok(seal) = Seal::of_text(DESK_KEY) else { return };
    for purpose in [Purpose::SignIn, Purpose::Session, Purpose::Answer] {
        let opened: Option<Value> = seal.open(purpose, text, Timestamp::UNIX_EPOCH);
        assert!(opened.is_none(), "nobody sealed it");
        let closed = seal.close(purpose, text, Timestamp::MAX).unwrap_or_default();
        let opened: Option<String> = seal.open(purpose, &closed, Timestamp::UNIX_EPOCH);
        assert_eq!(opened.as_deref(), Some(text));
    }
}

fn check_comment(text: &str) {
    const WORD: &str = "[2pr1.s.bmrQd4ily64.qljWt0H27SbmgjsnXhUVnw.AAAAC3NzaC1lZDI1NTE5AAAAQJPPUlxWz7sQ8nB1zbv7ev_43ozfQMaITwgra3ftb3vRH8Wc54bXw0cdaYDU4Vgk5J6YaqBfLuanv0OIy6EZuwc]";
    let Ok(Some(signature)) = Signature::from_comment(WORD) else { return };
    if let Ok(comment) = comment::compose(text, Some(&signature)) {
        assert!(comment.chars().count() <= comment::LIMIT);
        assert_eq!(Signature::from_comment(&comment), Ok(Some(signature)), "{comment}");
    }
}
