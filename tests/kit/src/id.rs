//! Ids and dates in AWS's formats.

use fastrand::Rng;

/// A unique id. Its prefix is `AIDA` for a user, `AGPA` for a group, `AROA` for a role, `ANPA` for
/// a managed policy, `AIPA` for an instance profile.
pub(super) fn unique(rng: &mut Rng, prefix: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let rest = (0..17).filter_map(|_| rng.choice(ALPHABET)).map(|byte| char::from(*byte));
    prefix.chars().chain(rest).collect()
}

/// A date of recent years, as the AWS CLI prints it.
pub(super) fn date(rng: &mut Rng) -> String {
    format!(
        "{}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00",
        rng.u16(2019..2026),
        rng.u8(1..=12),
        rng.u8(1..=28),
        rng.u8(0..24),
        rng.u8(0..60),
        rng.u8(0..60)
    )
}
