//! Which texts are signing keys, desks and statements.

#![cfg(test)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use signing::{
    Answer, Approval, Desk, DeskError, KeyError, KeyKind, Nonce, SigningKey, Statement,
    StatementError,
};

const PASSKEY: &str = "passkey:5Iww1c33Zbm5EAQxK7M9l3sVKf8AZH_kgYwrGU1Xa94:MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ-7T63iamebm9GHDPTU117n3DXrkMlNz6doXo5yhMK6t7-onEd1FIyntZdqAlN02GeEVjJed7egPK4jO2YaJ5g";
const SSH: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";

fn key(text: &str) -> Result<SigningKey, KeyError> {
    text.parse()
}

#[test]
fn keys_are_read_and_identified() {
    let passkey = key(PASSKEY).unwrap();
    assert_eq!(
        (passkey.id().to_string().as_str(), passkey.kind()),
        ("1n32_e5Sm14", KeyKind::Passkey)
    );
    assert_eq!(passkey.credential_id().map(<[u8]>::len), Some(32));
    let ssh = key(SSH).unwrap();
    assert_eq!((ssh.id().to_string().as_str(), ssh.kind()), ("bmrQd4ily64", KeyKind::Ssh));
    assert_eq!(ssh.credential_id(), None);
    assert_eq!(key(&format!("{SSH} alice@laptop")).unwrap(), ssh, "the comment does not matter");
    let words = [KeyKind::Passkey, KeyKind::Ssh, KeyKind::SshSecurityKey].map(KeyKind::as_str);
    assert_eq!(words, ["passkey", "ssh", "ssh-security-key"]);
}

#[test]
fn a_key_is_written_as_the_rule_lists_it() {
    assert_eq!(key(PASSKEY).unwrap().to_string(), PASSKEY);
    assert_eq!(key(&format!("  {SSH} alice@laptop\n")).unwrap().to_string(), SSH);
    let blob = STANDARD.decode(SSH.rsplit_once(' ').unwrap().1).unwrap();
    assert_eq!(SigningKey::ed25519(&blob[blob.len() - 32..]).unwrap().to_string(), SSH);
    let mut fields = PASSKEY.rsplit(':').map(|field| URL_SAFE_NO_PAD.decode(field));
    let (spki, id) = (fields.next().unwrap().unwrap(), fields.next().unwrap().unwrap());
    assert_eq!(SigningKey::passkey(&id, &spki).unwrap().to_string(), PASSKEY);
}

#[test]
fn what_is_not_a_key_is_refused() {
    let cases = [
        ("", "it is not a signing key"),
        ("alice", "it is not a signing key"),
        (&format!("alice {SSH}"), "it is not a signing key"),
        (&format!("{SSH}\n{SSH}"), "has several lines"),
        ("passkey:", "is written `passkey:<credential id>:<public key>`"),
        ("passkey:AA", "is written `passkey:<credential id>:<public key>`"),
        ("passkey::MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c", "credential id"),
        ("passkey:AB:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c", "credential id"),
        ("passkey:AA:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0", "SubjectPublic"),
        (
            "passkey:AA:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c=",
            "SubjectPublic",
        ),
        ("ssh-ed25519", "what follows `ssh-ed25519` is not a public key of that type"),
        ("ssh-ed25519 AAAA", "what follows `ssh-ed25519`"),
        ("ecdsa-sha2-nistp256 AAA", "what follows `ecdsa-sha2-nistp256`"),
        (
            &SSH.replace("ssh-ed25519 ", "ecdsa-sha2-nistp256 "),
            "what follows `ecdsa-sha2-nistp256`",
        ),
        (&format!("{SSH}AAAA"), "what follows `ssh-ed25519`"),
    ];
    for (text, problem) in cases {
        let error = key(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
}

#[test]
fn an_ssh_key_of_another_type_is_refused_with_what_to_make_instead() {
    for kind in [
        "ssh-rsa",
        "ssh-dss",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "ssh-ed25519-cert-v01@openssh.com",
        "ssh-ed448",
    ] {
        let error = key(&format!("{kind} AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== alice")).unwrap_err();
        assert_eq!(error, KeyError::Type(kind.to_owned()));
        assert!(error.to_string().contains("ssh-keygen -t ed25519"), "{error}");
    }
}

/// A private key given by mistake does not end up in a log.
#[test]
fn no_error_repeats_a_private_key() {
    const SECRET: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";
    let pem = |kind: &str| {
        format!("-----BEGIN {kind}PRIVATE KEY-----\n{SECRET}\n-----END {kind}PRIVATE KEY-----\n")
    };
    let files = ["OPENSSH ", "EC ", "RSA ", "DSA ", "ENCRYPTED ", ""].map(pem);
    for text in &files {
        let error = key(text).unwrap_err();
        assert_eq!(error, KeyError::Private);
        assert!(error.to_string().contains("`.pub`"), "{error}");
    }
    let putty = format!("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n{SECRET}\n");
    assert_eq!(key(&putty), Err(KeyError::Private));
    for text in [
        SECRET.to_owned(),
        format!("ssh-ed25519 {SECRET}"),
        format!("ssh-{SECRET} AAAA"),
        "ssh-b3BlbnNzaC1rZXkt AAAA".to_owned(),
        format!("ssh-{}", "0a".repeat(32)),
        format!("{SECRET}\n{SECRET}"),
        format!("passkey:{SECRET}"),
        format!("passkey:AA:{SECRET}"),
        format!("passkey:{SECRET}=:AA"),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{SECRET}"}}"#),
    ] {
        let error = key(&text).unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains("b3BlbnNzaC1rZXkt") && !shown.contains("0a0a0a"), "{shown}");
        }
    }
}

