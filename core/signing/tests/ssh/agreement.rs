//! Thousands of changed signatures of each type, given to `ssh-keygen -Y verify` and to us.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signing::{KeyError, NAMESPACE, Nonce, Signature, SigningKey, SshsigError, Statement};

use crate::keygen::{APPROVAL, Keygen};
use crate::security_key::{Device, TOUCHED};
use crate::sshsig::{Parts, armoured, strings};

/// What `ssh-keygen` accepts and we do not. None of it changes what was signed.
const STRICTER: [&str; 9] = [
    // It accepts every version up to its own.
    "version: 0",
    // It reads these as C strings, which may end with a zero.
    "namespace: a zero after",
    "hash: a zero after",
    "algorithm: a zero after",
    // It skips the field, which is for later versions of the format.
    "reserved: one byte",
    "reserved: 32 bytes",
    "reserved: a zero before",
    "reserved: two zeros before",
    "reserved: 128 in front",
];

/// What both accept: the numbers of an ECDSA signature may begin with zeros.
const BOTH: [&str; 4] =
    ["r: a zero before", "r: two zeros before", "s: a zero before", "s: two zeros before"];

/// The least number of changes of each type.
const CHANGES: usize = 505;

/// Where the last byte of the version is, after the magic.
const VERSION: usize = 9;

/// A key, two SSHSIGs over two statements, and a folder to run `ssh-keygen` in.
struct Subject {
    keygen: Keygen,
    key: SigningKey,
    statement: Statement,
    sshsig: Vec<u8>,
    other: Vec<u8>,
}

fn statements() -> [Statement; 2] {
    [7, 8].map(|byte| Statement::new(&APPROVAL, &Nonce::new([byte; 16])).unwrap())
}

impl Subject {
    fn on_disk(kind: &str) -> Self {
        let (keygen, [statement, other]) = (Keygen::new(kind), statements());
        let (sshsig, other) = (keygen.sign(&statement), keygen.sign(&other));
        Self { key: keygen.public(), keygen, statement, sshsig, other }
    }

    fn on_device(device: &Device) -> Self {
        let [statement, other] = statements();
        let (sshsig, other) = (device.sshsig(&statement, TOUCHED), device.sshsig(&other, TOUCHED));
        let (line, keygen) = (device.line(), Keygen::with_public(&device.line()));
        Self { keygen, key: line.parse().unwrap(), statement, sshsig, other }
    }

    fn we_accept(&self, sshsig: &[u8]) -> bool {
        Signature::from_sshsig(&self.key, &self.statement, &armoured(sshsig)).is_ok_and(
            |signature| {
                let read = Signature::from_comment(&signature.to_string()).unwrap().unwrap();
                self.key.verify(&APPROVAL, &read, None).is_ok()
            },
        )
    }

    fn they_accept(&self, sshsig: &[u8]) -> bool {
        self.keygen.verifies(&self.statement, &armoured(sshsig))
    }

    /// Each change with its name.
    fn changes(&self) -> Vec<(String, Vec<u8>)> {
        let mut changes = self.changed_fields();
        // One bit each, all over the SSHSIG, so that there are enough. The version has its own.
        let bits: Vec<usize> =
            (0..self.sshsig.len() * 8).filter(|bit| bit / 8 != VERSION).collect();
        let wanted = CHANGES.saturating_sub(changes.len()).min(bits.len());
        changes.extend((0..wanted).map(|change| {
            let bit = bits[change * bits.len() / wanted];
            let mut changed = self.sshsig.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            (format!("bit {bit}"), changed)
        }));
        changes
    }

    fn is_ecdsa(&self) -> bool {
        self.key.to_string().contains("ecdsa")
    }

    fn changed_fields(&self) -> Vec<(String, Vec<u8>)> {
        let (whole, other) = (Parts::of_sshsig(&self.sshsig), Parts::of_sshsig(&self.other));
        let mut changes = Vec::new();
        let mut add = |part: &str, change: &str, changed: Vec<u8>| {
            changes.push((format!("{part}: {change}"), changed));
        };
        for version in [0, 2, 3, 255] {
            let mut changed = self.sshsig.clone();
            changed[VERSION] = version;
            add("version", &version.to_string(), changed);
        }
        let names = ["public key", "namespace", "reserved", "hash", "blob"];
        for (place, name) in names.iter().enumerate() {
            for (what, field) in fields(&whole.fields[place], &other.fields[place]) {
                add(name, what, whole.with(place, field).bytes());
            }
        }
        for (what, after) in afters(&whole.after) {
            add("after the SSHSIG", what, whole.followed_by(after).bytes());
        }
        let (blob, other) = (Parts::of_blob(&whole.fields[4]), Parts::of_blob(&other.fields[4]));
        let with_blob = |blob: &Parts| whole.with(4, blob.bytes()).bytes();
        for (place, name) in ["algorithm", "value"].iter().enumerate() {
            for (what, field) in fields(&blob.fields[place], &other.fields[place]) {
                add(name, what, with_blob(&blob.with(place, field)));
            }
        }
        for (what, after) in afters(&blob.after) {
            add("after the value", what, with_blob(&blob.followed_by(after)));
        }
        if !self.is_ecdsa() {
            return changes;
        }
        let numbers = Parts::of_numbers(&blob.fields[1]);
        let other = Parts::of_numbers(&other.fields[1]);
        let with_numbers = |numbers: &Parts| with_blob(&blob.with(1, numbers.bytes()));
        for (place, name) in ["r", "s"].iter().enumerate() {
            for (what, field) in fields(&numbers.fields[place], &other.fields[place]) {
                add(name, what, with_numbers(&numbers.with(place, field)));
            }
        }
        for (what, after) in afters(&numbers.after) {
            add("after s", what, with_numbers(&numbers.followed_by(after)));
        }
        changes
    }
}

