//! How contents are cut into chunks.

use crate::file::File;

/// The size of a chunk before it is encrypted, in bytes. Only the last one of a file is shorter.
pub const CHUNK: usize = 1 << 20;

/// One chunk of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// The position of its file in the header.
    file: u32,
    /// Its number in the file. 2^44 of them hold what a file can hold.
    number: u64,
    is_last: bool,
    /// Its size before it is encrypted, in bytes.
    pub(crate) length: usize,
}

impl Chunk {
    /// The nonce, which no other chunk under the same data key has.
    pub(crate) fn nonce(self) -> [u8; 12] {
        let [f0, f1, f2, f3] = self.file.to_be_bytes();
        let [_, n0, n1, n2, n3, n4, n5, n6] = self.number.to_be_bytes();
        [f0, f1, f2, f3, n0, n1, n2, n3, n4, n5, n6, u8::from(self.is_last)]
    }
}

/// The chunks of the file at this position of the header, in order. An empty file has one, which is
/// empty.
pub(crate) fn chunks(position: u32, file: &File) -> impl Iterator<Item = Chunk> {
    let last = file.size.saturating_sub(1) / CHUNK as u64;
    let rest = file.size - last * CHUNK as u64;
    (0..=last).map(move |number| {
        let is_last = number == last;
        // The rest is at most one chunk.
        let length = if is_last { usize::try_from(rest).unwrap_or(CHUNK) } else { CHUNK };
        Chunk { file: position, number, is_last, length }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(size: u64) -> Vec<(usize, bool)> {
        let file = File { name: "a".parse().unwrap(), size };
        chunks(7, &file).map(|chunk| (chunk.length, chunk.is_last)).collect()
    }

    #[test]
    fn every_file_has_exactly_one_last_chunk() {
        assert_eq!(lengths(0), [(0, true)]);
        assert_eq!(lengths(1), [(1, true)]);
        assert_eq!(lengths(CHUNK as u64), [(CHUNK, true)]);
        assert_eq!(lengths(CHUNK as u64 + 1), [(CHUNK, false), (1, true)]);
        assert_eq!(lengths(2 * CHUNK as u64), [(CHUNK, false), (CHUNK, true)]);
    }

    #[test]
    fn the_nonce_says_which_chunk_it_is() {
        let chunk = Chunk { file: 0x0102_0304, number: 0x05_0607, is_last: true, length: 1 };
        assert_eq!(chunk.nonce(), [1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 1]);
    }
}
