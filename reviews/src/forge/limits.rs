//! How long a forge wants us to wait.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use facts::aws::Reply;

/// The wait that GitHub asks for if it refuses for its secondary limits and does not say how long
/// (REST API, "Rate limits for the REST API").
const UNTOLD_WAIT: Duration = Duration::from_secs(60);

/// How long the forge wants us to wait, by its headers for rate limits.
pub(super) fn wait(reply: &Reply, headers: &BTreeMap<String, String>) -> Option<Duration> {
    let number = |name: &str| headers.get(name).and_then(|text| text.trim().parse::<u64>().ok());
    if reply.status != 429 && reply.status != 403 {
        return None;
    }
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let is_spent = |name: &str| number(name) == Some(0);
    if is_spent("x-ratelimit-remaining") || is_spent("ratelimit-remaining") {
        let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // A second more, since the forge's clock is not ours.
        let left = |reset: u64| {
            Duration::from_secs(reset).saturating_sub(now).saturating_add(Duration::from_secs(1))
        };
        return Some(reset.map_or(UNTOLD_WAIT, left));
    }
    let is_limited = reply.status == 429 || reply.body.contains("secondary rate limit");
    is_limited.then_some(UNTOLD_WAIT)
}

/// The wait after a failure, twice as long after each.
pub(super) fn backoff(failures: &mut u32) -> Duration {
    *failures += 1;
    Duration::from_millis(250 << *failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_wait_only_if_the_forge_says_so() {
        let reply = |status, body: &str| Reply { status, body: body.to_owned() };
        let headers = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let none = BTreeMap::new();
        assert_eq!(wait(&reply(403, "no"), &none), None);
        assert_eq!(wait(&reply(200, ""), &headers(&[("x-ratelimit-remaining", "0")])), None);
        let after = headers(&[("retry-after", "7")]);
        assert_eq!(wait(&reply(403, ""), &after), Some(Duration::from_secs(7)));
        assert_eq!(wait(&reply(429, ""), &none), Some(UNTOLD_WAIT));
        let never = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "18446744073709551615")];
        assert!(wait(&reply(403, ""), &headers(&never)) > Some(Duration::from_secs(3600)));
        let spent = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")]);
        assert_eq!(wait(&reply(403, ""), &spent), Some(Duration::from_secs(1)));
    }
}
