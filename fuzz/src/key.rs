//! Public keys of people, and what `ssh-keygen -Y sign` prints.

use std::sync::LazyLock;

use signing::{
    Answer, Approval, Desk, KeyError, Nonce, Signature, SigningKey, Statement, p256_of_pem,
};

/// A key, and a statement to sign with it.
static SIGNER: LazyLock<Option<(SigningKey, Statement)>> = LazyLock::new(|| {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";
    let approval = Approval {
        pipeline: "payments",
        execution: "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
        stage: "Release",
        action: "ApprovalA",
        attempt: "7d27f861-a187-4140-9485-44d76b5aa3e8",
        answer: Answer::Approved,
        revisions: &["5f1ab6f6"],
    };
    Some((key.parse().ok()?, Statement::new(&approval, &Nonce::new([7; 16])).ok()?))
});

/// A key is written as it is read, with the same id. Nobody's private key is quoted in an error. An
/// armoured signature becomes a word that is read as the same signature. A site is on its domain.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<SigningKey>() {
        Ok(key) => {
            let again = key.to_string().parse::<SigningKey>();
            assert_eq!(again.as_ref(), Ok(&key), "{key}");
            assert_eq!(again.map(|again| again.id()), Ok(key.id()));
        }
        Err(KeyError::Private) => {
            assert!(!KeyError::Private.to_string().contains("BEGIN"));
        }
        Err(error) => assert!(!error.to_string().contains(['\n', '\x1b']), "{error}"),
    }
    let _ = p256_of_pem(text);
    if let Some((rp_id, origin)) = text.split_once(' ')
        && let Ok(desk) = Desk::new(rp_id, origin)
    {
        assert!(desk.origin().contains(desk.rp_id()));
        assert!(!desk.origin().contains(char::is_whitespace));
    }
    let Some((key, statement)) = &*SIGNER else { return };
    if let Ok(signature) = Signature::from_sshsig(key, statement, text) {
        let word = signature.to_string();
        assert_eq!(Signature::from_comment(&word), Ok(Some(signature)), "{word}");
    }
}
