//! Ed25519 keys for which anybody can sign.

/// The second coordinates of the points whose order divides 8, little-endian (libsodium has the
/// same list): 0, 1, p - 1, p, p + 1 with p = 2^255 - 19, and two of order 8.
const COORDINATES: [[u8; 32]; 7] = [
    filled(0x00, 0x00, 0x00),
    filled(0x01, 0x00, 0x00),
    filled(0xec, 0xff, 0x7f),
    filled(0xed, 0xff, 0x7f),
    filled(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn filled(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

<<<<<<< HEAD
/// Whether a key has signatures over every text that need no private half. `ring` and OpenSSH
/// accept them.
=======
/// Whether this is an Ed25519 key for which signatures over any text can be computed without a
/// private half. `ring` and OpenSSH accept them.
>>>>>>> signing
pub(crate) fn is_of_small_order(key: &[u8]) -> bool {
    let mut coordinate = key.to_owned();
    // The highest bit is the sign of the first coordinate.
    if let Some(last) = coordinate.last_mut() {
        *last &= 0x7f;
    }
    COORDINATES.iter().any(|small| coordinate == small)
}
