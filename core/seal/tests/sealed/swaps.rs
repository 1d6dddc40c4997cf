//! Parts of sealed files, put together by somebody who has several of them. They are all under one
//! data key here, which never happens, so that the data key is not what stops it.

use seal::{CHUNK, File, Header, WrappedKey};

use super::{check, context, data_key, files, header, open, sealed, wrapped};

/// The line of the header with its line feed, and what follows.
fn parts(sealed: &[u8]) -> (&[u8], &[u8]) {
    let end = sealed.iter().position(|byte| *byte == b'\n').unwrap();
    sealed.split_at(end + 1)
}

fn is_refused(line: &[u8], body: &[u8]) -> bool {
    check(&[line, body].concat(), data_key(1)).is_err()
}

/// A header with one change.
fn changed(
    change: impl FnOnce(&mut seal::Context, &mut Vec<WrappedKey>, &mut Vec<File>),
) -> Header {
    let (mut context, mut keys, mut files) = (context(), vec![wrapped()], files(&FILES));
    change(&mut context, &mut keys, &mut files);
    Header::new(context, keys, files).unwrap()
}

const FILES: [(&str, &[u8]); 3] = [("a", b"first"), ("b", b"second"), ("c", b"third")];

#[test]
fn no_other_header_opens_the_same_contents() {
    let good = sealed(&header(&FILES), data_key(1), &FILES);
    let (line, body) = parts(&good);
    assert!(!is_refused(line, body));
    let related = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    let headers = [
        changed(|context, _, _| context.pipeline = "billing".parse().unwrap()),
        changed(|context, _, _| context.revision = "6a2bb6f6e1c9a1b2".parse().unwrap()),
        changed(|context, _, _| context.environment = "staging".parse().unwrap()),
        changed(|_, keys, _| keys[0].wrapped = b"other".to_vec()),
        changed(|_, keys, _| keys[0].key = related.parse().unwrap()),
        changed(|_, keys, _| keys.push(WrappedKey { key: related.parse().unwrap(), ..wrapped() })),
        changed(|_, _, files| files[0].name = "renamed".parse().unwrap()),
        changed(|_, _, files| files[0].name = "A".parse().unwrap()),
        changed(|_, _, files| files.swap(0, 2)),
        changed(|_, _, files| files.truncate(2)),
        changed(|_, _, files| files[2].size -= 1),
        changed(|_, _, files| files[2].size = u64::MAX),
        changed(|_, _, files| files.push(File { name: "d".parse().unwrap(), size: 0 })),
    ];
    for other in headers {
        let line = [other.line().unwrap(), b"\n".to_vec()].concat();
        assert!(is_refused(&line, body), "{other:?}");
    }
}

#[test]
fn the_contents_of_another_release_do_not_fit() {
    let one = sealed(&header(&FILES), data_key(1), &FILES);
    // The same header, and one content is other.
    let others: [(&str, &[u8]); 3] = [("a", b"FIRST"), ("b", b"second"), ("c", b"third")];
    let two = sealed(&header(&others), data_key(1), &others);
    assert_eq!(parts(&one).0, parts(&two).0);
    // This is why a data key is used once: nothing else distinguishes them.
    assert!(open(&two, data_key(1)).is_ok());
    assert!(check(&two, data_key(2)).is_err());
    let next = changed(|context, _, _| context.revision = "next".parse().unwrap());
    let three = sealed(&next, data_key(1), &FILES);
    assert!(is_refused(parts(&one).0, parts(&three).1));
    assert!(is_refused(parts(&three).0, parts(&one).1));
}

#[test]
fn files_and_chunks_cannot_be_moved_dropped_or_repeated() {
    const SEALED: usize = CHUNK + 16;
    // Three chunks of the same size and content.
    let large = vec![7; 3 * CHUNK];
    let alike: [(&str, &[u8]); 2] = [("a", &large), ("b", &large)];
    let good = sealed(&header(&alike), data_key(1), &alike);
    let (line, body) = parts(&good);
    let chunks: Vec<&[u8]> = body.chunks(SEALED).collect();
    assert_eq!(chunks.len(), 6);
    for one in 0..6 {
        for two in one + 1..6 {
            let mut moved = chunks.clone();
            moved.swap(one, two);
            assert!(is_refused(line, &moved.concat()), "{one} and {two}");
            let mut repeated = chunks.clone();
            repeated[two] = repeated[one];
            assert!(is_refused(line, &repeated.concat()), "{two} as {one}");
        }
        let mut dropped = chunks.clone();
        dropped.remove(one);
        assert!(is_refused(line, &dropped.concat()), "without {one}");
    }
    // The end of the first file dropped, with a header that says so.
    let mut shorter = chunks.clone();
    shorter.remove(2);
    let sizes = vec![
        File { name: "a".parse().unwrap(), size: 2 * CHUNK as u64 },
        File { name: "b".parse().unwrap(), size: 3 * CHUNK as u64 },
    ];
    let line = Header::new(context(), vec![wrapped()], sizes).unwrap().line().unwrap();
    assert!(is_refused(&[line, b"\n".to_vec()].concat(), &shorter.concat()));
}
