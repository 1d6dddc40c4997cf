//! Cases that a key has really signed: what a broken authenticator, another site or another
//! program could have made. Changed bits of a good signature do not show that these are refused.

use ring::digest::{SHA256, SHA512, digest};
use signing::{NAMESPACE, Signature, SigningKey};

use super::file::Signed;
use crate::authenticator::{
    APPROVAL, FLAGS, ORIGIN, Passkey, RP_ID, authenticator_data, desk, ed25519_pair, statement,
};
use crate::case::{Case, Facts, Site};
use crate::codec::encode;
use crate::ssh::{
    ED25519, ed25519_line, line, our_preimage, preimage, security_key_blob, security_key_line,
    security_key_preimage, strings,
};

pub(super) fn cases() -> Vec<Signed> {
    let mut cases = Vec::new();
    devices(&mut cases);
    browsers(&mut cases);
    ssh_keys(&mut cases);
    security_keys(&mut cases);
    cases
}

fn add(cases: &mut Vec<Signed>, what: &str, ok: bool, key: String, signature: &Signature) {
    let facts = Facts {
        pipeline: APPROVAL.pipeline.to_owned(),
        execution: APPROVAL.execution.to_owned(),
        stage: APPROVAL.stage.to_owned(),
        action: APPROVAL.action.to_owned(),
        attempt: APPROVAL.attempt.to_owned(),
        answer: APPROVAL.answer.as_str().to_owned(),
        revisions: APPROVAL.revisions.iter().map(|one| (*one).to_owned()).collect(),
    };
    let desk = Some(Site { rp_id: RP_ID.to_owned(), origin: ORIGIN.to_owned() });
    let case = Case { signing_key: key, desk, facts, comment: signature.to_string() };
    cases.push(Signed { what: what.to_owned(), ok, case });
}

fn devices(cases: &mut Vec<Signed>) {
    let passkey = Passkey::ed25519();
    let usual = desk().client_data(&statement());
    let mut device = |what, ok, rp_id: &str, flags, rest: &[u8]| {
        let signature = passkey.sign(authenticator_data(rp_id, flags, rest), &usual);
        add(cases, what, ok, passkey.public().to_string(), &signature);
    };
    device("passkey: user present and verified", true, RP_ID, FLAGS, &[]);
    device("passkey: it may be synced", true, RP_ID, FLAGS | 0x08, &[]);
    device("passkey: it is synced", true, RP_ID, FLAGS | 0x18, &[]);
    device("passkey: extensions", true, RP_ID, FLAGS | 0x80, &[0xa0]);
    device("passkey: nobody present", false, RP_ID, 0x04, &[]);
    device("passkey: user not verified", false, RP_ID, 0x01, &[]);
    device("passkey: it is synced but may not be", false, RP_ID, FLAGS | 0x10, &[]);
    device("passkey: attested credential data", false, RP_ID, FLAGS | 0x40, &[0; 18]);
    device("passkey: the flag without extensions", false, RP_ID, FLAGS | 0x80, &[]);
    device("passkey: extensions without the flag", false, RP_ID, FLAGS, &[0xa0]);
    device("passkey: another domain", false, "example.com", FLAGS, &[]);
    let mut cut = authenticator_data(RP_ID, FLAGS, &[]);
    cut.pop();
    let signature = passkey.sign(cut, &usual);
    let key = passkey.public().to_string();
    add(cases, "passkey: authenticatorData cut by a byte", false, key, &signature);
}

