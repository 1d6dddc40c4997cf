//! Ranges of IP addresses.
//!
//! IAM User Guide, "IP address condition operators": CIDR notation of IPv4 or IPv6; an address
//! alone is a range of one.

use core::net::IpAddr;

use ipnet::IpNet;

/// Reads a range. The address may have bits set after the prefix: those are ignored.
pub(super) fn parse(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Some(IpNet::from(text.parse::<IpAddr>().ok()?));
    };
    // `u8` would also accept `+8`.
    let digits = prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix = prefix.parse().ok().filter(|_| digits)?;
    IpNet::new(address.parse().ok()?, prefix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_an_address_with_or_without_a_prefix() {
        for (range, inside, outside) in [
            ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
            ("203.0.113.77/24", "203.0.113.1", "203.0.112.255"),
            ("203.0.113.0/024", "203.0.113.1", "203.0.114.1"),
            ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
            ("203.0.113.7/32", "203.0.113.7", "203.0.113.6"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "ffff::", "0.0.0.0"),
            ("2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9", "2001:db8:1234:5679::"),
            ("::1", "::1", "::2"),
        ] {
            let range = parse(range).unwrap();
            let has = |address: &str| range.contains(&address.parse::<IpAddr>().unwrap());
            assert!(has(inside) && !has(outside), "{range}");
        }
        for no in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/ 8",
            "10.0.0/8",
            "010.0.0.0/8",
            "10.0.0.0/8/8",
            "10.0.0.0/256",
            "10.0.0.*",
        ] {
            assert_eq!(parse(no), None, "{no}");
        }
    }
}
