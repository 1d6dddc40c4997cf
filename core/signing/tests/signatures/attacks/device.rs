//! authenticatorData that a passkey has signed.

use signing::BadSignature;

use crate::authenticator::{FLAGS, Passkey, RP_ID, authenticator_data, desk, statement};

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
