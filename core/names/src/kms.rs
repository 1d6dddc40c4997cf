//! Keys of KMS.

use crate::{Arn, is_partition, is_region_char};

crate::checked_text!(
    /// The ARN of a key of KMS. Aliases are not among them: somebody can point one to another key
    /// (AWS KMS Developer Guide, "Key identifiers").
    pub KmsKeyArn,
    "the ARN of a key of KMS: arn:aws:kms:REGION:ACCOUNT:key/ID",
    |text| {
        let id = |resource: &str| resource.strip_prefix("key/").is_some_and(|id| {
            !id.is_empty() && id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        });
        Arn::parse(text).is_some_and(|arn| {
            is_partition(arn.partition)
                && arn.service == "kms"
                && !arn.region.is_empty()
                && arn.region.chars().all(is_region_char)
                && arn.account_id().is_some()
                && id(arn.resource)
        })
    }
);

impl KmsKeyArn {
    /// The region of the key.
    #[must_use]
    pub fn region(&self) -> &str {
        Arn::parse(self).map_or("", |arn| arn.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_arn_and_by_nothing_that_can_move() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
        assert_eq!(arn.parse::<KmsKeyArn>().unwrap().region(), "eu-west-1");
        for text in [
            "",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/proofs",
            "arn:aws:kms:eu-west-1:111122223333:alias/proofs",
            "arn:aws:kms::111122223333:key/1234abcd",
            "arn:aws:kms:eu-west-1:*:key/1234abcd",
            "arn:aws:kms:eu-west-1:111122223333:key/",
            "arn:aws:kms:eu-west-1:111122223333:key/*",
            "arn:aws:kms:evil.example:111122223333:key/1234abcd",
            "arn:aws:s3:eu-west-1:111122223333:key/1234abcd",
        ] {
            assert!(!KmsKeyArn::is_valid(text), "{text}");
        }
    }
}
