//! Examples that the Python package `cryptography` made: we open them, and write the same bytes.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use seal::{DataKey, Header};
use serde_json::Value;

use super::{Contents, open};

fn bytes(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

fn content(of: &Value) -> Vec<u8> {
    match of.get("base64") {
        Some(text) => bytes(text),
        None => {
            let byte = u8::try_from(of["byte"].as_u64().unwrap()).unwrap();
            vec![byte; usize::try_from(of["times"].as_u64().unwrap()).unwrap()]
        }
    }
}

#[test]
fn what_another_program_sealed_is_opened_and_sealed_to_the_same_bytes() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert_eq!(vectors.len(), 8);
    let mut in_another_form = 0;
    for vector in &vectors {
        let about = vector["about"].as_str().unwrap();
        let key = || DataKey::new(&bytes(&vector["dataKey"]).try_into().unwrap());
        let line = vector["header"].as_str().unwrap().as_bytes();
        let header = Header::parse(line).unwrap();
        let names = header.files().iter().map(|file| file.name.to_string());
        let contents: Contents =
            names.zip(vector["contents"].as_array().unwrap().iter().map(content)).collect();
        let mut ours = Vec::new();
        let of = |file: &seal::File| Ok(Cursor::new(&contents[file.name.as_str()]));
        seal::seal(&header, key(), of, &mut ours).unwrap();
        match vector.get("sealed").map(bytes) {
            Some(theirs) => {
                assert_eq!(open(&theirs, key()).unwrap(), contents, "{about}");
                // JSON has more than one form for the same header. We write one of them.
                let is_our_form = header.line().unwrap() == line;
                in_another_form += usize::from(!is_our_form);
                assert_eq!(ours == theirs, is_our_form, "{about}");
            }
            None => {
                let hash = digest(&SHA256, &ours);
                assert_eq!(hash.as_ref(), bytes(&vector["sealedSha256"]), "{about}");
            }
        }
        assert_eq!(open(&ours, key()).unwrap(), contents, "{about}");
    }
    assert_eq!(in_another_form, 1);
}
