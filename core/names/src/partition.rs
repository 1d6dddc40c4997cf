//! Partitions and their regions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::NameError;

/// The partitions that AWS has today. [`is_partition`] also accepts partitions that AWS may add.
///
/// Source: `partitions.json` of the AWS SDKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(description = "The partitions that AWS has today.")
)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud (US).
    AwsUsGov,
    /// Isolated regions, US.
    AwsIso,
    /// Isolated regions, US.
    AwsIsoB,
    /// Isolated regions, Europe.
    AwsIsoE,
    /// Isolated regions, US.
    AwsIsoF,
    /// The European Sovereign Cloud.
    AwsEusc,
}

impl Partition {
    /// Every partition.
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
        Self::AwsEusc,
    ];

    /// As in the second field of an ARN.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
            Self::AwsEusc => "aws-eusc",
        }
    }

    /// The beginnings of its region names.
    pub(crate) fn region_prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
            Self::AwsCn => &["cn"],
            Self::AwsUsGov => &["us-gov"],
            Self::AwsIso => &["us-iso"],
            Self::AwsIsoB => &["us-isob"],
            Self::AwsIsoE => &["eu-isoe"],
            Self::AwsIsoF => &["us-isof"],
            Self::AwsEusc => &["eusc-de"],
        }
    }

    /// One of its regions, for examples.
    #[must_use]
    pub fn example_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::AwsCn => "cn-north-1",
            Self::AwsUsGov => "us-gov-west-1",
            Self::AwsIso => "us-iso-east-1",
            Self::AwsIsoB => "us-isob-east-1",
            Self::AwsIsoE => "eu-isoe-west-1",
            Self::AwsIsoF => "us-isof-south-1",
            Self::AwsEusc => "eusc-de-east-1",
        }
    }

    /// Whether a region belongs to it, by `regionRegex` of `partitions.json`. New regions match
    /// too.
    #[must_use]
    pub fn has_region(self, region: &str) -> bool {
        self.place(region).is_some()
    }

    /// The partition of a region. Returns `None` if no partition has regions of that form.
    #[must_use]
    pub fn from_region(region: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.has_region(region))
    }

    /// The place in `PREFIX-PLACE-NUMBER`.
    fn place(self, region: &str) -> Option<&str> {
        self.region_prefixes().iter().find_map(|prefix| {
            let rest = region.strip_prefix(prefix)?.strip_prefix('-')?;
            let (place, number) = rest.split_once('-')?;
            let is_place = !place.is_empty() && place.bytes().all(|b| b.is_ascii_lowercase());
            let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            (is_place && is_number).then_some(place)
        })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Partition {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wanted = "a partition: aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, \
                      aws-iso-f or aws-eusc";
        let found = Self::ALL.into_iter().find(|partition| partition.as_str() == text);
        found.ok_or_else(|| NameError::new(text, wanted))
    }
}

/// Whether a text has the form of a partition: `aws`, or `aws-` and lower-case letters. AWS adds
/// partitions of this form, so readers of ARNs should not insist on [`Partition::ALL`].
#[must_use]
pub fn is_partition(text: &str) -> bool {
    text == "aws"
        || text.strip_prefix("aws-").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        })
}

/// Whether region names can contain a character: `[a-z0-9-]` (Lambda API model, `FunctionArn`, and
/// `regionRegex` of `partitions.json`).
#[must_use]
pub fn is_region_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

crate::checked_text!(
    /// The name of a region. Only the characters are checked; [`Partition::from_region`] says
    /// whether a partition has such regions.
    pub Region,
    "a region such as us-east-1",
    |text| !text.is_empty() && text.chars().all(is_region_char)
);

crate::checked_text!(
    /// The name of a region, or a pattern with `*` and `?`.
    pub RegionGlob,
    "a region or a pattern of regions: a-z 0-9 - * ?",
    |text| !text.is_empty() && text.chars().all(|c| is_region_char(c) || "*?".contains(c))
);

