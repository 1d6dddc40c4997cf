//! Which headers are read.

use std::io::Cursor;

use names::KmsKeyArn;
use seal::{
    File, FileName, Header, HeaderError, MAX_FILES, MAX_HEADER, OpenError, Sealed, WrappedKey,
    are_related,
};
use serde_json::{Value, json};

use super::{KEY, context, files, wrapped};

fn good() -> Value {
    json!({
        "schemaVersion": 1,
        "context": {"pipeline": "payments", "revision": "5f1ab6f6", "environment": "prod"},
        "keys": [{"key": KEY, "wrapped": "AQID"}],
        "files": [{"name": "db.password", "size": 7}],
    })
}

fn refused(header: &Value) -> String {
    match Header::parse(header.to_string().as_bytes()) {
        Err(OpenError::NotSealed(why)) => why.to_string(),
        Err(other) => other.to_string(),
        Ok(header) => panic!("{header:?}"),
    }
}

#[test]
fn a_header_without_a_part_or_with_another_value_is_refused() {
    assert!(Header::parse(good().to_string().as_bytes()).is_ok());
    for (place, values) in [
        ("/schemaVersion", vec![json!(0), json!(2), json!("1"), json!(null), json!(-1)]),
        ("/context/pipeline", vec![json!(""), json!("a b"), json!("a/b"), json!(7)]),
        ("/context/revision", vec![json!(""), json!("a\nb"), json!("x".repeat(1025))]),
        ("/context/environment", vec![json!(""), json!("prod\u{0}"), json!("\u{85}")]),
        ("/keys", vec![json!([]), json!({})]),
        ("/keys/0/key", vec![json!(""), json!("alias/seal"), json!("arn:aws:kms:*:1:key/x")]),
        ("/keys/0/wrapped", vec![json!(""), json!("AQI"), json!("AQJ="), json!("A-ID")]),
        ("/files", vec![json!([]), json!({})]),
        ("/files/0/name", vec![json!("../x"), json!("/x"), json!("a\u{0}")]),
        ("/files/0/size", vec![json!(-1), json!(1.5), json!("7"), json!(null)]),
    ] {
        for value in values {
            let mut header = good();
            *header.pointer_mut(place).unwrap() = value.clone();
            assert!(!refused(&header).is_empty(), "{place} {value}");
        }
        let mut header = good();
        let (parent, member) = place.rsplit_once('/').unwrap();
        header.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
        assert!(!refused(&header).is_empty(), "without {place}");
    }
    for place in ["", "/context", "/keys/0", "/files/0"] {
        let mut header = good();
        header.pointer_mut(place).unwrap()["more"] = json!(1);
        assert!(refused(&header).contains("unknown field `more`"), "{place}");
    }
    let twice = good().to_string().replace(r#""size":7"#, r#""size":7,"size":8"#);
    assert!(Header::parse(twice.as_bytes()).is_err());
}

#[test]
fn another_version_is_named() {
    let mut header = good();
    header["schemaVersion"] = json!(2);
    header["compressed"] = json!(true);
    assert!(refused(&header).contains("the version 2"), "{}", refused(&header));
}

#[test]
fn a_name_is_one_file_in_one_directory_on_every_system() {
    for name in ["db.password", ".env", "a", "A@b=c+d-e_f.g", "..a", &"x".repeat(255)] {
        assert!(FileName::is_valid(name), "{name}");
    }
    for name in [
        "",
        ".",
        "..",
        "...",
        "a.",
        "../a",
        "a/b",
        "/a",
        "a\\b",
        "C:a",
        "a:b",
        "a b",
        "a ",
        "a\n",
        "a\0",
        "\u{7f}",
        "ä",
        "a\u{301}",
        "~",
        "*",
        "?",
        "\"",
        "<",
        "|",
        "$(id)",
        "%",
        "`",
        &"x".repeat(256),
    ] {
        assert!(!FileName::is_valid(name), "{name:?}");
    }
}

#[test]
fn nothing_is_there_twice_and_nothing_is_too_much() {
    let with = |keys, files| Header::new(context(), keys, files).map(|_| ()).unwrap_err();
    let some = || files(&[("a", b"")]);
    let twice = |one: &str, two: &str| with(vec![wrapped()], files(&[(one, b""), (two, b"")]));
    assert_eq!(twice("a", "a"), HeaderError::NameTwice("a".parse().unwrap()));
    assert_eq!(twice("Db", "dB"), HeaderError::NameTwice("dB".parse().unwrap()));
    assert_eq!(with(vec![], some()), HeaderError::Keys);
    assert_eq!(with(vec![wrapped()], vec![]), HeaderError::Files);
    assert!(matches!(with(vec![wrapped(), wrapped()], some()), HeaderError::KeyTwice(_)));
    let of_length = |length| vec![WrappedKey { wrapped: vec![1; length], ..wrapped() }];
    assert!(matches!(with(of_length(0), some()), HeaderError::Wrapped(_)));
    assert!(matches!(with(of_length(6145), some()), HeaderError::Wrapped(_)));
    let many = |count: usize, length: usize| -> Vec<File> {
        let name = |n| format!("{n:0length$}").parse().unwrap();
        (0..count).map(|n| File { name: name(n), size: 0 }).collect()
    };
    assert!(Header::new(context(), of_length(6144), many(MAX_FILES, 255)).unwrap().line().is_ok());
    assert_eq!(with(vec![wrapped()], many(MAX_FILES + 1, 9)), HeaderError::Files);
}

#[test]
fn only_one_multi_region_key_is_related_to_itself_elsewhere() {
    let key = |text: &str| text.parse::<KmsKeyArn>().unwrap();
    let related = |from: &str, to: &str| are_related(&key(KEY), &key(&KEY.replace(from, to)));
    assert!(related("eu-west-1", "us-east-1") && related("", ""));
    assert!(!related("1111", "9999") && !related("890ab", "890ac") && !related("aws:", "aws-cn:"));
    let single = KEY.replace("mrk-", "");
    assert!(!are_related(&key(&single), &key(&single.replace("eu-west-1", "us-east-1"))));
}

#[test]
fn a_header_names_its_kms_keys_in_the_order_to_ask_them() {
    let key = |region: &str| KEY.replace("eu-west-1", region).parse::<KmsKeyArn>().unwrap();
    let of = |region| WrappedKey { key: key(region), wrapped: vec![1] };
    let keys = vec![of("us-east-1"), of("eu-west-1")];
    let header = Header::new(context(), keys.clone(), files(&[("a", b"")])).unwrap();
    assert_eq!(header.keys(), keys);
}

/// The policy of the key has conditions on these names.
#[test]
fn kms_is_told_the_release_by_these_names() {
    let told = context().for_kms().into_iter().collect::<Vec<_>>();
    let expected =
        [("environment", "prod"), ("pipeline", "payments"), ("revision", "5f1ab6f6e1c9a1b2")];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_header_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
    let read = |length: usize| {
        let header = good().to_string();
        let line = format!("{header}{}\n", " ".repeat(length - header.len()));
        Sealed::read(Cursor::new(line)).map(|_| ())
    };
    assert!(read(MAX_HEADER).is_ok());
    assert!(matches!(read(MAX_HEADER + 1), Err(OpenError::NoHeader)));
}
