//! The stage with the approvals and the gate, in CodePipeline's JSON.

use serde::Serialize;

use super::spec::Spec;

/// The name of the gate's action.
pub(crate) const GATE_ACTION: &str = "TwoPersonRule";

/// The greatest length of `CustomData` and of `UserParameters` (CodePipeline User Guide, "Quotas").
const LONGEST_TEXT: usize = 1_000;

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
    notification_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_parameters: Option<String>,
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
    pub(crate) fn new(spec: &Spec, pipeline: PipelineType) -> Self {
        let names: Vec<&str> = spec.slots.iter().filter_map(|slot| slot.action()).collect();
        let approvals = names.iter().map(|action| Action {
            name: (*action).to_owned(),
            action_type_id: ActionTypeId {
                category: "Approval",
                owner: "AWS",
                provider: "Manual",
                version: "1",
            },
            run_order: 1,
            configuration: Configuration {
                notification_arn: spec.topics.of(action).map(str::to_owned),
                custom_data: Some(question(action, &names)),
                ..Configuration::default()
            },
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
                function_name: Some(spec.gate_function.to_string()),
                user_parameters: Some(parameters(&names)),
                ..Configuration::default()
            },
        };
        Self {
            name: spec.targets.stage().to_string(),
            actions: approvals.chain([gate]).collect(),
            on_failure: (pipeline == PipelineType::V2).then_some(OnFailure {
                result: "RETRY",
                retry_configuration: RetryConfiguration { retry_mode: "ALL_ACTIONS" },
            }),
        }
    }
}

/// What an approver reads.
fn question(action: &str, actions: &[&str]) -> String {
    let others: Vec<&str> = actions.iter().filter(|it| **it != action).copied().collect();
    let rest = |others: &str| {
        format!(
            "Release in execution #{{codepipeline.PipelineExecutionId}}. You approve that it goes to \
             production, in this execution only. Somebody else must give {others}; two approvals by \
             one person are refused."
        )
    };
    let text = rest(&others.join(" and "));
    if text.len() <= LONGEST_TEXT { text } else { rest("each other approval") }
}

/// What the gate is told. Its execution's id, in case CodePipeline does not give it: if both do,
/// the gate compares them. And the approvals, so that nobody can take one out unnoticed.
fn parameters(actions: &[&str]) -> String {
    let id = r##""pipelineExecutionId":"#{codepipeline.PipelineExecutionId}""##;
    let names: Vec<String> = actions.iter().map(|name| format!("\"{name}\"")).collect();
    let text = format!("{{{id},\"actions\":[{}]}}", names.join(","));
    if text.len() <= LONGEST_TEXT { text } else { format!("{{{id}}}") }
}
