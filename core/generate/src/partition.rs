//! Partitions and their regions.

use serde::Deserialize;

use super::name::{NameError, checked_text};
use std::fmt;

/// The partitions of AWS, with what differs between them.
///
/// Regions: `regionRegex` of each partition in `partitions.json` of the AWS SDKs, so that a region
/// that is new today is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    Aws,
    AwsCn,
    AwsUsGov,
    AwsIso,
    AwsIsoB,
    AwsIsoE,
    AwsIsoF,
    AwsEusc,
}

impl Partition {
    const ALL: [Self; 8] = [
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

    /// What its regions begin with.
    fn region_prefixes(self) -> &'static [&'static str] {
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

    /// A region of it, for examples.
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

    /// The audience of SAML assertions for its console (AWS sign-in endpoints, AWS General
    /// Reference); none where it is not public.
    pub fn saml_audience(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("https://signin.aws.amazon.com/saml"),
            Self::AwsCn => Some("https://signin.amazonaws.cn/saml"),
            Self::AwsUsGov => Some("https://signin.amazonaws-us-gov.com/saml"),
            Self::AwsIso | Self::AwsIsoB | Self::AwsIsoE | Self::AwsIsoF | Self::AwsEusc => None,
        }
    }

    pub fn has(self, region: &Region) -> bool {
        region.is_any() || self.has_text(region)
    }

    fn has_text(self, region: &str) -> bool {
        self.region_prefixes().iter().any(|prefix| {
            let rest = region.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
            rest.and_then(|rest| rest.split_once('-')).is_some_and(|(place, number)| {
                !place.is_empty()
                    && place.bytes().all(|b| b.is_ascii_lowercase())
                    && !number.is_empty()
                    && number.bytes().all(|b| b.is_ascii_digit())
            })
        })
    }

    /// The partition of a region; none for `*`.
    pub fn of(region: &Region) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.has_text(region))
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

checked_text!(
    /// A region of any partition, or `*`.
    Region,
    "a region such as us-east-1, or `*` for any",
    |text| text == "*" || Partition::ALL.iter().any(|partition| partition.has_text(text))
);

impl Region {
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }
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
            let region: Region = region.parse().unwrap();
            assert_eq!(Partition::of(&region), Some(partition), "{region}");
            let owners = Partition::ALL.iter().filter(|partition| partition.has(&region)).count();
            assert_eq!(owners, 1, "{region}");
        }
        for partition in Partition::ALL {
            assert_eq!(
                Partition::of(&partition.example_region().parse().unwrap()),
                Some(partition)
            );
        }
    }

    #[test]
    fn what_is_no_region_is_refused() {
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
        ] {
            assert!(text.parse::<Region>().is_err(), "{text:?}");
        }
    }
}
