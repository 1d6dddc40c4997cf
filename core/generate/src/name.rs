//! Names and patterns of names, each checked against the pattern that AWS documents for it.

use iam::Pattern;

/// Why a text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct NameError {
    text: String,
    wanted: &'static str,
}

impl NameError {
    pub fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.to_owned(), wanted }
    }
}

/// A text that can only hold what its check lets through, from the command line and from a TOML
/// file alike.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError::new(text, $wanted))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use checked_text;

/// `[A-Za-z0-9.@\-_]{1,100}`, with wildcards (CodePipeline API model: `PipelineName`, `StageName`,
/// `ActionName`).
fn is_pipeline_glob(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".@-_*?".contains(&b);
    (1..=100).contains(&text.len()) && text.bytes().all(allowed)
}

/// `[\w+=,.@-]+` (IAM API model: `userNameType`, `groupNameType`, `roleNameType`,
/// `policyNameType`).
fn is_iam_text(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Whether it is `arn:P:SERVICE:…` with six fields, the last of which begins with `resource` and
/// goes on.
pub fn is_arn(text: &str, service: &str, resource: &str) -> bool {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let graphic = text.bytes().all(|b| b.is_ascii_graphic() && !b"*?'\"`$\\".contains(&b));
    graphic
        && matches!(fields.as_slice(), ["arn", partition, s, _, _, rest]
            if *s == service && !partition.is_empty() && rest.strip_prefix(resource).is_some_and(|name| !name.is_empty()))
}

pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

checked_text!(
    /// The name of a pipeline, or a pattern of names.
    PipelineGlob,
    "a pipeline name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?",
    is_pipeline_glob
);

checked_text!(
    /// The name of a region, or a pattern of names.
    RegionGlob,
    "a region or a pattern of regions: a-z 0-9 - * ?",
    |text| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-*?".contains(&b);
        !text.is_empty() && text.bytes().all(allowed)
    }
);

impl RegionGlob {
    /// The region, where it is one.
    pub fn name(&self) -> Option<&str> {
        (!self.contains(['*', '?'])).then_some(self)
    }
}

checked_text!(
    /// The name of a stage, or a pattern of names.
    StageGlob,
    "a stage name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?",
    is_pipeline_glob
);

checked_text!(
    /// The name of an action, or a pattern of names.
    ActionGlob,
    "an action name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?",
    is_pipeline_glob
);

checked_text!(
    /// The account that a policy is about, or `*`.
    AccountGlob,
    "an account: 12 digits, or `*` for any",
    |text| text == "*" || is_account(text)
);

checked_text!(
    /// An account.
    AccountId,
    "an account: 12 digits",
    is_account
);

checked_text!(
    /// What the names of all generated groups, policies and roles begin with.
    Prefix,
    "a prefix for IAM names: 1 to 32 of A-Z a-z 0-9 _ + = , . @ -",
    |text| text.len() <= 32 && is_iam_text(text)
);

checked_text!(
    /// The name of a Lambda function (Lambda API model: `FunctionName`, without ARN forms).
    FunctionName,
    "the name of a Lambda function: 1 to 64 of A-Z a-z 0-9 - _",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
);

checked_text!(
    /// The name of a role that is there already.
    RoleName,
    "a role name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -, without its path",
    |text| text.len() <= 64 && is_iam_text(text)
);

checked_text!(
    /// A role that is there already, by name or by ARN; with a path, only the ARN will do.
    RoleRef,
    "a role: its name, or its ARN such as arn:aws:iam::111122223333:role/path/Name, without wildcards",
    |text| (text.len() <= 64 && is_iam_text(text)) || is_arn(text, "iam", "role/")
);

checked_text!(
    /// A SAML identity provider.
    SamlProvider,
    "the ARN of a SAML provider, such as arn:aws:iam::111122223333:saml-provider/Example",
    |text| is_arn(text, "iam", "saml-provider/")
);

checked_text!(
    /// An instance of IAM Identity Center (SSO Admin API model: `InstanceArn`).
    IdentityCenter,
    "the ARN of an IAM Identity Center instance, such as arn:aws:sso:::instance/ssoins-1234567890abcdef",
    |text| is_arn(text, "sso", "instance/ssoins-") || is_arn(text, "sso", "instance/ins-")
);

impl PipelineGlob {
    /// Whether a pipeline of that name is meant.
    pub fn matches(&self, name: &str) -> bool {
        Pattern::new(&self.0).matches(name)
    }
}

/// Whether a text is one name, and not a pattern.
pub fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    fn refused<T: std::str::FromStr<Err = NameError> + fmt::Debug>(texts: &[&str]) {
        for text in texts {
            assert!(text.parse::<T>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        let long = "x".repeat(101);
        refused::<PipelineGlob>(&[
            "",
            "a b",
            "a/b",
            "a:b",
            "ä",
            "a'b",
            "$(id)",
            "${aws:username}",
            &long,
        ]);
        refused::<AccountGlob>(&["", "1", "1111222233334", "11112222333x", "**", "1111*"]);
        refused::<AccountId>(&["*"]);
        refused::<Prefix>(&["", "a/b", "a b", &"x".repeat(33)]);
        refused::<FunctionName>(&[
            "",
            "a.b",
            "arn:aws:lambda:us-east-1:111122223333:function:gate",
            &"x".repeat(65),
        ]);
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
    }

    #[test]
    fn what_aws_takes_is_taken() {
        assert!("payments-*".parse::<PipelineGlob>().unwrap().matches("payments-eu"));
        assert!("arn:aws:iam::111122223333:role/break/Glass".parse::<RoleRef>().is_ok());
        assert!("arn:aws:iam::111122223333:saml-provider/Example".parse::<SamlProvider>().is_ok());
        assert!("arn:aws:sso:::instance/ssoins-1234567890abcdef".parse::<IdentityCenter>().is_ok());
    }
}
