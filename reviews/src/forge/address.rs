//! Addresses of a forge's API.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Escapes a name for a segment of a path, or for a value of a query.
pub(super) fn escape(name: &str) -> String {
    utf8_percent_encode(name, ESCAPED).to_string()
}

/// The address of the next page in a `Link` header (RFC 8288).
pub(super) fn next(links: &str) -> Option<String> {
    links.split(',').find_map(|link| {
        let (url, parameters) = link.trim().split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| parameter.trim() == "rel=\"next\"");
        is_next.then(|| url.strip_prefix('<').map(str::to_owned)).flatten()
    })
}

pub(super) fn scheme(url: &str) -> Option<&str> {
    url.split_once("://").map(|(scheme, _)| scheme)
}

/// The host of an address, with its port. `None` if it has a user, which is not ours to send.
pub(super) fn host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_host = matches!(scheme, "https" | "http") && !host.is_empty() && !host.contains('@');
    is_host.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_one_that_the_link_header_calls_next() {
        let links = r#"<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="next""#;
        assert_eq!(next(links), Some("https://x/?page=3".to_owned()));
        assert_eq!(next(r#"<https://x/?page=1>; rel="last""#), None);
        assert_eq!(next(""), None);
    }
}
