//! Names of AWS and of forges.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use names::{
    AccountId, Arn, ExecutionId, Forge, ForgeUser, FunctionRef, KmsKeyArn, PipelineGlob,
    PipelineName, Region, RegionGlob, S3Uri, Versions, shown,
};

/// Two lines, each as every kind of name.
///
/// What is read prints as a text that reads as the same. A reference to a function matches itself.
/// What is shown has no control characters.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    for text in [one, other] {
        if let Some(arn) = Arn::parse(text) {
            assert_eq!(arn.to_string(), text);
            assert_eq!(Arn::parse(&arn.fields().join(":")), Some(arn));
        }
        reads_again::<AccountId>(text);
        reads_again::<ExecutionId>(text);
        reads_again::<KmsKeyArn>(text);
        reads_again::<PipelineGlob>(text);
        reads_again::<PipelineName>(text);
        reads_again::<Region>(text);
        reads_again::<RegionGlob>(text);
        reads_again::<S3Uri>(text);
        reads_again::<FunctionRef>(text);
        for forge in [Forge::GitHub, Forge::GitLab] {
            if let Ok(user) = ForgeUser::new(forge, text, Some(7)) {
                assert!(user.names(&user), "{user}");
            }
        }
        reads_again::<ForgeUser>(text);
        assert!(!shown(text).chars().any(char::is_control), "{text:?}");
    }
    if let Ok(function) = one.parse::<FunctionRef>() {
        assert!(function.matches(one, Versions::Same), "{one}");
        if let Some(arn) = function.unqualified_arn() {
            assert!(function.matches(&arn, Versions::Any), "{arn}");
            assert!(FunctionRef::from_arn(&arn).is_ok(), "{arn}");
        }
        if let Ok(reference) = other.parse::<FunctionRef>() {
            for versions in [Versions::Any, Versions::Same] {
                let forth = function.matches(other, versions);
                assert_eq!(forth, reference.matches(one, versions), "{one} and {other}");
            }
        }
    }
}

fn reads_again<T>(text: &str)
where
    T: FromStr<Err: Display> + Display + PartialEq + Debug,
{
    match text.parse::<T>() {
        Ok(name) => assert_eq!(name.to_string().parse().ok(), Some(name)),
        // An error is one line for any text.
        Err(error) => assert!(!error.to_string().contains(['\n', '\x1b']), "{error}"),
    }
}
