//! What lets a person into the desk answers nothing, and the reverse.

use signing::{BadSignature, Desk, Nonce, SignIn, SigningKey};

use crate::authenticator::{
    APPROVAL, FLAGS, ORIGIN, Passkey, RP_ID, authenticator_data, desk, statement,
};

fn sign_in() -> SignIn {
    SignIn::new(&desk(), &Nonce::new([5; 16]))
}

fn client_data(challenge: &str, origin: &str) -> String {
    format!(
        r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
    )
}

fn verified(
    passkey: &Passkey,
    key: &SigningKey,
    flags: u8,
    client_data: &str,
) -> Result<bool, BadSignature> {
    let assertion = passkey.assert(authenticator_data(RP_ID, flags, &[]), client_data);
    let proof = key.verify_sign_in(&sign_in(), &desk(), &assertion)?;
    Ok(proof.is_device_bound())
}

#[test]
fn a_passkey_lets_its_person_in_and_says_whether_it_can_be_synced() {
    for passkey in [Passkey::ed25519(), Passkey::p256()] {
        let usual = client_data(&sign_in().challenge(), ORIGIN);
        let verified = |flags| verified(&passkey, &passkey.public(), flags, &usual);
        assert_eq!(verified(FLAGS), Ok(true));
        assert_eq!(verified(FLAGS | 0x08), Ok(false));
        assert_eq!(verified(1), Err(BadSignature::NotVerified));
        assert_eq!(verified(4), Err(BadSignature::NobodyPresent));
    }
}

#[test]
fn an_answer_lets_nobody_in_and_a_sign_in_answers_nothing() {
    // The same nonce in both.
    assert_ne!(sign_in().challenge(), statement().challenge());
    let passkey = Passkey::ed25519();
    let answer = client_data(&statement().challenge(), ORIGIN);
    let signature = passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), &answer);
    assert!(passkey.public().verify(&APPROVAL, &signature, Some(&desk())).is_ok());
    let refused = verified(&passkey, &passkey.public(), FLAGS, &answer);
    assert_eq!(refused, Err(BadSignature::OtherStatement));
    let entering = client_data(&sign_in().challenge(), ORIGIN);
    let signature = passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), &entering);
    let refused = passkey.public().verify(&APPROVAL, &signature, Some(&desk()));
    assert_eq!(refused, Err(BadSignature::OtherStatement));
}

#[test]
fn another_challenge_key_or_desk_lets_nobody_in() {
    let (passkey, other) = (Passkey::ed25519(), Passkey::p256());
    let usual = client_data(&sign_in().challenge(), ORIGIN);
    let nonce = SignIn::new(&desk(), &Nonce::new([6; 16])).challenge();
    let elsewhere = Desk::new(RP_ID, "https://other.approve.example.com").unwrap();
    let there = SignIn::new(&elsewhere, &Nonce::new([5; 16])).challenge();
    let verified = |client_data: &str| verified(&passkey, &passkey.public(), FLAGS, client_data);
    for challenge in [&nonce, &there] {
        let refused = verified(&client_data(challenge, ORIGIN));
        assert_eq!(refused, Err(BadSignature::OtherStatement));
    }
    let refused = verified(&client_data(&sign_in().challenge(), elsewhere.origin()));
    assert_eq!(refused, Err(BadSignature::OtherSite));
    let refused = self::verified(&passkey, &other.public(), FLAGS, &usual);
    assert_eq!(refused, Err(BadSignature::NotSigned));
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";
    let refused = self::verified(&passkey, &ssh.parse().unwrap(), FLAGS, &usual);
    assert_eq!(refused, Err(BadSignature::OtherKind));
}
