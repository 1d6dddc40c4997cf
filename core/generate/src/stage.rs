//! The stage with the approvals and the gate, in CodePipeline's JSON.

use names::FunctionRef;
use serde::Serialize;

use super::slot::Slots;

/// The name of the gate's action.
pub(crate) const GATE_ACTION: &str = "TwoPersonRule";

/// The members of `StageDeclaration` (CodePipeline API model) that this stage needs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stage {
    name: String,
    actions: Vec<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_failure: Option<OnFailure>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    name: String,
    action_type_id: ActionTypeId,
    run_order: u32,
    configuration: Configuration,
    output_artifacts: [(); 0],
    input_artifacts: [(); 0],
}

#[derive(Clone, Debug, Serialize)]
struct ActionTypeId {
    category: &'static str,
    owner: &'static str,
    provider: &'static str,
    version: &'static str,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    #[serde(skip_serializing_if = "Option::is_none")]
    function_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_parameters: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OnFailure {
    result: &'static str,
    retry_configuration: RetryConfiguration,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RetryConfiguration {
    retry_mode: &'static str,
}

/// The type of a pipeline. Only stages of V2 can retry by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PipelineType {
    V1,
    V2,
}

impl Stage {
    /// The approvals in parallel, followed by the gate. If an approval or the gate fails, a
    /// pipeline of type V2 runs the whole stage once more, so every approval is asked for again.
    pub(crate) fn new(
        name: &str,
        slots: &Slots,
        gate: &FunctionRef,
        pipeline: PipelineType,
    ) -> Self {
        let approvals = slots.iter().filter_map(|slot| slot.action()).map(|action| Action {
            name: action.to_owned(),
            action_type_id: ActionTypeId {
                category: "Approval",
                owner: "AWS",
                provider: "Manual",
                version: "1",
            },
            run_order: 1,
            configuration: Configuration::default(),
            output_artifacts: [],
            input_artifacts: [],
        });
        let gate = Action {
            name: GATE_ACTION.to_owned(),
            action_type_id: ActionTypeId {
                category: "Invoke",
                owner: "AWS",
                provider: "Lambda",
                version: "1",
            },
            run_order: 2,
            configuration: Configuration {
                function_name: Some(gate.to_string()),
                // Gives the gate its execution's id in case CodePipeline does not. If both give
                // one, the gate compares them.
                user_parameters: Some(
                    r##"{"pipelineExecutionId":"#{codepipeline.PipelineExecutionId}"}"##,
                ),
            },
            output_artifacts: [],
            input_artifacts: [],
        };
        Self {
            name: name.to_owned(),
            actions: approvals.chain([gate]).collect(),
            on_failure: (pipeline == PipelineType::V2).then_some(OnFailure {
                result: "RETRY",
                retry_configuration: RetryConfiguration { retry_mode: "ALL_ACTIONS" },
            }),
        }
    }
}