fn browsers(cases: &mut Vec<Signed>) {
    let passkey = Passkey::ed25519();
    let usual = desk().client_data(&statement());
    let challenge = usual.split('"').nth(7).unwrap();
    let mut browser = |what: &str, ok, client_data: &str| {
        let signature = passkey.sign(authenticator_data(RP_ID, FLAGS, &[]), client_data);
        let what = format!("clientDataJSON: {what}");
        add(cases, &what, ok, passkey.public().to_string(), &signature);
    };
    let with = |part: &str, replacement: &str| usual.replacen(part, replacement, 1);
    browser("white space", true, &with("{", " {\n"));
    browser("another member", true, &with("}", r#","extra":{"type":"webauthn.create"}}"#));
    browser("without crossOrigin", true, &with(r#","crossOrigin":false"#, ""));
    browser("escapes", true, &with("webauthn.get", r"webauthn\u002eget"));
    browser("another type", false, &with("webauthn.get", "webauthn.create"));
    browser("without a type", false, &with(r#""type":"webauthn.get","#, ""));
    browser("a second type before", false, &with("{", r#"{"type":"webauthn.create","#));
    browser("a second type after", false, &with("}", r#","type":"webauthn.create"}"#));
    browser("a second type, escaped", false, &with("}", r#","t\u0079pe":"webauthn.create"}"#));
    browser("the same type twice", false, &with("{", r#"{"type":"webauthn.get","#));
    browser("a second challenge", false, &with("}", r#","challenge":"AA"}"#));
    browser("another challenge", false, &with(challenge, &"A".repeat(43)));
    browser("a padded challenge", false, &with(challenge, &format!("{challenge}=")));
    browser("another origin", false, &with(ORIGIN, "https://evil.example"));
    browser("a path after the origin", false, &with(ORIGIN, "https://approve.example.com/"));
    browser("a port", false, &with(ORIGIN, "https://approve.example.com:8443"));
    browser("crossOrigin is true", false, &with("false", "true"));
    browser("crossOrigin is a text", false, &with("false", r#""false""#));
    browser("topOrigin", false, &with("false", r#"false,"topOrigin":"https://evil.example""#));
    browser("two objects", false, &with("}", "}{}"));
    browser("not an object", false, &format!(r#"["webauthn.get","{challenge}","{ORIGIN}",false]"#));
}

fn ssh_keys(cases: &mut Vec<Signed>) {
    let mut ssh = |what: &str, ok, signed: &[u8]| {
        let key: SigningKey = ed25519_line().parse().unwrap();
        let signature = ed25519_pair().sign(signed);
        let signature = Signature::from_ed25519(key.id(), &statement(), signature.as_ref());
        add(cases, &format!("SSH: {what}"), ok, key.to_string(), &signature);
    };
    ssh("our namespace", true, &our_preimage());
    ssh("the namespace `git`", false, &preimage("git", b"", "sha512"));
    ssh("the namespace `file`", false, &preimage("file", b"", "sha512"));
    ssh("a reserved field", false, &preimage(NAMESPACE, b"x", "sha512"));
    ssh("the hash sha256", false, &preimage(NAMESPACE, b"", "sha256"));
    ssh("the statement itself", false, statement().as_bytes());
    ssh("its hash", false, digest(&SHA512, statement().as_bytes()).as_ref());

    // The identity as the key and as R, and S = 0: good for every text. The id is the key's.
    let identity = [&[1][..], &[0; 31]].concat();
    let weak = line(ED25519, &[&identity]);
    let weak_id = digest(&SHA256, &strings(&[ED25519.as_bytes(), &identity]));
    let weak_id = encode(&weak_id.as_ref()[..8]);
    let key: SigningKey = ed25519_line().parse().unwrap();
    let forged = [&identity[..], &[0; 32]].concat();
    let forged = Signature::from_ed25519(key.id(), &statement(), &forged).to_string();
    let forged = forged.replace(&key.id().to_string(), &weak_id);
    let forged = Signature::from_comment(&forged).unwrap().unwrap();
    add(cases, "SSH: a key for which anybody can sign", false, weak, &forged);
}

fn security_keys(cases: &mut Vec<Signed>) {
    let mut device = |what: &str, ok, blob: Vec<u8>| {
        let key: SigningKey = security_key_line("ssh:").parse().unwrap();
        let signature = Signature::from_ssh(key.id(), &statement(), blob);
        add(cases, &format!("security key: {what}"), ok, key.to_string(), &signature);
    };
    let signed = |flags| security_key_preimage("ssh:", flags, &our_preimage());
    device("user present", true, security_key_blob(&signed(0x01), 0x01));
    device("user present and verified", true, security_key_blob(&signed(0x05), 0x05));
    device("nobody present", false, security_key_blob(&signed(0x00), 0x00));
    device("only verified", false, security_key_blob(&signed(0x04), 0x04));
    device("presence claimed later", false, security_key_blob(&signed(0x00), 0x01));
    device("verification claimed later", false, security_key_blob(&signed(0x01), 0x05));
    device("as a key on disk", false, security_key_blob(&our_preimage(), 0x01));
    let website = security_key_preimage("approve.example.com", 0x01, &our_preimage());
    device("another application", false, security_key_blob(&website, 0x01));
    let git = security_key_preimage("ssh:", 0x01, &preimage("git", b"", "sha512"));
    device("the namespace `git`", false, security_key_blob(&git, 0x01));
    let mut cut = security_key_blob(&signed(0x01), 0x01);
    cut.truncate(cut.len() - 5);
    device("without flags", false, cut);
}
