//! authenticatorData that a passkey has signed, and signatures in other encodings.

use signing::{BadSignature, Signature};

use crate::authenticator::{APPROVAL, FLAGS, Passkey, RP_ID, authenticator_data, desk, statement};

fn signed(data: Vec<u8>) -> Result<(), BadSignature> {
    let passkey = Passkey::ed25519();
    let signature = passkey.sign(data, &desk().client_data(&statement()));
    passkey.verify(&signature).map(drop)
}

/// Bits: present 1, verified 4, may be synced 8, is synced 16, attested data 64, extensions 128.
#[test]
fn all_256_combinations_of_flags_mean_what_webauthn_says() {
    let mut good = 0;
    for flags in 0..=u8::MAX {
        for rest in [&[][..], &[0xa0]] {
            let result = signed(authenticator_data(RP_ID, flags, rest));
            let has = |bit: u8| flags & bit != 0;
            let synced_but_cannot_be = has(16) && !has(8);
            let expected = if !has(1) {
                Err(BadSignature::NobodyPresent)
            } else if !has(4) {
                Err(BadSignature::NotVerified)
            } else if synced_but_cannot_be || has(64) || has(128) == rest.is_empty() {
                Err(BadSignature::Form)
            } else {
                Ok(())
            };
            assert_eq!(result, expected, "{flags:#010b} {rest:?}");
            good += usize::from(result.is_ok());
        }
    }
    // Two free bits, three states of backup, with and without extensions.
    assert_eq!(good, 4 * 3 * 2);
}

#[test]
fn a_passkey_of_another_domain_is_of_another_site() {
    for rp_id in ["", "example.com", "evil.example", "APPROVE.example.com", "https://x"] {
        let result = signed(authenticator_data(rp_id, FLAGS, &[]));
        assert_eq!(result, Err(BadSignature::OtherSite), "{rp_id}");
    }
}

#[test]
fn cut_authenticator_data_is_refused() {
    let whole = authenticator_data(RP_ID, FLAGS, &[]);
    for length in 0..whole.len() {
        let cut = whole.get(..length).unwrap().to_vec();
        assert_eq!(signed(cut), Err(BadSignature::Form), "{length}");
    }
}

/// The order of P-256 (FIPS 186-5; SEC 2, section 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order minus a number, both big-endian.
fn negated(number: &[u8]) -> Vec<u8> {
    let padded = [&vec![0; 32 - number.len()][..], number].concat();
    let mut borrow = 0;
    let mut difference: Vec<u8> = ORDER
        .iter()
        .zip(&padded)
        .rev()
        .map(|(from, take)| {
            let left = i16::from(*from) - i16::from(*take) - borrow;
            borrow = i16::from(left < 0);
            u8::try_from(left.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

/// A positive INTEGER of DER.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let sign: &[u8] = if number[0] & 0x80 != 0 { &[0] } else { &[] };
    let length = u8::try_from(sign.len() + number.len()).unwrap();
    [&[2, length], sign, number].concat()
}

fn sequence(content: &[u8]) -> Vec<u8> {
    [&[0x30, u8::try_from(content.len()).unwrap()], content].concat()
}

/// The two numbers of an ECDSA signature.
fn numbers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let r_end = 4 + usize::from(der[3]);
    let strip = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
    (strip(&der[4..r_end]), strip(&der[r_end + 2..]))
}

/// Everybody can compute the second signature from the first. It says the same, so that nothing is
/// gained: a signature is not an identity.
#[test]
fn the_second_ecdsa_signature_is_good_for_the_same_statement_only() {
    let passkey = Passkey::p256();
    let client_data = desk().client_data(&statement());
    let word = passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), &client_data).to_string();
    let signature = word.trim_end_matches(']').rsplit('.').next().unwrap();
    let (r, s) = numbers(&crate::comment::decode(signature));

    let verify = |der: &[u8]| {
        let other = word.replace(signature, &crate::comment::encode(der));
        let other = Signature::from_comment(&other).unwrap().unwrap();
        let action = signing::Approval { action: "ApprovalB", ..APPROVAL };
        assert!(passkey.public().verify(&action, &other, Some(&desk())).is_err());
        passkey.verify(&other).map(drop)
    };
    let der = |r: &[u8], s: &[u8]| sequence(&[integer(r), integer(s)].concat());
    assert_eq!(verify(&der(&r, &s)), Ok(()));
    assert_eq!(verify(&der(&r, &negated(&s))), Ok(()));
    for wrong in [
        der(&negated(&r), &s),
        der(&s, &r),
        der(&r, &ORDER),
        der(&ORDER, &s),
        sequence(&[integer(&r), vec![2, 1, 0]].concat()),
        sequence(&[vec![2, 1, 0], vec![2, 1, 0]].concat()),
    ] {
        assert_eq!(verify(&wrong), Err(BadSignature::NotSigned), "{wrong:02x?}");
    }
}

/// DER has one encoding of a signature.
#[test]
fn no_other_encoding_of_an_ecdsa_signature_is_good() {
    let passkey = Passkey::p256();
    let client_data = desk().client_data(&statement());
    let word = passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), &client_data).to_string();
    let signature = word.trim_end_matches(']').rsplit('.').next().unwrap();
    let (r, s) = numbers(&crate::comment::decode(signature));
    let (first, second) = (integer(&r), integer(&s));
    let zero_before = |number: &[u8]| [&[2, number[1] + 1, 0], number.get(2..).unwrap()].concat();
    let content = [&first[..], &second].concat();
    let length = u8::try_from(content.len()).unwrap();
    for other in [
        sequence(&[&zero_before(&first)[..], &second].concat()),
        sequence(&[&first[..], &zero_before(&second)].concat()),
        [&[0x30, 0x81, length], &content[..]].concat(),
        [&[0x30, 0x80], &content[..], &[0, 0]].concat(),
        [&sequence(&content)[..], &[0]].concat(),
        sequence(&[&content[..], &[2, 1, 0]].concat()),
        [&vec![0; 32 - r.len()][..], &r, &vec![0; 32 - s.len()], &s].concat(),
    ] {
        let other = word.replace(signature, &crate::comment::encode(&other));
        let other = Signature::from_comment(&other).unwrap().unwrap();
        assert_eq!(passkey.verify(&other), Err(BadSignature::NotSigned), "{other}");
    }
}
