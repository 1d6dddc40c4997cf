//! Which action is the gate.

use names::{FunctionRef, Versions};

use crate::read::history::{ActionExecution, ActionType};

/// Whether an action runs the gate. An action that does not name its function is not the gate.
pub fn runs_gate(gate: &FunctionRef, action: &ActionExecution) -> bool {
    let invokes = action.kind.as_ref().is_some_and(ActionType::invokes_lambda);
    let function = action.configuration.get("FunctionName");
    let is_named = function.is_some_and(|function| gate.matches(function, Versions::Any));
    let is_here = action.region.as_deref().is_none_or(|region| gate.may_be_in(region));
    invokes && is_named && is_here
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::history::RawAction;

    fn invokes(function: &str, region: Option<&str>) -> ActionExecution {
        let kind = ActionType {
            category: "Invoke".to_owned(),
            owner: "AWS".to_owned(),
            provider: "Lambda".to_owned(),
        };
        RawAction {
            kind: Some(kind),
            region: region.map(str::to_owned),
            configuration: [("FunctionName".to_owned(), function.to_owned())].into_iter().collect(),
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
            "111122223333:function:gate",
            arn,
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:gate:live",
        ] {
            let gate: FunctionRef = "gate".parse().unwrap();
            assert!(runs_gate(&gate, &invokes(function, None)), "{function}");
        }
        let here: FunctionRef = arn.parse().unwrap();
        assert!(runs_gate(&here, &invokes("gate", Some("eu-west-1"))));
        assert!(!runs_gate(&here, &invokes("gate", Some("us-east-1"))), "another region");
        assert!(!runs_gate(&here, &invokes("gate-2", None)));
        assert!(!runs_gate(&here, &RawAction::default().into_action("e".to_owned(), None)));
    }
}
