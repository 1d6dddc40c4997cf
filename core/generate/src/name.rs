//! Names that only `policygen generate` reads. The others are in the crate `names`.

use names::{Arn, Partition, checked_text, is_iam_name};

/// Whether a text is an ARN of a service, without wildcards and characters that a shell or a
/// template would expand. Its resource begins with `prefix` and continues after it.
fn is_plain_arn(text: &str, service: &str, prefix: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"*?'\"`$\\".contains(&b));
    let has_name = |resource: &str| resource.strip_prefix(prefix).is_some_and(|it| !it.is_empty());
    is_plain
        && Arn::parse(text).is_some_and(|arn| {
            arn.service == service && !arn.partition.is_empty() && has_name(arn.resource)
        })
}

checked_text!(
    /// A region of a known partition, or `*` for any.
    pub RegionOrAny,
    "a region such as us-east-1, or `*` for any",
    |text| text == "*" || Partition::from_region(text).is_some()
);

impl RegionOrAny {
    pub(crate) fn is_any(&self) -> bool {
        self == "*"
    }

    /// The partition of the region, or `None` for `*`.
    pub(crate) fn partition(&self) -> Option<Partition> {
        Partition::from_region(self)
    }
}

checked_text!(
    /// The beginning of the names of all generated groups, policies and roles.
    pub Prefix,
    "a prefix for IAM names: 1 to 32 of A-Z a-z 0-9 _ + = , . @ -",
    |text| text.len() <= 32 && is_iam_name(text)
);

checked_text!(
    /// The name of an existing role (IAM API model, `roleNameType`).
    pub RoleName,
    "a role name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -, without its path",
    |text| text.len() <= 64 && is_iam_name(text)
);

checked_text!(
    /// An existing role, by name or by ARN. A role with a path must be given by ARN.
    pub RoleRef,
    "a role: its name, or its ARN such as arn:aws:iam::111122223333:role/path/Name, without \
     wildcards",
    |text| RoleName::is_valid(text) || is_plain_arn(text, "iam", "role/")
);

checked_text!(
    /// The name of an existing bucket (S3 User Guide, "General purpose bucket naming rules").
    pub BucketName,
    "the name of a bucket: 3 to 63 of a-z 0-9 . -",
    |text| {
        let is_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
        (3..=63).contains(&text.len()) && text.bytes().all(is_char)
    }
);

checked_text!(
    /// A SAML identity provider.
    pub SamlProvider,
    "the ARN of a SAML provider, such as arn:aws:iam::111122223333:saml-provider/Example",
    |text| is_plain_arn(text, "iam", "saml-provider/")
);

checked_text!(
    /// An instance of IAM Identity Center (SSO Admin API model, `InstanceArn`).
    pub IdentityCenter,
    "the ARN of an IAM Identity Center instance, such as \
     arn:aws:sso:::instance/ssoins-1234567890abcdef",
    |text| is_plain_arn(text, "sso", "instance/ssoins-") || is_plain_arn(text, "sso", "instance/ins-")
);

/// Whether a text is a name and not a pattern.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?'])
}

/// The audience of SAML assertions for the console of a partition (AWS General Reference, "AWS
/// sign-in endpoints"). Returns `None` if AWS does not publish it.
pub(crate) fn saml_audience(partition: Partition) -> Option<&'static str> {
    match partition {
        Partition::Aws => Some("https://signin.aws.amazon.com/saml"),
        Partition::AwsCn => Some("https://signin.amazonaws.cn/saml"),
        Partition::AwsUsGov => Some("https://signin.amazonaws-us-gov.com/saml"),
        Partition::AwsIso
        | Partition::AwsIsoB
        | Partition::AwsIsoE
        | Partition::AwsIsoF
        | Partition::AwsEusc => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    fn refused<T: std::str::FromStr<Err = names::NameError> + fmt::Debug>(texts: &[&str]) {
        for text in texts {
            assert!(text.parse::<T>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_that_aws_would_refuse_are_refused() {
        refused::<Prefix>(&["", "a/b", "a b", &"x".repeat(33)]);
        refused::<RoleRef>(&[
            "",
            "path/Name",
            "Admin*",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:user/a",
        ]);
        refused::<SamlProvider>(&[
            "",
            "Example",
            "arn:aws:iam::111122223333:role/Example",
            "arn:aws:iam::*:saml-provider/*",
        ]);
        refused::<IdentityCenter>(&["ssoins-1", "arn:aws:sso:::instance/"]);
        refused::<RegionOrAny>(&["", "us", "us-east", "US-EAST-1", "us-east-1a", "us-east-1*"]);
    }

    #[test]
    fn names_that_aws_accepts_are_accepted() {
        assert!("arn:aws:iam::111122223333:role/break/Glass".parse::<RoleRef>().is_ok());
        assert!("arn:aws:iam::111122223333:saml-provider/Example".parse::<SamlProvider>().is_ok());
        assert!("arn:aws:sso:::instance/ssoins-1234567890abcdef".parse::<IdentityCenter>().is_ok());
        assert!("*".parse::<RegionOrAny>().unwrap().is_any());
    }
}
