//! The value of `--lag`.

use jiff::SignedDuration;

use crate::engine::Lag;

/// Reads the value of `--lag`.
pub(super) fn lag(text: &str) -> Result<SignedDuration, &'static str> {
    if text == "aws" {
        return Ok(Lag::AWS);
    }
    let seconds: Option<f64> = text.parse().ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
    let duration = seconds.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
    duration.ok_or("a lag is a number of seconds from 0 to 3600, or `aws`")
}
