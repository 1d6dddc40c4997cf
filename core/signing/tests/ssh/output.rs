//! What `ssh-keygen -Y sign` writes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signing::{NAMESPACE, Nonce, Signature, SigningKey, SshsigError, Statement};

use crate::keygen::{APPROVAL, Keygen};
use crate::sshsig::Parts;

fn statement() -> Statement {
    Statement::new(&APPROVAL, &Nonce::new([3; 16])).unwrap()
}

#[test]
fn the_output_of_ssh_keygen_becomes_a_signature() {
    for kind in ["ed25519", "ecdsa"] {
        let keygen = Keygen::new(kind);
        let armoured = keygen.armoured(&statement(), &["-n", NAMESPACE]);
        for text in [armoured.clone(), armoured.replace('\n', "\r\n"), format!("\n{armoured}\n")] {
            let signature = Signature::from_sshsig(&keygen.public(), &statement(), &text).unwrap();
            let comment = format!("ok {signature}");
            let read = Signature::from_comment(&comment).unwrap().unwrap();
            assert!(keygen.public().verify(&APPROVAL, &read, None).is_ok(), "{kind}");
        }
    }
}

#[test]
fn an_output_for_another_purpose_is_refused_with_what_to_do() {
    let keygen = Keygen::new("ed25519");
    let read =
        |text: &str| Signature::from_sshsig(&keygen.public(), &statement(), text).unwrap_err();
    let sign = |arguments: &[&str]| keygen.armoured(&statement(), arguments);

    let other = read(&sign(&["-n", "git"]));
    assert_eq!(other, SshsigError::Namespace("git".to_owned()));
    assert!(other.to_string().contains("-n two-person-rule"), "{other}");

    let other = read(&sign(&["-n", NAMESPACE, "-O", "hashalg=sha256"]));
    assert_eq!(other, SshsigError::Hash("sha256".to_owned()));
    assert!(other.to_string().contains("-O hashalg=sha512"), "{other}");

    let other = read(&Keygen::new("ed25519").armoured(&statement(), &["-n", NAMESPACE]));
    assert_eq!(other, SshsigError::OtherKey(keygen.public().to_string()));
    assert!(other.to_string().contains(&keygen.public().to_string()), "{other}");

    let passkey: SigningKey =
        "passkey:AA:MCowBQYDK2VwAyEAHtWAiyZ3YQ6RMtDm9bqDg3Xkqu6NEKOf-qlKqGwzG0c".parse().unwrap();
    let output = sign(&["-n", NAMESPACE]);
    let other = Signature::from_sshsig(&passkey, &statement(), &output);
    assert_eq!(other, Err(SshsigError::OtherKey(passkey.to_string())));
}

#[test]
fn a_damaged_output_is_refused() {
    let keygen = Keygen::new("ed25519");
    let output = keygen.armoured(&statement(), &["-n", NAMESPACE]);
    let read = |text: &str| Signature::from_sshsig(&keygen.public(), &statement(), text);
    assert!(read(&output).is_ok());

    let (begin, end) = (output.lines().next().unwrap(), output.lines().next_back().unwrap());
    for text in [
        "",
        "signed",
        output.strip_prefix('-').unwrap(),
        output.trim_end().strip_suffix('-').unwrap(),
        begin,
    ] {
        assert_eq!(read(text), Err(SshsigError::NotArmoured), "{text}");
    }
    let body: String = output.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = STANDARD.decode(&body).unwrap();
    let armour = |bytes: &[u8]| format!("{begin}\n{}\n{end}\n", STANDARD.encode(bytes));
    for length in 0..bytes.len() {
        assert_eq!(read(&armour(&bytes[..length])), Err(SshsigError::Form), "{length}");
    }
    for text in [
        armour(&[&bytes[..], &[0]].concat()),
        output.replace("U1NIU0lH", "U1NIU0l!"),
        format!("{begin}\n{body}==\n{end}"),
        format!("{output}{output}"),
    ] {
        assert_eq!(read(&text), Err(SshsigError::Form), "{text}");
    }
    let mut newer = bytes.clone();
    newer[9] = 2;
    assert_eq!(read(&armour(&newer)), Err(SshsigError::Version(2)));

    let blob = Parts::of_sshsig(&bytes).with(4, Vec::new()).bytes();
    assert_eq!(read(&armour(&blob)), Err(SshsigError::Form));

    // A reserved field that is not empty, as a later version of the format may have.
    let filled = Parts::of_sshsig(&bytes).with(2, vec![b'x']).bytes();
    assert_eq!(read(&armour(&filled)), Err(SshsigError::Form));
}
