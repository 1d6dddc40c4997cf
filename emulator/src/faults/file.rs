//! The file of faults: a JSON object, whose entries become checked ones.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Delivery, Entry, Fault, Faults, INVOKE, Kind, Times};
use crate::operation::Operation;

/// What is served of other services than CodePipeline.
const ELSEWHERE: [&str; 6] = [
    "iam:GetRole",
    "lambda:GetFunctionConfiguration",
    "lambda:UpdateFunctionConfiguration",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
];
/// The longest delay of a reply, in seconds.
const SLOWEST: f64 = 3600.0;

/// Why a file of faults cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("the faults file `{}` cannot be read", .path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not of the documented form.
    #[error("the faults file `{}` is not a JSON object with a list `faults`", .path.display())]
    Parse {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// An entry asks for what the emulator cannot do.
    #[error("the entry {number} of the faults file `{}` is wrong", .path.display())]
    Entry {
        /// The file's path.
        path: PathBuf,
        /// The number of the entry. The first is 1.
        number: usize,
        /// The cause.
        source: EntryError,
    },
}

/// Why an entry asks for what the emulator cannot do.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The emulator does not serve the operation.
    #[error(
        "the emulator does not serve `{0}`: write an operation as IAM does, such as \
         `codepipeline:GetPipelineState`, or `{INVOKE}`"
    )]
    Operation(String),
    /// A fault of a call is asked of a delivery, or the reverse.
    #[error(
        "`{0}` cannot have this fault: `deliver-twice` and `two-processes` are faults of \
         `{INVOKE}`, and all others of calls"
    )]
    Fault(String),
    /// The number of times is neither a count nor for ever.
    #[error("`{0}` is not a number of times: write a whole number from 1, or `\"for-ever\"`")]
    Times(Value),
    /// `slow` lacks its delay, or it is too long.
    #[error("the fault `slow` needs `seconds`, a number from 0 to {SLOWEST}")]
    Seconds,
    /// A delay is given to a fault that has none.
    #[error("`seconds` is for the fault `slow` only: remove it, or write `slow`")]
    NotSlow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    faults: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    operation: String,
    fault: Name,
    times: Value,
    seconds: Option<f64>,
    caller: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Name {
    Throttle,
    ServerError,
    Reset,
    ResetAfter,
    ResetWithin,
    Truncate,
    WrongJson,
    Slow,
    Stale,
    DeliverTwice,
    TwoProcesses,
}

pub(super) fn read(path: &Path) -> Result<Faults, FaultsError> {
    let unreadable = |source| FaultsError::Read { path: path.to_owned(), source };
    parse(path, &std::fs::read_to_string(path).map_err(unreadable)?)
}

fn parse(path: &Path, text: &str) -> Result<Faults, FaultsError> {
    let malformed = |source| FaultsError::Parse { path: path.to_owned(), source };
    let Written { faults } = serde_json::from_str(text).map_err(malformed)?;
    let entries = faults.into_iter().zip(1..).map(|(written, number)| {
        let wrong = |source| FaultsError::Entry { path: path.to_owned(), number, source };
        entry(written).map_err(wrong)
    });
    entries.collect::<Result<_, _>>().map(Faults)
}

fn entry(written: WrittenEntry) -> Result<Entry, EntryError> {
    let WrittenEntry { operation, fault, times, seconds, caller } = written;
    let of_codepipeline = operation.strip_prefix("codepipeline:").and_then(Operation::from_name);
    let is_served = of_codepipeline.is_some() || ELSEWHERE.contains(&operation.as_str());
    if !is_served && operation != INVOKE {
        return Err(EntryError::Operation(operation));
    }
    let kind = kind(fault, seconds)?;
    if matches!(kind, Kind::Delivery(_)) != (operation == INVOKE) {
        return Err(EntryError::Fault(operation));
    }
    Ok(Entry { operation, caller, kind, times: self::times(times)? })
}

fn kind(fault: Name, seconds: Option<f64>) -> Result<Kind, EntryError> {
    let fault = match fault {
        Name::Slow => {
            let seconds = seconds.filter(|seconds| (0.0..=SLOWEST).contains(seconds));
            let delay = seconds.ok_or(EntryError::Seconds)?;
            return Ok(Kind::Call(Fault::Slow(Duration::from_secs_f64(delay))));
        }
        _ if seconds.is_some() => return Err(EntryError::NotSlow),
        Name::DeliverTwice => return Ok(Kind::Delivery(Delivery::Twice)),
        Name::TwoProcesses => return Ok(Kind::Delivery(Delivery::TwoProcesses)),
        Name::Throttle => Fault::Throttle,
        Name::ServerError => Fault::ServerError,
        Name::Reset => Fault::Reset,
        Name::ResetAfter => Fault::ResetAfter,
        Name::ResetWithin => Fault::ResetWithin,
        Name::Truncate => Fault::Truncate,
        Name::WrongJson => Fault::WrongJson,
        Name::Stale => Fault::Stale,
    };
    Ok(Kind::Call(fault))
}

