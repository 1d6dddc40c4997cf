//! A token with one defect is refused for that defect.

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::json;

use super::super::made::{ARN, CLIENT, ISSUER, KEY_ID, Signer, header, padded};
use super::*;

fn expected() -> Expected {
    Expected { signer: ARN.to_owned(), issuer: ISSUER.to_owned(), client: CLIENT.to_owned() }
}

fn read(signer: &Signer, token: &str) -> Result<String, BadToken> {
    let token = Token::read(token)?;
    assert_eq!(token.key_id(&expected(), Timestamp::now())?, KeyId(KEY_ID.to_owned()));
    token.verified(signer.point(), Claim::Email)
}

fn changed(name: &str, value: Value) -> Value {
    let mut header = header();
    header[name] = value;
    header
}

fn claims() -> Value {
    json!({"sub": "1234567890", "name": "Alice", "email": "alice@example.com"})
}

#[test]
fn a_token_is_believed_with_padding_and_without() {
    let signer = Signer::new();
    // Of every length, so that there is padding of every length.
    for name in ["a", "ab", "abc"] {
        let claims = json!({"email": name});
        let token = signer.token(&header(), &claims);
        assert_eq!(read(&signer, &token).as_deref(), Ok(name));
        let bare = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = signer.sign(&format!("{}.{}", bare(&header()), bare(&claims)));
        assert_eq!(read(&signer, token.trim_end_matches('=')).as_deref(), Ok(name));
    }
}

#[test]
fn a_header_with_one_defect_is_refused_for_it() {
    let signer = Signer::new();
    let other_balancer = ARN.replace("abcdef", "abcdee");
    let now = Timestamp::now().as_second();
    for (name, value, bad) in [
        ("alg", json!("none"), BadToken::Algorithm),
        ("alg", json!("HS256"), BadToken::Algorithm),
        ("alg", json!("ES384"), BadToken::Algorithm),
        ("alg", json!("es256"), BadToken::Algorithm),
        ("signer", json!(other_balancer), BadToken::Signer),
        ("signer", json!(ARN.to_uppercase()), BadToken::Signer),
        ("signer", json!([ARN]), BadToken::Malformed),
        ("iss", json!("https://login.example.com/"), BadToken::Issuer),
        ("client", json!("another"), BadToken::Client),
        ("client", json!(""), BadToken::Client),
        ("exp", json!(now), BadToken::Expired),
        ("exp", json!(0), BadToken::Expired),
        ("exp", json!(-1), BadToken::Expired),
        ("exp", json!("4000000000"), BadToken::Malformed),
        ("exp", json!(1e300), BadToken::Malformed),
        ("kid", json!("../12345678-1234-1234-1234-1234567890"), BadToken::KeyId),
        ("kid", json!("12345678-1234-1234-1234-12345678901"), BadToken::KeyId),
        ("kid", json!("12345678-1234-1234-1234-12345678901/"), BadToken::KeyId),
        ("kid", json!("12345678-1234-1234-1234-1234567890é"), BadToken::KeyId),
        ("kid", json!("@attacker.example/34-1234-1234567890"), BadToken::KeyId),
        ("kid", json!(""), BadToken::KeyId),
        ("crit", json!(["x"]), BadToken::Malformed),
    ] {
        let token = signer.token(&changed(name, value.clone()), &claims());
        assert_eq!(read(&signer, &token), Err(bad), "{name}: {value}");
    }
    for missing in ["alg", "kid", "signer", "iss", "client", "exp"] {
        let mut header = header();
        header.as_object_mut().unwrap().remove(missing);
        let token = signer.token(&header, &claims());
        assert_eq!(read(&signer, &token), Err(BadToken::Malformed), "{missing}");
    }
}

#[test]
fn what_the_load_balancer_did_not_sign_is_refused() {
    let signer = Signer::new();
    let token = signer.token(&header(), &json!({"email": "a"}));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    assert!(signed.ends_with("=="));
    // Another key, no signature, and what was signed for somebody else.
    for forged in [
        Signer::new().token(&header(), &claims()),
        format!("{signed}."),
        format!("{head}.{}.{signature}", padded(&json!({"email": "bob@example.com"}))),
        format!("{}.{signature}", signed.trim_end_matches('=')),
        format!("{signed}=.{signature}"),
    ] {
        let refused = read(&signer, &forged).unwrap_err();
        assert!(matches!(refused, BadToken::Signature | BadToken::Malformed), "{refused}");
    }
    // Each bit of the signature.
    let bytes = BASE64.decode(signature).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(read(&signer, &forged), Err(BadToken::Signature), "bit {bit}");
    }
}

#[test]
fn the_public_key_is_no_secret_that_a_token_could_be_authenticated_with() {
    let signer = Signer::new();
    for secret in [signer.pem().into_bytes(), signer.point().to_vec()] {
        for alg in ["HS256", "ES256"] {
            let signed = format!("{}.{}", padded(&changed("alg", json!(alg))), padded(&claims()));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
            let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert!(read(&signer, &forged).is_err(), "{alg}");
        }
    }
}

#[test]
fn a_signed_token_has_to_name_somebody() {
    let signer = Signer::new();
    let no_email = BadToken::Claim("email");
    for (claims, bad) in [
        (json!({"sub": "1"}), no_email),
        (json!({"email": ""}), no_email),
        (json!({"email": null}), no_email),
        (json!({"email": ["alice@example.com"]}), no_email),
        (json!([]), no_email),
        (json!({"email": "a@example.com", "email_verified": false}), BadToken::Unverified),
        (json!({"email": "a@example.com", "email_verified": "false"}), BadToken::Unverified),
    ] {
        assert_eq!(read(&signer, &signer.token(&header(), &claims)), Err(bad), "{claims}");
    }
    for (claim, name) in [(Claim::Subject, "1"), (Claim::PreferredUsername, "alice")] {
        let claims = json!({"sub": "1", "preferred_username": "alice", "email_verified": false});
        let token = signer.token(&header(), &claims);
        let token = Token::read(&token).unwrap();
        assert_eq!(token.verified(signer.point(), claim).as_deref(), Ok(name));
        assert_eq!(claim.as_str().parse(), Ok(claim));
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let signer = Signer::new();
    let token = signer.token(&header(), &claims());
    for wrong in [
        "",
        "..",
        "a.b.c",
        "e30.e30.",
        &format!("{token}.{token}"),
        &format!("{token}, {token}"),
        &format!(" {token}"),
        &signer.sign(&format!("{}.{}", STANDARD.encode("[]"), padded(&claims()))),
    ] {
        assert_eq!(read(&signer, wrong), Err(BadToken::Malformed), "{wrong}");
    }
}
