//! Any bytes at all: read or refused, never a panic, never much memory, and never opened unless
//! they are what was sealed.

use super::{check, data_key, header, sealed};

const FILES: [(&str, &[u8]); 2] = [("db.password", b"hunter2"), ("b", b"second")];
/// What means something in a header.
const WORDS: [&[u8]; 14] = [
    b"\n",
    b"{",
    b"}",
    b"[",
    b"],",
    b"\"",
    b"\\u0000",
    b"\"schemaVersion\":1",
    b"\"size\":18446744073709551615",
    b"-1",
    b"1e999",
    b"\"files\":[",
    b"../../etc/passwd",
    b"\xff\xfe",
];

#[test]
fn no_input_panics_or_opens() {
    let mut random = fastrand::Rng::with_seed(17);
    let good = sealed(&header(&FILES), data_key(1), &FILES);
    let mut read = 0;
    for round in 0..30_000 {
        let mut bytes = good.clone();
        for _ in 0..random.usize(1..4) {
            let place = random.usize(0..=bytes.len());
            let end = (place + random.usize(0..12)).min(bytes.len());
            let piece = match random.u8(0..4) {
                0 => Vec::new(),
                1 => WORDS[random.usize(0..WORDS.len())].to_vec(),
                2 => (0..random.usize(0..9)).map(|_| random.u8(..)).collect(),
                _ => {
                    let from = random.usize(0..good.len());
                    good[from..(from + 24).min(good.len())].to_vec()
                }
            };
            bytes.splice(place..end, piece);
        }
        if bytes == good {
            continue;
        }
        let is_header = seal::Sealed::read(std::io::Cursor::new(&bytes)).is_ok();
        read += usize::from(is_header);
        assert!(check(&bytes, data_key(1)).is_err(), "round {round}");
    }
    // Changes behind the header, and some in it, leave a header that can be read.
    assert!(read > 1000, "{read}");
}

#[test]
fn a_first_line_without_an_end_is_read_to_its_limit_only() {
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            into.fill(b' ');
            self.0 += into.len() as u64;
            assert!(self.0 < 4 << 20, "read on behind the limit");
            Ok(into.len())
        }
    }
    impl std::io::Seek for Endless {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(self.0)
        }
    }
    let reader = std::io::BufReader::new(Endless(0));
    assert!(matches!(seal::Sealed::read(reader), Err(seal::OpenError::NoHeader)));
}
