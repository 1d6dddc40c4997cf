//! Which action is the gate.

use std::str::FromStr;

use crate::read::history::ActionExecution;

/// The gate's function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateFunction {
    name: String,
    /// Where it is, as far as that was told.
    region: Option<String>,
}

/// Why a text names no function.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is neither the name nor the ARN of a Lambda function; see `aws lambda list-functions`"
)]
pub struct GateFunctionError(String);

impl FromStr for GateFunction {
    type Err = GateFunctionError;

    fn from_str(text: &str) -> Result<Self, GateFunctionError> {
        let refused = || GateFunctionError(text.to_owned());
        let name = function_name(text).ok_or_else(refused)?;
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(letters) {
            return Err(refused());
        }
        let region = text.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2));
        Ok(Self {
            name: name.to_owned(),
            region: region.filter(|region| !region.is_empty()).map(str::to_owned),
        })
    }
}

/// The name in `NAME`, `NAME:ALIAS` or `arn:P:lambda:REGION:ACCOUNT:function:NAME[:ALIAS]` (AWS
/// Lambda API Reference, "FunctionName").
fn function_name(text: &str) -> Option<&str> {
    if !text.starts_with("arn:") {
        return text.split(':').next();
    }
    let mut fields = text.split(':');
    let ("lambda", "function", name) = (fields.nth(2)?, fields.nth(2)?, fields.next()?) else {
        return None;
    };
    Some(name)
}

impl GateFunction {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this action runs the gate. An action that does not say which function it runs is not
    /// taken for it.
    pub fn is_run_by(&self, action: &ActionExecution) -> bool {
        let invokes = action.kind.as_ref().is_some_and(|kind| {
            (&*kind.category, &*kind.owner, &*kind.provider) == ("Invoke", "AWS", "Lambda")
        });
        let function = action.configuration.get("FunctionName");
        let named = function.and_then(|function| function_name(function)) == Some(&self.name);
        let elsewhere =
            matches!((&self.region, &action.region), (Some(own), Some(other)) if own != other);
        invokes && named && !elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::history::{ActionType, RawAction};

    fn invokes(function: &str, region: Option<&str>) -> ActionExecution {
        let kind = ActionType {
            category: "Invoke".to_owned(),
            owner: "AWS".to_owned(),
            provider: "Lambda".to_owned(),
        };
        RawAction {
            kind: Some(kind),
            region: region.map(str::to_owned),
            configuration: [("FunctionName".to_owned(), function.to_owned())].into(),
            ..RawAction::default()
        }
        .into_action("e".to_owned(), None)
    }

    #[test]
    fn a_name_an_alias_and_an_arn_mean_one_function() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:gate";
        for function in [
            "gate",
            "gate:live",
            arn,
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:gate:live",
        ] {
            let gate: GateFunction = "gate".parse().unwrap();
            assert!(gate.is_run_by(&invokes(function, None)), "{function}");
        }
        let here: GateFunction = arn.parse().unwrap();
        assert!(here.is_run_by(&invokes("gate", Some("eu-west-1"))));
        assert!(!here.is_run_by(&invokes("gate", Some("us-east-1"))), "its namesake elsewhere");
        assert!(!here.is_run_by(&invokes("gate-2", None)));
        assert!(!here.is_run_by(&RawAction::default().into_action("e".to_owned(), None)));
    }

    #[test]
    fn what_names_no_function_is_refused() {
        for text in [
            "",
            "a b",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:lambda:eu-west-1:111122223333:layer:gate",
        ] {
            assert!(text.parse::<GateFunction>().is_err(), "{text}");
        }
    }
}
