//! Keys that should not be in a rule.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, KeyPair as _, UnparsedPublicKey};
use signing::{BadSignature, KeyError, NAMESPACE, Signature, SigningKey};

use crate::authenticator::{
    APPROVAL, FLAGS, Passkey, RP_ID, authenticator_data, desk, ed25519_pair, ed25519_spki,
    statement,
};
use crate::ssh::{self, SK_ED25519, line, our_preimage, preimage, strings};

fn listed(kind: &str, fields: &[&[u8]]) -> Result<SigningKey, KeyError> {
    line(kind, fields).parse()
}

/// The public keys of order 1, 2, 4 and 8, in all their encodings (RFC 8032, section 5.1.3).
fn small_keys() -> Vec<[u8; 32]> {
    let hex = |text: &str| -> [u8; 32] {
        let digits = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        let bytes = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap());
        bytes.collect::<Vec<u8>>().try_into().unwrap()
    };
    let positive = [
        hex(&"00".repeat(32)),
        hex(&format!("01{}", "00".repeat(31))),
        hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        hex(&format!("ec{}7f", "ff".repeat(30))),
        hex(&format!("ed{}7f", "ff".repeat(30))),
        hex(&format!("ee{}7f", "ff".repeat(30))),
    ];
    let negative = positive.map(|mut key| {
        key[31] |= 0x80;
        key
    });
    positive.into_iter().chain(negative).collect()
}

#[test]
fn a_key_for_which_anybody_can_sign_is_refused() {
    // The identity as the key and as R, and S = 0: good for every text.
    let identity = [&[1][..], &[0; 31]].concat();
    let forged = [&identity[..], &[0; 32]].concat();
    let ring = UnparsedPublicKey::new(&ED25519, &identity);
    assert!(ring.verify(b"approved", &forged).is_ok() && ring.verify(b"rejected", &forged).is_ok());

    for key in small_keys() {
        for listed in [
            SigningKey::ed25519(&key),
            SigningKey::passkey(&[1], &ed25519_spki(&key)),
            listed(ssh::ED25519, &[&key]),
            listed(SK_ED25519, &[&key, b"ssh:"]),
        ] {
            assert_eq!(listed, Err(KeyError::Weak), "{key:02x?}");
        }
    }
}

/// Such a key is a credential of a website, and its domain could ask for signatures.
#[test]
fn a_security_key_for_another_application_is_refused() {
    let pair = ed25519_pair();
    let public = pair.public_key().as_ref();
    for application in ["ssh:", "ssh:two-person-rule"] {
        assert!(listed(SK_ED25519, &[public, application.as_bytes()]).is_ok());
    }
    for application in ["", "ssh", "SSH:", "approve.example.com", "https://approve.example.com"] {
        let key = listed(SK_ED25519, &[public, application.as_bytes()]);
        assert_eq!(key, Err(KeyError::Application), "{application}");
    }
}