fn times(written: Value) -> Result<Times, EntryError> {
    let count = written.as_u64().and_then(|count| u32::try_from(count).ok());
    match (count.filter(|count| *count > 0), written.as_str()) {
        (Some(count), _) => Ok(Times::Left(AtomicU32::new(count))),
        (None, Some("for-ever")) => Ok(Times::ForEver),
        (None, _) => Err(EntryError::Times(written)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(entries: &str) -> Result<Faults, String> {
        let text = format!(r#"{{"faults": [{entries}]}}"#);
        parse(Path::new("f.json"), &text).map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error}: {}", cause.unwrap_or_default())
        })
    }

    #[test]
    fn a_fault_happens_as_often_as_the_file_says_and_to_its_caller_only() {
        let faults = faults(
            r#"{"operation": "codepipeline:GetPipeline", "fault": "throttle", "times": 2},
               {"operation": "codepipeline:GetPipeline", "fault": "reset", "times": 1, "caller": "bob"},
               {"operation": "iam:GetRole", "fault": "slow", "seconds": 0.5, "times": "for-ever"}"#,
        )
        .unwrap();
        let get = |caller| faults.of_call("codepipeline:GetPipeline", &[caller, "arn"], false);
        assert_eq!([get("alice"), get("bob")], [Some(Fault::Throttle); 2]);
        assert_eq!([get("alice"), get("bob"), get("bob")], [None, Some(Fault::Reset), None]);
        let slow = Some(Fault::Slow(Duration::from_millis(500)));
        assert_eq!([(); 9].map(|()| faults.of_call("iam:GetRole", &[], true)), [slow; 9]);
        assert_eq!(faults.of_call("sts:AssumeRole", &["bob"], true), None);
        assert_eq!(faults.of_delivery(), Delivery::Once);
    }

    #[test]
    fn a_stale_reply_waits_until_there_is_an_earlier_one() {
        let faults =
            faults(r#"{"operation": "iam:GetRole", "fault": "stale", "times": 1}"#).unwrap();
        let get = |has_earlier| faults.of_call("iam:GetRole", &[], has_earlier);
        assert_eq!([get(false), get(true), get(true)], [None, Some(Fault::Stale), None]);
        assert_eq!(
            (faults.repeats("iam:GetRole"), faults.repeats("sts:AssumeRole")),
            (true, false)
        );
    }

    #[test]
    fn a_delivery_is_doubled_as_often_as_the_file_says() {
        let faults = faults(
            r#"{"operation": "lambda:Invoke", "fault": "deliver-twice", "times": 1},
               {"operation": "lambda:Invoke", "fault": "two-processes", "times": 1}"#,
        )
        .unwrap();
        let deliveries = [(); 3].map(|()| faults.of_delivery());
        assert_eq!(deliveries, [Delivery::Twice, Delivery::TwoProcesses, Delivery::Once]);
    }

    #[test]
    fn a_file_that_asks_for_something_else_is_refused_in_words() {
        let entry = |operation: &str, fault: &str, more: &str| {
            faults(&format!(r#"{{"operation": "{operation}", "fault": "{fault}"{more}}}"#))
                .unwrap_err()
        };
        let (get, once) = ("codepipeline:GetPipeline", r#", "times": 1"#);
        for (said, expected) in [
            (entry("GetPipeline", "throttle", once), "the emulator does not serve `GetPipeline`"),
            (entry("codepipeline:Get", "throttle", once), "does not serve `codepipeline:Get`"),
            (
                entry(get, "two-processes", once),
                "`codepipeline:GetPipeline` cannot have this fault",
            ),
            (entry("lambda:Invoke", "throttle", once), "`lambda:Invoke` cannot have this fault"),
            (entry(get, "explode", once), "unknown variant `explode`"),
            (entry(get, "throttle", ""), "missing field `times`"),
            (entry(get, "throttle", r#", "times": 0"#), "`0` is not a number of times"),
            (entry(get, "throttle", r#", "times": "often""#), "`\"often\"` is not a number"),
            (entry(get, "slow", once), "the fault `slow` needs `seconds`"),
            (entry(get, "slow", r#", "times": 1, "seconds": -1"#), "from 0 to 3600"),
            (entry(get, "stale", r#", "times": 1, "seconds": 1"#), "`slow` only"),
            (entry(get, "stale", r#", "times": 1, "when": 1"#), "unknown field `when`"),
        ] {
            assert!(said.contains("faults file `f.json`") && said.contains(expected), "{said}");
        }
    }
}
