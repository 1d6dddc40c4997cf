//! The numbers in an ECDSA signature, and other ways to write them.

/// The order of P-256 (FIPS 186-5; SEC 2, section 2.4.2).
pub(crate) const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order minus a number, both big-endian.
pub(crate) fn negated(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let padded = [&vec![0; 32 - number.len()][..], number].concat();
    let mut borrow = 0;
    let mut difference: Vec<u8> = ORDER
        .iter()
        .zip(&padded)
        .rev()
        .map(|(from, take)| {
            let left = i16::from(*from) - i16::from(*take) - borrow;
            borrow = i16::from(left < 0);
            u8::try_from(left.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

/// A positive INTEGER of DER.
pub(crate) fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let sign: &[u8] = if number[0] & 0x80 != 0 { &[0] } else { &[] };
    let length = u8::try_from(sign.len() + number.len()).unwrap();
    [&[2, length], sign, number].concat()
}

pub(crate) fn sequence(content: &[u8]) -> Vec<u8> {
    [&[0x30, u8::try_from(content.len()).unwrap()], content].concat()
}

/// The two numbers of an ECDSA signature.
pub(crate) fn numbers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let r_end = 4 + usize::from(der[3]);
    let strip = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
    (strip(&der[4..r_end]), strip(&der[r_end + 2..]))
}
