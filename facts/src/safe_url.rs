//! Addresses that secrets may be sent to.

use std::net::IpAddr;

use http::Uri;

/// Whether nobody on the way can read the address: it is of HTTPS, or on this machine.
#[must_use]
pub fn is_safe_url(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else {
        return false;
    };
    let host = url.host().unwrap_or_default();
    let has_user = url.authority().is_some_and(|it| it.as_str().contains('@'));
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|it| it.is_loopback());
    match url.scheme_str() {
        Some("https") => !host.is_empty() && !has_user,
        Some("http") => is_here && !has_user,
        Some(_) | None => false,
    }
}