/// Changes of a field, given that of another SSHSIG.
fn fields(field: &[u8], other: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut changed = vec![
        ("one byte", vec![1]),
        ("32 bytes", vec![1; 32]),
        ("a zero before", [&[0], field].concat()),
        ("two zeros before", [&[0, 0], field].concat()),
        ("a zero after", [field, &[0]].concat()),
        ("twice", [field, field].concat()),
        ("that of another SSHSIG", other.to_vec()),
        ("that of another SSHSIG and a byte", [other, &[1]].concat()),
        ("128 in front", [&[128], field].concat()),
    ];
    if let ([_, first @ ..], [last @ .., _]) = (field, field) {
        changed.extend([
            ("empty", Vec::new()),
            ("without its first byte", first.to_vec()),
            ("without its last byte", last.to_vec()),
            ("zeros", vec![0; field.len()]),
            ("ones", vec![0xff; field.len()]),
            ("reversed", field.iter().rev().copied().collect()),
        ]);
    }
    let mut seen = BTreeSet::from([field.to_vec()]);
    changed.retain(|(_, changed)| seen.insert(changed.clone()));
    changed
}

/// Changes of what follows the last field.
fn afters(after: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut changed = fields(after, after);
    changed.push(("another byte", [after, &[0x05]].concat()));
    changed
}

/// Both accept the same, except for what is listed.
fn agrees(subject: &Subject) {
    assert!(subject.we_accept(&subject.sshsig) && subject.they_accept(&subject.sshsig));
    assert!(!subject.we_accept(&subject.other) && !subject.they_accept(&subject.other));
    let changes = subject.changes();
    assert!(changes.len() >= CHANGES, "{}", changes.len());
    let (mut both, mut they, mut we) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (what, changed) in &changes {
        match (subject.we_accept(changed), subject.they_accept(changed)) {
            (true, true) => both.insert(what.as_str()),
            (false, true) => they.insert(what.as_str()),
            (true, false) => we.insert(what.as_str()),
            (false, false) => false,
        };
    }
    assert_eq!(we, BTreeSet::new(), "only we accept");
    assert_eq!(they, BTreeSet::from(STRICTER), "only ssh-keygen accepts");
    let expected = BTreeSet::from(BOTH).into_iter().filter(|_| subject.is_ecdsa()).collect();
    assert_eq!(both, expected, "both accept");
}

#[test]
fn ssh_keygen_and_we_agree_on_ed25519() {
    agrees(&Subject::on_disk("ed25519"));
}

#[test]
fn ssh_keygen_and_we_agree_on_ecdsa() {
    agrees(&Subject::on_disk("ecdsa"));
}

#[test]
fn ssh_keygen_and_we_agree_on_ed25519_of_a_security_key() {
    let [ed25519, _] = Device::all();
    agrees(&Subject::on_device(&ed25519));
}

#[test]
fn ssh_keygen_and_we_agree_on_ecdsa_of_a_security_key() {
    let [_, ecdsa] = Device::all();
    agrees(&Subject::on_device(&ecdsa));
}

/// Signatures of other forms that `ssh-keygen` makes or accepts.
#[test]
fn what_only_ssh_keygen_accepts_is_refused_with_a_reason() {
    let [statement, _] = statements();
    let keygen = Keygen::new("ed25519");
    let output = keygen.armoured(&statement, &["-n", NAMESPACE, "-O", "hashalg=sha256"]);
    assert!(keygen.verifies(&statement, &output));
    let ours = Signature::from_sshsig(&keygen.public(), &statement, &output);
    assert_eq!(ours, Err(SshsigError::Hash("sha256".to_owned())));

    // The identity as the key and as R, and S = 0: good for every text.
    let identity = [&[1][..], &[0; 31]].concat();
    let blob = strings(&[&b"ssh-ed25519"[..], &identity]);
    let signature = strings(&[&b"ssh-ed25519"[..], &[&identity[..], &[0; 32]].concat()]);
    let fields = [&blob[..], NAMESPACE.as_bytes(), b"", b"sha512", &signature];
    let sshsig = [b"SSHSIG\0\0\0\x01", &strings(&fields)[..]].concat();
    let line = format!("ssh-ed25519 {}", STANDARD.encode(&blob));
    assert!(Keygen::with_public(&line).verifies(&statement, &armoured(&sshsig)));
    assert_eq!(line.parse::<SigningKey>(), Err(KeyError::Weak));

    // A credential of a website, used as an SSH key.
    for device in Device::all().map(|device| device.of("approve.example.com")) {
        let sshsig = armoured(&device.sshsig(&statement, TOUCHED));
        assert!(Keygen::with_public(&device.line()).verifies(&statement, &sshsig));
        assert_eq!(device.line().parse::<SigningKey>(), Err(KeyError::Application));
    }
}