#[test]
fn one_key_in_two_forms_is_the_same_key() {
    const ED25519_SPKI: &[u8] =
        &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let ssh = key(SSH).unwrap();
    let blob = STANDARD.decode(SSH.rsplit_once(' ').unwrap().1).unwrap();
    let passkey =
        SigningKey::passkey(&[1], &[ED25519_SPKI, &blob[blob.len() - 32..]].concat()).unwrap();
    assert!(ssh.id() != passkey.id() && ssh.public_key() == passkey.public_key());
    assert!(ssh.public_key() != key(PASSKEY).unwrap().public_key());
}

#[test]
fn a_desk_is_a_place_where_a_browser_would_use_its_passkeys() {
    for (rp_id, origin) in [
        ("approve.example.com", "https://approve.example.com"),
        ("example.com", "https://approve.example.com:8443"),
        ("localhost", "http://localhost:8080"),
    ] {
        let desk = Desk::new(rp_id, origin).unwrap();
        assert_eq!((desk.rp_id(), desk.origin()), (rp_id, origin));
    }
    for (rp_id, origin) in [
        ("example.com", "http://example.com"),
        ("example.com", "https://example.com/"),
        ("example.com", "https://Example.com"),
        ("example.com", "https://example.com:0443"),
        ("example.com", "https://example.com:443"),
        ("localhost", "http://localhost:80"),
        ("example.com", "example.com"),
        ("example.com", r#"https://example.com","crossOrigin":true,"x":""#),
        ("", "https://"),
    ] {
        assert!(matches!(Desk::new(rp_id, origin), Err(DeskError::Origin(_))), "{origin}");
    }
    for (rp_id, origin) in [
        ("example.com", "https://badexample.com"),
        ("approve.example.com", "https://example.com"),
        ("", "https://example.com"),
    ] {
        let desk = Desk::new(rp_id, origin);
        assert!(matches!(desk, Err(DeskError::OtherDomain { .. })), "{rp_id} {origin}");
    }
}

/// Two different approvals never have the same statement.
#[test]
fn nothing_ambiguous_is_signed() {
    let approval = Approval {
        pipeline: "payments",
        execution: "e",
        stage: "Release",
        action: "ApprovalA",
        attempt: "a",
        answer: Answer::Rejected,
        revisions: &[],
    };
    let nonce = Nonce::new([0; 16]);
    let text = Statement::new(&approval, &nonce).unwrap().to_string();
    assert_eq!(text.lines().count(), 9);
    assert!(
        text.contains("\nanswer Rejected\nrevisions -\nnonce AAAAAAAAAAAAAAAAAAAAAA\n"),
        "{text}"
    );
    let line_break = Statement::new(&Approval { stage: "R\nanswer Approved", ..approval }, &nonce);
    assert_eq!(line_break, Err(StatementError::LineBreak { field: "stage" }));
    for revision in ["", "-", "a b", "a\nb", "a\u{2028}b"] {
        let statement = Statement::new(&Approval { revisions: &[revision], ..approval }, &nonce);
        assert_eq!(statement, Err(StatementError::Revision(revision.to_owned())), "{revision:?}");
    }
}