impl RegionGlob {
    /// The region, if the pattern has no wildcard.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        (!self.contains(['*', '?'])).then_some(self)
    }
}

/// Whether a text is written like a region: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1` (Lambda
/// API model, `FunctionName`).
pub(crate) fn is_written_like_a_region(text: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let mut parts: Vec<&str> = text.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    is_number && parts.len() >= 2 && parts.into_iter().all(is_word)
}

/// Whether a text is certainly a region: a known partition has regions of that form, and the place
/// is a point of the compass, as in every region so far. `eu-gate-1` is not.
pub(crate) fn is_certainly_a_region(text: &str) -> bool {
    const PLACES: [&str; 9] = [
        "north",
        "south",
        "east",
        "west",
        "central",
        "northeast",
        "northwest",
        "southeast",
        "southwest",
    ];
    Partition::ALL
        .into_iter()
        .filter_map(|partition| partition.place(text))
        .any(|place| PLACES.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in [
            ("us-east-1", Partition::Aws),
            ("ap-southeast-7", Partition::Aws),
            ("cn-northwest-1", Partition::AwsCn),
            ("us-gov-east-1", Partition::AwsUsGov),
            ("us-iso-west-1", Partition::AwsIso),
            ("us-isob-east-1", Partition::AwsIsoB),
            ("eu-isoe-west-1", Partition::AwsIsoE),
            ("us-isof-east-1", Partition::AwsIsoF),
            ("eusc-de-east-1", Partition::AwsEusc),
        ] {
            assert_eq!(Partition::from_region(region), Some(partition), "{region}");
            let owners = Partition::ALL.iter().filter(|p| p.has_region(region)).count();
            assert_eq!(owners, 1, "{region}");
            assert!(is_written_like_a_region(region) && is_certainly_a_region(region), "{region}");
        }
        for partition in Partition::ALL {
            assert_eq!(Partition::from_region(partition.example_region()), Some(partition));
            assert_eq!(partition.as_str().parse(), Ok(partition));
            assert!(is_partition(partition.as_str()));
        }
    }

    #[test]
    fn only_a_region_has_a_partition() {
        for text in [
            "",
            "us",
            "us-east",
            "us-east-",
            "us--1",
            "US-EAST-1",
            "us-east-1a",
            "xx-east-1",
            "us-east-1*",
            "*",
        ] {
            assert_eq!(Partition::from_region(text), None, "{text:?}");
            assert!(!is_certainly_a_region(text), "{text:?}");
        }
        assert!(is_written_like_a_region("xx-east-1"));
        for text in ["", "gate", "gate-1", "us-east-", "-east-1", "us--1", "my-1-1"] {
            assert!(!is_written_like_a_region(text), "{text:?}");
        }
        assert!(!is_certainly_a_region("eu-gate-1"));
    }

    #[test]
    fn new_partitions_have_the_form_of_the_known_ones() {
        assert!(is_partition("aws-mars"));
        for text in ["", "AWS", "aws-", "aws_cn", "gcp", "aws-1", "aws-*"] {
            assert!(!is_partition(text), "{text:?}");
        }
        assert!("aws-mars".parse::<Partition>().is_err());
    }

    #[test]
    fn a_region_glob_without_wildcards_is_a_region() {
        assert_eq!("us-east-1".parse::<RegionGlob>().unwrap().region(), Some("us-east-1"));
        assert_eq!("us-*".parse::<RegionGlob>().unwrap().region(), None);
        assert!(!RegionGlob::is_valid("") && !RegionGlob::is_valid("US-*"));
        assert!(Region::is_valid("us-east-1") && !Region::is_valid("us-*"));
    }

    #[test]
    fn a_partition_prints_as_in_an_arn_and_fills_a_column() {
        assert_eq!(Partition::AwsUsGov.to_string(), "aws-us-gov");
        assert_eq!(format!("{:8}|", Partition::AwsCn), "aws-cn  |");
    }
}
