//! Sealed files.

use std::io::Cursor;
use std::sync::LazyLock;

use ::seal::{DataKey, Header, Sealed};
use arbitrary::Unstructured;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// Files that PyPI `cryptography` sealed, and their data keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    data_key: String,
    sealed: Option<String>,
}

static SEALED: LazyLock<Vec<([u8; 32], Vec<u8>)>> = LazyLock::new(|| {
    let vectors = include_str!("../../core/seal/tests/vectors.json");
    let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap_or_default();
    let known = vectors.iter().filter_map(|vector| {
        let key = STANDARD.decode(&vector.data_key).ok()?.try_into().ok()?;
        Some((key, STANDARD.decode(vector.sealed.as_ref()?).ok()?))
    });
    let known: Vec<_> = known.collect();
    assert!(known.iter().all(|(key, file)| opens(file, key)), "a vector does not open");
    known
});

/// The input as a sealed file, and as a script that changes one that opens. No file opens that is
/// not byte by byte one that was sealed. A header is written as it is read.
pub fn check(data: &[u8]) {
    if let Ok(sealed) = Sealed::read(Cursor::new(data)) {
        let line = sealed.header().line().unwrap_or_default();
        assert_eq!(Header::parse(&line).ok().as_ref(), Some(sealed.header()));
        for (key, known) in &*SEALED {
            assert!(!opens(data, key) || data == known, "it opens, and nobody sealed it");
        }
    }
    let mut script = Unstructured::new(data);
    let Ok((key, original)) = script.choose(&SEALED) else { return };
    let mut changed = original.clone();
    while let Ok(Some(())) = change(&mut script, &mut changed) {}
    assert_eq!(opens(&changed, key), changed == *original, "a changed file opens");
}

/// Replaces a part of a file. Returns `None` at the end of the script.
fn change(script: &mut Unstructured<'_>, file: &mut Vec<u8>) -> arbitrary::Result<Option<()>> {
    if script.is_empty() {
        return Ok(None);
    }
    let from = script.int_in_range(0..=file.len())?;
    let to = script.int_in_range(from..=file.len().min(from + 64))?;
    let with: Vec<u8> = match script.arbitrary::<bool>()? {
        // A part of the file itself, as another chunk.
        true => {
            let from = script.int_in_range(0..=file.len())?;
            let to = script.int_in_range(from..=file.len().min(from + 64))?;
            file.get(from..to).unwrap_or_default().to_vec()
        }
        false => script.arbitrary::<[u8; 2]>()?.to_vec(),
    };
    file.splice(from..to, with);
    Ok(Some(()))
}

fn opens(file: &[u8], key: &[u8; 32]) -> bool {
    let sealed = Sealed::read(Cursor::new(file));
    sealed.and_then(|sealed| sealed.check(DataKey::new(key))).is_ok()
}
