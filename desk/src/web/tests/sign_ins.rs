//! Who is let in, and for how long.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::seal::Purpose;
use super::fake::Fake;
use super::passkey::{Passkey, SYNCED};
use super::{Desk, ORIGIN};

#[tokio::test]
async fn a_passkey_of_the_rule_lets_its_person_in_for_a_quarter_of_an_hour() {
    let desk = Desk::new(Fake::new());
    let asked = desk.post("/sign-in/challenge", "", &json!({})).await.json();
    let reply = desk.post("/sign-in", "", &desk.alice.sign(&asked)).await;
    assert_eq!((reply.status, reply.json()["person"].as_str()), (StatusCode::OK, Some("alice")));
    let set = reply.headers["set-cookie"].to_str().unwrap();
    for attribute in
        ["__Host-desk=", "; Path=/;", "Max-Age=900", "HttpOnly", "SameSite=Strict", "Secure"]
    {
        assert!(set.contains(attribute), "{set}");
    }
    assert_eq!(desk.get("/session", &reply.cookie()).await.status, StatusCode::NO_CONTENT);
    assert!(desk.get("/", &reply.cookie()).await.text.contains("alice"));
    let out = desk.post("/sign-out", &reply.cookie(), &json!({})).await;
    assert!(
        out.headers["set-cookie"].to_str().unwrap().contains("__Host-desk=; Path=/; Max-Age=0")
    );
}

#[tokio::test]
async fn on_localhost_the_cookie_is_one_that_every_browser_takes() {
    let desk = Desk::with(Fake::new(), "http://localhost:4580", json!({}));
    let cookie = desk.web.no_cookie();
    assert!(cookie.starts_with("desk=;") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn an_unknown_passkey_is_told_so() {
    let desk = Desk::new(Fake::new());
    let asked = desk.post("/sign-in/challenge", "", &json!({})).await.json();
    let reply = desk.post("/sign-in", "", &Passkey::new(3, ORIGIN).sign(&asked)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.problem().starts_with("The rule does not know this passkey."));
    assert!(!reply.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn a_signature_of_somebody_else_or_of_another_challenge_lets_nobody_in() {
    let desk = Desk::new(Fake::new());
    let ask = async || desk.post("/sign-in/challenge", "", &json!({})).await.json();
    let (asked, other) = (ask().await, ask().await);
    assert_ne!(asked["challenge"], other["challenge"]);
    let alice = desk.alice.sign(&asked);
    let mut refused = vec![
        // Mallory's signature under alice's credential.
        {
            let mut posted = Passkey::new(3, ORIGIN).sign(&asked);
            posted["credential"] = alice["credential"].clone();
            posted
        },
        // A good signature for another challenge.
        {
            let mut posted = alice.clone();
            posted["seal"] = other["seal"].clone();
            posted
        },
        Passkey::new(1, "https://approve.example.com.attacker.example").sign(&asked),
    ];
    for flags in [0, 1, 4] {
        refused.push(Passkey { flags, ..Passkey::new(1, ORIGIN) }.sign(&asked));
    }
    for posted in refused {
        let reply = desk.post("/sign-in", "", &posted).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{posted}");
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    assert_eq!(desk.post("/sign-in", "", &alice).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_challenge_is_not_good_for_ever_and_cannot_be_made_up() {
    let desk = Desk::new(Fake::new());
    let asked = desk.post("/sign-in/challenge", "", &json!({})).await.json();
    let mut posted = desk.alice.sign(&asked);
    let past = Timestamp::now() - SignedDuration::from_secs(1);
    let late = desk.web.seal.close(Purpose::SignIn, [0_u8; 16], past).unwrap();
    for seal in [late, "made.up".to_owned(), String::new()] {
        posted["seal"] = seal.into();
        assert_eq!(desk.post("/sign-in", "", &posted).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn what_is_signed_to_enter_is_not_an_answer_and_the_reverse() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let entering = desk.post("/sign-in/challenge", "", &json!({})).await.json();
    let answering = desk.post("/answer/ask", &cookie, &super::answers::wanted("A")).await.json();
    for (path, mut posted, seal) in [
        ("/sign-in", desk.alice.sign(&answering), &entering["seal"]),
        ("/answer/give", desk.alice.sign(&entering), &answering["seal"]),
    ] {
        let own = desk.post(path, &cookie, &posted).await;
        assert!(own.status.is_client_error(), "{path}");
        posted["seal"] = seal.clone();
        let swapped = desk.post(path, &cookie, &posted).await;
        assert_eq!(swapped.status, StatusCode::FORBIDDEN, "{path}: {swapped:?}");
    }
    assert!(desk.web.ports.world().given.is_empty());
}

#[tokio::test]
async fn a_changed_expired_or_foreign_cookie_is_none() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let (name, value) = cookie.split_once('=').unwrap();
    let session = |key: String| json!({"person": "alice", "key": key, "device_bound": true});
    let (now, minute) = (Timestamp::now(), SignedDuration::from_mins(1));
    let close = |session, until| desk.web.seal.close(Purpose::Session, session, until).unwrap();
    let own = desk.alice.public().id().to_string();
    assert!(
        desk.get("/session", &format!("a=b; {name}={}", close(session(own.clone()), now + minute)))
            .await
            .status
            .is_success()
    );
    for value in [
        format!("{value}x"),
        value.replace('.', ""),
        close(session(own), now - minute),
        // The rule has lost the key, or it is somebody else's.
        close(session("AAAAAAAAAAA".to_owned()), now + minute),
        close(session(desk.bob.public().id().to_string()), now + minute),
    ] {
        let reply = desk.get("/session", &format!("{name}={value}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{value}");
    }
    // The same key, at another desk.
    let other = Desk::new(Fake::new());
    assert_eq!(other.get("/session", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_passkey_that_may_be_synced_does_not_count_where_the_rule_asks_for_a_device() {
    let rule = json!({"requireSignature": {"deviceBound": true}});
    let mut desk = Desk::with(Fake::new(), ORIGIN, rule);
    desk.alice.flags |= SYNCED;
    let cookie = desk.sign_in(&desk.alice).await;
    assert!(desk.get("/", &cookie).await.text.contains("may be synced to other devices"));
    let reply = desk.post("/answer/ask", &cookie, &super::answers::wanted("A")).await;
    assert_eq!(
        (reply.status, reply.json()["reason"].as_str()),
        (StatusCode::CONFLICT, Some("not-signed"))
    );
    let cookie = desk.sign_in(&desk.bob).await;
    let reply = desk.post("/answer/ask", &cookie, &super::answers::wanted("A")).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_passkey_becomes_the_line_of_the_rule_and_is_forgotten() {
    let desk = Desk::new(Fake::new());
    let new = Passkey::new(3, ORIGIN);
    let line = new.line();
    let parts: Vec<&str> = line.split(':').collect();
    let made =
        |name: &str, key: &str| json!({"name": name, "credential": parts[1], "publicKey": key});
    let reply = desk.post("/enrol", "", &made("carol", parts[2])).await;
    assert_eq!(reply.json()["line"], format!("\"carol\": [\"{line}\"]"));
    assert_eq!(reply.json()["keyId"], new.public().id().to_string());
    for (name, key) in [("a b", parts[2]), ("", parts[2]), ("carol", "AAAA")] {
        let reply = desk.post("/enrol", "", &made(name, key)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {key}");
    }
    let asked = desk.post("/sign-in/challenge", "", &json!({})).await.json();
    assert_eq!(desk.post("/sign-in", "", &new.sign(&asked)).await.status, StatusCode::FORBIDDEN);
}
