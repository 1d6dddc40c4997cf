//! Lambda functions, and the ways to refer to one.

use std::fmt;
use std::str::FromStr;

use crate::partition::{is_certainly_a_region, is_written_like_a_region};
use crate::{AccountId, Arn, Partition, Region, is_partition, shown};

fn is_function_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

crate::checked_text!(
    /// The bare name of a function: `[a-zA-Z0-9-_]` (Lambda API model, `FunctionName`), at most 64
    /// characters (Lambda API reference, `CreateFunction`).
    pub FunctionName,
    "the name of a Lambda function: 1 to 64 of A-Z a-z 0-9 - _",
    is_function_name
);

/// The unpublished version of a function. It runs if no version is named.
const LATEST: &str = "$LATEST";

/// A version or an alias: `\$LATEST|[a-zA-Z0-9-_]+`, at most 128 characters (Lambda API model,
/// `FunctionName`, `Alias`), or `$LATEST.PUBLISHED` (same model, `NamespacedFunctionName`).
fn is_qualifier(text: &str) -> bool {
    matches!(text, LATEST | "$LATEST.PUBLISHED")
        || ((1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)))
}

/// A reference to a Lambda function: its name, a part of its ARN, or its ARN, each with or without
/// a version or an alias.
///
/// The grammar is `[REGION:][ACCOUNT:][function:]NAME[:QUALIFIER]` and
/// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]` (Lambda API model, the pattern
/// of `FunctionName`).
///
/// The pattern has one ambiguity: `REGION:NAME` and `NAME:ALIAS` look the same, because a function
/// can have a name such as `eu-gate-1`. Two fields are read as a region and a name only if the
/// first one is certainly a region, such as `eu-west-1`.
///
/// ```
/// use names::{FunctionRef, Versions};
///
/// let gate: FunctionRef = "111122223333:function:gate".parse()?;
/// assert_eq!(gate.name(), "gate");
/// assert!(gate.matches("gate:live", Versions::Any));
/// assert!(!gate.matches("444455556666:function:gate", Versions::Any));
/// # Ok::<(), names::FunctionRefError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionRef {
    partition: Option<String>,
    region: Option<Region>,
    account: Option<AccountId>,
    name: FunctionName,
    qualifier: Option<String>,
}

/// Which versions of a function [`FunctionRef::matches`] accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Any version: do two texts mean the same function? For reports, which compare the user's name
    /// of the gate with the name in a pipeline.
    Any,
    /// Only the same version: does the same code run in the same environment? A missing qualifier
    /// means `$LATEST`. An alias and the version that it points to are different, because an alias
    /// can be moved. For the gate, which must know whether a job is its own.
    Same,
}

/// Why a text is not a reference to a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is neither the name nor the ARN of a Lambda function; `aws lambda list-functions` shows both",
    shown(.0)
)]
pub struct FunctionRefError(String);

/// The checked fields of a reference, borrowed from its text.
#[derive(Clone, Copy)]
struct Fields<'a> {
    partition: Option<&'a str>,
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        // `arn:live` is the alias of a function with the name `arn`.
        Self::parse_arn(text).or_else(|| Self::parse_partial(text))
    }

    /// Reads `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`.
    fn parse_arn(text: &'a str) -> Option<Self> {
        let Arn { partition, service, region, account, resource } = Arn::parse(text)?;
        let is_of_a_function = service == "lambda"
            && is_partition(partition)
            && Region::is_valid(region)
            && AccountId::is_valid(account);
        let named = resource.strip_prefix("function:").filter(|_| is_of_a_function)?;
        let (name, qualifier) = match named.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (named, None),
        };
        let fields = Self {
            partition: Some(partition),
            region: Some(region),
            account: Some(account),
            name,
            qualifier,
        };
        fields.checked()
    }

    /// Reads `[REGION:][ACCOUNT:][function:]NAME[:QUALIFIER]`. As in a regular expression, each
    /// field is the first of these that it can be. The exception is a region that may be a name.
    fn parse_partial(text: &'a str) -> Option<Self> {
        // The grammar has five fields. A text with more of them is not a reference.
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let mut rest = fields.as_slice();
        // Never take the name: it is the last field, or the one before `$LATEST`.
        let mut take = |is_wanted: fn(&str, usize) -> bool| match rest {
            [_, last] if last.starts_with('$') => None,
            [first, others @ ..] if !others.is_empty() && is_wanted(first, others.len()) => {
                rest = others;
                Some(*first)
            }
            _ => None,
        };
        let region = take(|field, others| match others {
            1 => is_certainly_a_region(field),
            _ => is_written_like_a_region(field),
        });
        let account = take(|field, _| AccountId::is_valid(field));
        take(|field, _| field == "function");
        let (name, qualifier) = match rest {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        Self { partition: None, region, account, name, qualifier }.checked()
    }

    fn checked(self) -> Option<Self> {
        let is_valid = FunctionName::is_valid(self.name) && self.qualifier.is_none_or(is_qualifier);
        is_valid.then_some(self)
    }

    /// The version that runs.
    fn version(self) -> &'a str {
        self.qualifier.unwrap_or(LATEST)
    }
}

