//! Amazon Resource Names.

use std::fmt;

use crate::AccountId;

/// An ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` (IAM User Guide, "IAM identifiers").
///
/// Fields may be empty, as the region in ARNs of IAM, and may contain wildcards, as in policies.
/// Only the first five colons separate fields: the resource is everything after them, colons
/// included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arn<'a> {
    /// For example `aws` or `aws-us-gov`.
    pub partition: &'a str,
    /// The service's prefix, for example `iam` or `codepipeline`.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// 12 digits for most services; empty for S3 buckets.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN into its fields. Returns `None` if the text does not begin with `arn:` or has
    /// fewer than six fields.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: fields.next()?,
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next()?,
        })
    }

    /// The six fields, `arn` first. Policies compare ARNs field by field.
    #[must_use]
    pub fn fields(self) -> [&'a str; 6] {
        ["arn", self.partition, self.service, self.region, self.account, self.resource]
    }

    /// The account. Returns `None` if the field is not 12 digits, for example empty or a wildcard.
    #[must_use]
    pub fn account_id(self) -> Option<AccountId> {
        self.account.parse().ok()
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_resource_is_everything_after_the_fifth_colon() {
        let arn = Arn::parse("arn:aws:lambda:eu-west-1:111122223333:function:gate:live").unwrap();
        assert_eq!(arn.resource, "function:gate:live");
        assert_eq!(arn.account_id().unwrap(), "111122223333");
        let bucket = Arn::parse("arn:aws:s3:::bucket/key").unwrap();
        assert_eq!(bucket.fields(), ["arn", "aws", "s3", "", "", "bucket/key"]);
        assert_eq!(bucket.account_id(), None);
    }

    #[test]
    fn a_text_with_too_few_fields_is_not_an_arn() {
        for text in ["", "arn", "arn:", "arn:aws:iam::111122223333", "gate", "ARN:a:b:c:d:e", "*"] {
            assert_eq!(Arn::parse(text), None, "{text:?}");
        }
        assert!(Arn::parse("arn:::::").is_some());
    }

    proptest! {
        #[test]
        fn an_arn_prints_as_it_was_read(text in r"arn(:[a-z*0-9/]{0,4}){4,8}") {
            match Arn::parse(&text) {
                Some(arn) => {
                    prop_assert_eq!(arn.to_string(), text.clone());
                    prop_assert_eq!(arn.fields().join(":"), text);
                }
                None => prop_assert!(text.matches(':').count() < 5),
            }
        }
    }
}
