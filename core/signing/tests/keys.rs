//! Which texts are signing keys, desks and statements.

#![cfg(test)]

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
}

#[test]
fn what_is_not_a_key_is_refused() {
    let cases = [
        ("", "is not a signing key"),
        ("alice", "is not a signing key"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==", "is not a signing key"),
        ("passkey:", "is not a credential id"),
        ("passkey:AA", "is not a credential id"),
        ("passkey::MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c", "credential id"),
        ("passkey:AA:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0", "credential id"),
        ("passkey:AB:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c", "credential id"),
        ("ssh-ed25519", "is not a public SSH key"),
        ("ssh-ed25519 AAAA", "is not a public SSH key"),
        (&SSH.replace("ssh-ed25519 ", "ecdsa-sha2-nistp256 "), "is not a public SSH key"),
        (&SSH.replace("BbD", "BbA"), ""),
        (&format!("{}AAAA", SSH), "is not a public SSH key"),
    ];
    for (text, problem) in cases {
        match key(text) {
            Err(error) => assert!(error.to_string().contains(problem), "{text}: {error}"),
            Ok(other) => assert!(problem.is_empty() && other != key(SSH).unwrap(), "{text}"),
        }
    }
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
