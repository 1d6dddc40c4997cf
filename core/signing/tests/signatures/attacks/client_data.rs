//! clientDataJSON that a passkey has signed, and that an honest browser on the desk's page does not
//! write.

use signing::{BadSignature, Signature};

use crate::authenticator::{FLAGS, Passkey, RP_ID, authenticator_data, desk, statement};

fn signed(client_data: &str) -> Result<(), BadSignature> {
    let passkey = Passkey::ed25519();
    let signature = passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), client_data);
    let read = Signature::from_comment(&signature.to_string()).unwrap().unwrap();
    assert_eq!(read, signature);
    passkey.verify(&read).map(drop)
}

/// The usual clientDataJSON, with one part replaced.
fn with(part: &str, replacement: &str) -> String {
    let usual = desk().client_data(&statement());
    assert_eq!(usual.matches(part).count(), 1, "{part}");
    usual.replace(part, replacement)
}

#[test]
fn client_data_of_the_usual_form_is_left_out_of_the_comment() {
    let passkey = Passkey::p256();
    let sign = |client_data: &str| {
        passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), client_data).to_string()
    };
    let usual = sign(&desk().client_data(&statement()));
    assert_eq!((usual.matches('.').count(), usual.len() < 200), (5, true), "{usual}");
    let unusual = sign(&with("{", "{ "));
    assert_eq!(unusual.matches('.').count(), 6, "{unusual}");
    for word in [usual, unusual] {
        let read = Signature::from_comment(&format!("ok {word}")).unwrap().unwrap();
        assert!(passkey.verify(&read).is_ok(), "{word}");
    }
}

#[test]
fn other_spellings_of_the_same_client_data_are_good() {
    for client_data in [
        with("{", " \n{\t"),
        with("}", r#","extra":{"type":"webauthn.create"}}"#),
        with(r#","crossOrigin":false"#, ""),
        with(r#""type""#, r#""t\u0079pe""#),
        with("webauthn.get", r"webauthn\u002eget"),
    ] {
        assert_eq!(signed(&client_data), Ok(()), "{client_data}");
    }
}

/// Two readers could read two things.
#[test]
fn a_repeated_member_is_refused() {
    for repeated in [
        r#""type":"webauthn.create""#,
        r#""type":"webauthn.get""#,
        r#""t\u0079pe":"webauthn.create""#,
        r#""challenge":"AA""#,
        r#""origin":"https://evil.example""#,
        r#""crossOrigin":false"#,
        r#""\u0063rossOrigin":true"#,
    ] {
        for client_data in
            [with("{", &format!("{{{repeated},")), with("}", &format!(",{repeated}}}"))]
        {
            assert_eq!(signed(&client_data), Err(BadSignature::ClientData), "{client_data}");
        }
    }
}

#[test]
fn what_is_not_an_object_with_the_four_members_is_refused() {
    let challenge = desk().client_data(&statement());
    let challenge = challenge.split('"').nth(7).unwrap();
    for client_data in [
        "null".to_owned(),
        format!(r#"["webauthn.get","{challenge}","https://approve.example.com",false,null]"#),
        with("}", "}{}"),
        with("}", "} x"),
        with("}", ""),
        with("{", "\u{feff}{"),
        with(r#""type":"webauthn.get","#, ""),
        with(r#""webauthn.get""#, r#"["webauthn.get"]"#),
        with("webauthn.get", "webauthn.create"),
        with("webauthn.get", "webauthn.get "),
        with("webauthn.get", "payment.get"),
        with(r#""type""#, r#""Type""#),
        with("false", r#""false""#),
        with("false", "0"),
        with("false", "null"),
    ] {
        assert_eq!(signed(&client_data), Err(BadSignature::ClientData), "{client_data}");
    }
}

/// The site around the frame decides what the approver sees.
#[test]
fn a_desk_in_a_frame_of_another_site_is_refused() {
    for client_data in [
        with("false", "true"),
        with("false", r#"true,"topOrigin":"https://evil.example""#),
        with("false", r#"false,"topOrigin":"https://evil.example""#),
        with(r#""crossOrigin":false"#, r#""topOrigin":"https://evil.example""#),
        with("false", r#"false,"topOrigin":"""#),
        with("false", r#"false,"topOrigin":["https://evil.example"]"#),
    ] {
        assert_eq!(signed(&client_data), Err(BadSignature::ClientData), "{client_data}");
    }
}

#[test]
fn another_challenge_is_another_statement() {
    let usual = desk().client_data(&statement());
    let challenge = usual.split('"').nth(7).unwrap();
    for other in [
        "",
        "AA",
        &format!("{challenge}="),
        &format!(" {challenge}"),
        &format!("{challenge}AA"),
        &challenge.to_lowercase(),
    ] {
        let client_data = with(challenge, other);
        assert_eq!(signed(&client_data), Err(BadSignature::OtherStatement), "{client_data}");
    }
}

#[test]
fn another_origin_is_another_site() {
    const ORIGIN: &str = "https://approve.example.com";
    for other in [
        "",
        "null",
        "https://evil.example",
        "http://approve.example.com",
        "https://approve.example.com/",
        "https://approve.example.com:443",
        "https://approve.example.com:8443",
        "https://APPROVE.example.com",
        "https://approve.example.com.",
        "https://x.approve.example.com",
        "https://example.com",
        "https://approve.example.com@evil.example",
        r"https://approve.example.com\u0000",
    ] {
        let client_data = with(ORIGIN, other);
        assert_eq!(signed(&client_data), Err(BadSignature::OtherSite), "{client_data}");
    }
}