#[test]
fn a_key_in_another_form_than_its_type_is_refused() {
    const ECDSA: &str = "ecdsa-sha2-nistp256";
    let pair = ed25519_pair();
    let public = pair.public_key().as_ref();
    let long = [public, &[0]].concat();
    // On the curve or not: `ring` checks that when it verifies.
    let point = [&[4][..], &[1; 64]].concat();
    let compressed = [&[2][..], &[1; 32]].concat();
    let hybrid = [&[6][..], &[1; 64]].concat();
    assert!(
        listed(ssh::ED25519, &[public]).is_ok() && listed(ECDSA, &[b"nistp256", &point]).is_ok()
    );
    for (kind, fields) in [
        (ssh::ED25519, vec![&public[1..]]),
        (ssh::ED25519, vec![&long]),
        (ssh::ED25519, vec![]),
        (ssh::ED25519, vec![public, b""]),
        (SK_ED25519, vec![public]),
        (SK_ED25519, vec![public, b"ssh:", b""]),
        (ECDSA, vec![&point]),
        (ECDSA, vec![b"nistp384", &point]),
        (ECDSA, vec![b"nistp256", &compressed]),
        (ECDSA, vec![b"nistp256", &hybrid]),
        (ECDSA, vec![b"nistp256", &point[..64]]),
    ] {
        assert_eq!(listed(kind, &fields), Err(KeyError::SshForm(kind)), "{kind} {fields:02x?}");
    }
    let named = |text: &str| text.parse::<SigningKey>();
    let line = line(ssh::ED25519, &[public]);
    let other = line.replacen(ssh::ED25519, SK_ED25519, 1);
    assert_eq!(named(&other), Err(KeyError::SshForm(SK_ED25519)));
    let blob = strings(&[b"ssh-ed25518", public]);
    let other = format!("{} {}", ssh::ED25519, STANDARD.encode(&blob));
    assert_eq!(named(&other), Err(KeyError::SshForm(ssh::ED25519)));

    let spki = ed25519_spki(public);
    assert!(SigningKey::passkey(&[1], &spki).is_ok());
    for other in [&spki[1..], &spki[..43], &[&spki[..], &[0]].concat(), public, &point, b""] {
        assert_eq!(SigningKey::passkey(&[1], other), Err(KeyError::Spki), "{other:02x?}");
    }
    assert_eq!(SigningKey::passkey(&[], &spki), Err(KeyError::CredentialId));
}

/// The same private half signs other bytes as a passkey and as an SSH key.
#[test]
fn a_signature_for_one_form_of_a_key_is_bad_for_the_other() {
    let passkey = Passkey::ed25519();
    let pair = ed25519_pair();
    let ssh = SigningKey::ed25519(pair.public_key().as_ref()).unwrap();
    assert_eq!(ssh.public_key(), passkey.public().public_key());

    let by_passkey =
        passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), &desk().client_data(&statement()));
    let signature = pair.sign(&statement().sshsig_bytes());
    let by_ssh = Signature::from_ed25519(ssh.id(), &statement(), signature.as_ref());
    assert!(passkey.verify(&by_passkey).is_ok());
    assert!(ssh.verify(&APPROVAL, &by_ssh, None).is_ok());

    let renamed = |signature: &Signature, from: &SigningKey, to: &SigningKey| {
        let word = signature.to_string().replace(&from.id().to_string(), &to.id().to_string());
        Signature::from_comment(&word).unwrap().unwrap()
    };
    let other = renamed(&by_passkey, &passkey.public(), &ssh);
    assert_eq!(ssh.verify(&APPROVAL, &other, None), Err(BadSignature::OtherKind));
    let other = renamed(&by_ssh, &ssh, &passkey.public());
    assert_eq!(passkey.verify(&other), Err(BadSignature::OtherKind));
}

/// SSH keys also sign Git commits, files and logins.
#[test]
fn an_ssh_signature_for_another_purpose_is_bad() {
    let pair = ed25519_pair();
    let key = SigningKey::ed25519(pair.public_key().as_ref()).unwrap();
    let statement = statement();
    assert_eq!(our_preimage(), statement.sshsig_bytes());
    let verify = |signed: &[u8]| {
        let signature = pair.sign(signed);
        let signature = Signature::from_ed25519(key.id(), &statement, signature.as_ref());
        key.verify(&APPROVAL, &signature, None).map(drop)
    };
    assert_eq!(verify(&statement.sshsig_bytes()), Ok(()));
    for other in [
        preimage("git", b"", "sha512"),
        preimage("file", b"", "sha512"),
        preimage("two-person-rule2", b"", "sha512"),
        preimage(NAMESPACE, b"x", "sha512"),
        preimage(NAMESPACE, b"", "sha256"),
        statement.as_bytes().to_vec(),
    ] {
        assert_eq!(verify(&other), Err(BadSignature::NotSigned));
    }
}