impl FunctionRef {
    /// Reads a whole ARN, with or without a version or an alias.
    ///
    /// # Errors
    /// [`FunctionRefError`] if the text is not the whole ARN of a function.
    pub fn from_arn(arn: &str) -> Result<Self, FunctionRefError> {
        Fields::parse_arn(arn)
            .and_then(Self::from_fields)
            .ok_or_else(|| FunctionRefError(arn.to_owned()))
    }

    fn from_fields(fields: Fields<'_>) -> Option<Self> {
        let Fields { partition, region, account, name, qualifier } = fields;
        Some(Self {
            partition: partition.map(str::to_owned),
            region: region.map(str::parse).transpose().ok()?,
            account: account.map(str::parse).transpose().ok()?,
            name: name.parse().ok()?,
            qualifier: qualifier.map(str::to_owned),
        })
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            partition: self.partition.as_deref(),
            region: self.region.as_deref(),
            account: self.account.as_deref(),
            name: &self.name,
            qualifier: self.qualifier.as_deref(),
        }
    }

    /// The bare name.
    #[must_use]
    pub fn name(&self) -> &FunctionName {
        &self.name
    }

    /// The region, if the reference has one.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The account, if the reference has one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// The version or alias, if the reference has one.
    #[must_use]
    pub fn qualifier(&self) -> Option<&str> {
        self.qualifier.as_deref()
    }

    /// The ARN without a version or an alias. Returns `None` if the reference has no region or no
    /// account. If it has no partition, the region determines the partition.
    #[must_use]
    pub fn unqualified_arn(&self) -> Option<String> {
        let (region, account) = (self.region.as_deref()?, self.account.as_deref()?);
        let partition = match &self.partition {
            Some(partition) => partition,
            None => Partition::from_region(region)?.as_str(),
        };
        let resource = format!("function:{}", self.name);
        let arn = Arn { partition, service: "lambda", region, account, resource: &resource };
        Some(arn.to_string())
    }

    /// Whether `function` refers to the same function as this reference does.
    ///
    /// The names must be equal. So must partition, region and account, if both have them: a bare
    /// name matches functions of that name in every region and account. [`Versions`] says how to
    /// compare versions and aliases. A text that is not a reference to a function matches nothing.
    ///
    /// To match exactly one function, build this reference [from the whole ARN](Self::from_arn).
    #[must_use]
    pub fn matches(&self, function: &str, versions: Versions) -> bool {
        let (own, Some(other)) = (self.fields(), Fields::parse(function)) else {
            return false;
        };
        let agree = |a: Option<&str>, b: Option<&str>| a.is_none() || b.is_none() || a == b;
        own.name == other.name
            && agree(own.partition, other.partition)
            && agree(own.region, other.region)
            && agree(own.account, other.account)
            && match versions {
                Versions::Any => true,
                Versions::Same => own.version() == other.version(),
            }
    }

    /// Whether an action of a pipeline in this account runs this very version of the function, if
    /// the action has this `FunctionName` and this role. A role of another account invokes a
    /// function of that account.
    #[must_use]
    pub fn is_run_by(&self, function: &str, role: Option<&str>, account: &str) -> bool {
        let is_own = |role| Arn::parse(role).is_some_and(|role| role.account == account);
        self.matches(function, Versions::Same) && role.is_none_or(is_own)
    }

    /// Whether the function may be in a region. If the reference has no region, it may be in any.
    #[must_use]
    pub fn may_be_in(&self, region: &str) -> bool {
        self.region.as_deref().is_none_or(|own| own == region)
    }
}

