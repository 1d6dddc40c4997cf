//! Every single change of a sealed file.

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use seal::{CHUNK, OpenError, SealError, Sealed};

use super::{check, contents, data_key, header, open, sealed};

const FILES: [(&str, &[u8]); 3] = [("db.password", b"hunter2"), ("empty", b""), (".env", b"A=1\n")];

fn example() -> Vec<u8> {
    sealed(&header(&FILES), data_key(1), &FILES)
}

#[test]
fn any_flipped_bit_opens_nothing() {
    let good = example();
    assert_eq!(open(&good, data_key(1)).unwrap(), contents(&FILES));
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[place] ^= 1 << bit;
            assert!(check(&bad, data_key(1)).is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn any_truncation_and_any_addition_opens_nothing() {
    let good = example();
    for end in 0..good.len() {
        assert!(check(&good[..end], data_key(1)).is_err(), "{end} bytes");
    }
    for place in 0..=good.len() {
        for byte in [0, b'\n', b' ', 0xff] {
            let mut bad = good.clone();
            bad.insert(place, byte);
            assert!(check(&bad, data_key(1)).is_err(), "{byte} at {place}");
        }
    }
    let mut longer = good;
    longer.push(0);
    assert!(matches!(check(&longer, data_key(1)), Err(OpenError::Longer)));
}

#[test]
fn another_data_key_opens_nothing() {
    let good = example();
    for byte in 0..=u8::MAX {
        let error = check(&good, data_key(byte)).err();
        assert_eq!(error.is_none(), byte == 1);
        assert!(error.is_none_or(|error| error.is_tampering()));
    }
}

/// A file whose bytes somebody else changes meanwhile.
struct Shared(Rc<RefCell<Vec<u8>>>, u64);

impl Read for Shared {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.borrow();
        let mut cursor = Cursor::new(bytes.as_slice());
        cursor.set_position(self.1);
        let read = cursor.read(into)?;
        self.1 = cursor.position();
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let bytes = self.0.borrow();
        let mut cursor = Cursor::new(bytes.as_slice());
        cursor.set_position(self.1);
        self.1 = cursor.seek(to)?;
        Ok(self.1)
    }
}

#[test]
fn a_file_that_changes_after_it_was_checked_is_refused() {
    let large = vec![7; CHUNK + 1];
    let files: [(&str, &[u8]); 2] = [("a", &large), ("b", b"last")];
    let bytes = Rc::new(RefCell::new(sealed(&header(&files), data_key(1), &files)));
    let reader = io::BufReader::new(Shared(Rc::clone(&bytes), 0));
    let checked = Sealed::read(reader).unwrap().check(data_key(1)).unwrap();
    *bytes.borrow_mut().last_mut().unwrap() ^= 1;
    let error = checked.write(|_| Ok(io::sink())).unwrap_err();
    assert!(matches!(error, OpenError::Changed(name) if name == "b"));
}

#[test]
fn a_file_that_changes_its_size_while_it_is_sealed_is_refused() {
    let header = header(&[("a", b"12345")]);
    for content in [&b""[..], b"1234", b"123456"] {
        let sealing =
            seal::seal(&header, data_key(1), |_| Ok(Cursor::new(content)), &mut io::sink());
        assert!(matches!(sealing, Err(SealError::SizeChanged(name)) if name == "a"));
    }
    let refused = |_: &seal::File| Err::<Cursor<&[u8]>, _>(io::ErrorKind::NotFound.into());
    let sealing = seal::seal(&header, data_key(1), refused, &mut io::sink());
    assert!(matches!(sealing, Err(SealError::Read { .. })));
}

#[test]
fn a_data_key_is_never_printed() {
    let key = data_key(77);
    assert_eq!(format!("{key:?}"), "DataKey(secret)");
    let good = example();
    let checked = check(&good, data_key(1)).unwrap();
    let shown = format!("{checked:?}");
    assert!(shown.contains("DataKey(secret)") && !shown.contains("1, 1, 1"), "{shown}");
}

/// A file whose contents a broken disk does not give.
#[derive(Debug)]
struct Broken<R>(R, u64);

impl<R: Read + Seek> Read for Broken<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.stream_position()? >= self.1 {
            return Err(io::ErrorKind::Other.into());
        }
        self.0.read(into)
    }
}

impl<R: Seek> Seek for Broken<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// "It was changed" sends people after an attacker, and there is none if a disk fails.
#[test]
fn a_disk_that_fails_is_not_called_tampering() {
    let good = example();
    let line = good.iter().position(|byte| *byte == b'\n').unwrap() as u64 + 1;
    for breaks_at in [line, line + 1, good.len() as u64] {
        let reader = io::BufReader::with_capacity(1, Broken(Cursor::new(&good), breaks_at));
        let error = Sealed::read(reader).unwrap().check(data_key(1)).unwrap_err();
        assert!(matches!(error, OpenError::Read(_)) && !error.is_tampering(), "{error:?}");
    }
    let broken = |_: &seal::File| Ok(Broken(Cursor::new(b"12345"), 0));
    let sealing = seal::seal(&header(&[("a", b"12345")]), data_key(1), broken, &mut io::sink());
    assert!(matches!(sealing, Err(SealError::Read { .. })));
}