impl FromStr for FunctionRef {
    type Err = FunctionRefError;

    fn from_str(text: &str) -> Result<Self, FunctionRefError> {
        Fields::parse(text)
            .and_then(Self::from_fields)
            .ok_or_else(|| FunctionRefError(text.to_owned()))
    }
}

impl From<FunctionName> for FunctionRef {
    fn from(name: FunctionName) -> Self {
        Self { partition: None, region: None, account: None, name, qualifier: None }
    }
}

/// A text that reads as this reference again.
impl fmt::Display for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fields { partition, region, account, name, qualifier } = self.fields();
        let is_partial = region.is_some() || account.is_some();
        if let Some(partition) = partition {
            write!(f, "arn:{partition}:lambda:")?;
        }
        for field in [region, account].into_iter().flatten() {
            write!(f, "{field}:")?;
        }
        // If a qualifier follows a name such as `function` or 12 digits, only `function:` shows
        // that it is the name.
        if is_partial || qualifier.is_some() && needs_marker(name) {
            f.write_str("function:")?;
        }
        f.write_str(name)?;
        match qualifier {
            Some(qualifier) => write!(f, ":{qualifier}"),
            None => Ok(()),
        }
    }
}

fn needs_marker(name: &str) -> bool {
    name == "function" || AccountId::is_valid(name) || is_certainly_a_region(name)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    /// The pattern of `FunctionName` in the Lambda API model, anchored and with named groups.
    static MODEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:arn:(?<partition>aws[a-zA-Z-]*):lambda:(?<arn>))?(?:(?<region>(?:eusc-)?[a-z]{2}(?:(?:-gov)|(?:-iso(?:[a-z]?)))?-[a-z]+-\d{1}):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$").unwrap()
    });

    const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:gate";

    fn read(text: &str) -> FunctionRef {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_form_is_read() {
        for (text, region, account, name, qualifier) in [
            ("gate", None, None, "gate", None),
            ("gate:live", None, None, "gate", Some("live")),
            ("gate:$LATEST", None, None, "gate", Some("$LATEST")),
            ("function:gate", None, None, "gate", None),
            ("function:gate:1", None, None, "gate", Some("1")),
            ("function", None, None, "function", None),
            ("111122223333", None, None, "111122223333", None),
            ("function:$LATEST", None, None, "function", Some("$LATEST")),
            ("arn:live", None, None, "arn", Some("live")),
            ("111122223333:gate", None, Some("111122223333"), "gate", None),
            ("111122223333:function:gate", None, Some("111122223333"), "gate", None),
            ("111122223333:gate:live", None, Some("111122223333"), "gate", Some("live")),
            ("eu-west-1:gate", Some("eu-west-1"), None, "gate", None),
            ("eu-gate-1:live", None, None, "eu-gate-1", Some("live")),
            ("eu-west-1:gate:live", Some("eu-west-1"), None, "gate", Some("live")),
            (
                "eu-west-1:111122223333:function:gate",
                Some("eu-west-1"),
                Some("111122223333"),
                "gate",
                None,
            ),
            (ARN, Some("eu-west-1"), Some("111122223333"), "gate", None),
            (&format!("{ARN}:live"), Some("eu-west-1"), Some("111122223333"), "gate", Some("live")),
        ] {
            let function = read(text);
            assert_eq!(function.region().map(Region::as_str), region, "{text}");
            assert_eq!(function.account().map(AccountId::as_str), account, "{text}");
            assert_eq!(*function.name(), name, "{text}");
            assert_eq!(function.qualifier(), qualifier, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_function_is_refused() {
        for text in [
            "",
            ":",
            "gate:",
            ":gate",
            "a b",
            "a.b",
            "gate:a:b",
            "gate:function:gate",
            "gate:$OLDEST",
            "#{Build.Function}",
            "a:b:c:d:e:f:g",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:lambda:eu-west-1:111122223333:layer:gate",
            "arn:aws:lambda:eu-west-1:111122223333:function:",
            "arn:aws:lambda:eu-west-1:111122223333:function:gate:live:live",
            "arn:aws:lambda:eu-west-1:1111:function:gate",
            "arn:aws:lambda::111122223333:function:gate",
            "arn:aws:lambda:function:gate",
            "arn:gcp:lambda:eu-west-1:111122223333:function:gate",
            &"x".repeat(65),
            &format!("gate:{}", "x".repeat(129)),
        ] {
            assert!(text.parse::<FunctionRef>().is_err(), "{text:?}");
        }
        let error = "a b".parse::<FunctionRef>().unwrap_err().to_string();
        assert!(error.starts_with("`a b` is neither the name nor the ARN"), "{error}");
    }

    #[test]
    fn what_a_user_calls_the_gate_matches_what_a_pipeline_calls_it() {
        let is = |own: &str, other: &str| read(own).matches(other, Versions::Any);
        for (own, other, same) in [
            ("gate", "gate", true),
            ("gate", "gate:live", true),
            ("gate", ARN, true),
            ("gate", "arn:aws-cn:lambda:cn-north-1:444455556666:function:gate:live", true),
            ("gate:live", "gate:1", true),
            ("111122223333:function:gate", "gate", true),
            ("111122223333:function:gate", ARN, true),
            ("111122223333:function:gate", "444455556666:function:gate", false),
            (ARN, "arn:aws:lambda:us-east-1:111122223333:function:gate", false),
            (ARN, "arn:aws-cn:lambda:eu-west-1:111122223333:function:gate", false),
            (ARN, "us-east-1:gate", false),
            (ARN, "gate", true),
            // The name is one field, not any of them.
            ("lambda", ARN, false),
            ("aws", ARN, false),
            ("111122223333", ARN, false),
            ("function", ARN, false),
            ("live", "gate:live", false),
            ("gate", "#{Build.Function}", false),
            ("gate", "", false),
        ] {
            assert_eq!(is(own, other), same, "{own} and {other}");
        }
    }

    #[test]
    fn the_same_version_is_the_same_text_and_no_version_is_the_latest() {
        let is = |own: &str, other: &str| read(own).matches(other, Versions::Same);
        assert!(is(ARN, "gate") && is(ARN, "gate:$LATEST"));
        assert!(is(&format!("{ARN}:live"), "gate:live"));
        assert!(is(&format!("{ARN}:$LATEST"), "gate"));
        assert!(!is(ARN, "gate:live") && !is(ARN, "gate:$LATEST.PUBLISHED"));
        assert!(!is(&format!("{ARN}:1"), "gate") && !is(&format!("{ARN}:1"), "gate:live"));
    }

    #[test]
    fn a_whole_arn_says_where_a_function_is() {
        assert!(FunctionRef::from_arn(ARN).is_ok());
        for partial in ["", "gate", "111122223333:gate", "eu-west-1:111122223333:function:gate"] {
            assert!(FunctionRef::from_arn(partial).is_err(), "{partial}");
        }
        assert_eq!(read(&format!("{ARN}:live")).unqualified_arn().as_deref(), Some(ARN));
        assert_eq!(read("eu-west-1:111122223333:gate").unqualified_arn().as_deref(), Some(ARN));
        assert_eq!(read("111122223333:gate").unqualified_arn(), None);
        assert!(read(ARN).may_be_in("eu-west-1") && !read(ARN).may_be_in("us-east-1"));
        assert!(read("gate").may_be_in("us-east-1"));
    }

    #[test]
    fn a_reference_prints_without_what_it_does_not_need() {
        for (text, printed) in [
            ("function:gate", "gate"),
            ("function:gate:live", "gate:live"),
            ("111122223333:gate", "111122223333:function:gate"),
            ("eu-west-1:gate:live", "eu-west-1:function:gate:live"),
            (ARN, ARN),
            // Without the marker, each of these would be read as something else.
            ("function:function:1", "function:function:1"),
            ("function:111122223333:live", "function:111122223333:live"),
            ("function:eu-west-1:live", "function:eu-west-1:live"),
            ("111122223333", "111122223333"),
        ] {
            assert_eq!(read(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn an_action_runs_the_function_only_in_the_role_s_account_and_only_this_version() {
        let role = |account: &str| format!("arn:aws:iam::{account}:role/run");
        let runs = |function: &str, role: Option<&str>| {
            read(ARN).is_run_by(function, role, "111122223333")
        };
        assert!(runs("gate", None));
        assert!(runs("gate", Some(&role("111122223333"))));
        assert!(!runs("gate", Some(&role("444455556666"))));
        assert!(!runs("gate", Some("not an arn")));
        assert!(!runs("other", None) && !runs("other", Some(&role("111122223333"))));
        assert!(!runs("gate:live", None));
    }

    fn field() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "arn",
            "aws",
            "aws-us-gov",
            "lambda",
            "function",
            "us-east-1",
            "us-gov-west-1",
            "eusc-de-east-1",
            "111122223333",
            "444455556666",
            "gate",
            "live",
            "1",
            "$LATEST",
            "a.b",
            "",
        ])
    }

    fn reference() -> impl Strategy<Value = String> {
        let text = prop::collection::vec(field(), 1..6).prop_map(|fields| fields.join(":"));
        let arn = prop::collection::vec(field(), 2..6)
            .prop_map(|fields| format!("arn:aws:lambda:{}", fields.join(":")));
        prop_oneof![text, arn]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn the_reading_is_that_of_the_api_model(text in reference()) {
            let captures = MODEL.captures(&text);
            let group =
                |name| captures.as_ref().and_then(|found| Some(found.name(name)?.as_str()));
            // The pattern also allows ARNs with missing fields. They are refused here.
            let marked = text.find(":function:").map(|at| at + ":function:".len());
            let named = captures.as_ref().and_then(|found| Some(found.name("name")?.start()));
            let is_whole = group("arn").is_none()
                || (group("region").is_some() && group("account").is_some() && marked == named);
            match text.parse::<FunctionRef>() {
                // In an ARN, the position alone shows what the region is.
                Ok(read) if captures.is_none() => {
                    prop_assert!(!is_written_like_a_region(read.region().unwrap()));
                }
                Ok(read) => {
                    prop_assert_eq!(Some(read.name().as_str()), group("name"));
                    prop_assert_eq!(read.region().map(Region::as_str), group("region"));
                    prop_assert_eq!(read.account().map(AccountId::as_str), group("account"));
                    prop_assert_eq!(read.qualifier(), group("qualifier"));
                }
                Err(_) => prop_assert!(captures.is_none() || !is_whole),
            }
        }

        #[test]
        fn a_reference_prints_as_what_it_is_read_from(text in reference()) {
            if let Ok(read) = text.parse::<FunctionRef>() {
                prop_assert_eq!(read.to_string().parse::<FunctionRef>(), Ok(read));
            }
        }

        #[test]
        fn matching_is_reflexive_and_symmetric_and_any_version_includes_the_same(
            a in reference(),
            b in reference(),
        ) {
            let read = |text: &str| text.parse::<FunctionRef>();
            if let (Ok(one), Ok(other)) = (read(&a), read(&b)) {
                for versions in [Versions::Any, Versions::Same] {
                    prop_assert!(one.matches(&a, versions));
                    prop_assert_eq!(one.matches(&b, versions), other.matches(&a, versions));
                }
                prop_assert!(!one.matches(&b, Versions::Same) || one.matches(&b, Versions::Any));
            }
        }

        #[test]
        fn no_text_is_read_with_a_panic(text in any::<String>()) {
            let _ = text.parse::<FunctionRef>();
        }
    }
}
