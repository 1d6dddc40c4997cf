//! What the gate wrote into its log about the replies that it got: lines of JSON, `{"facts": {…}}`.

use serde::Deserialize;

/// What one invocation of the gate saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GateSaw {
    pub(crate) pipeline_execution_id: Option<bool>,
    pub(crate) function_name: Option<bool>,
    /// `none`, `event`, `variable` or `other`; empty if it did not get so far.
    pub(crate) user_parameters: String,
    pub(crate) own_run_by_id: Option<bool>,
}

/// Reads a log: plain lines, or what `aws logs filter-log-events` prints. What is not a line of facts is passed over.
pub(crate) fn read(text: &str) -> Vec<GateSaw> {
    #[derive(Deserialize)]
    struct Filtered {
        events: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    match serde_json::from_str::<Filtered>(text) {
        Ok(filtered) => filtered
            .events
            .iter()
            .flat_map(|event| event.message.lines())
            .filter_map(line)
            .collect(),
        Err(_) => text.lines().filter_map(line).collect(),
    }
}

/// One line, which the Lambda service or a tool may have put a time before.
fn line(line: &str) -> Option<GateSaw> {
    #[derive(Deserialize)]
    struct Line {
        facts: Facts,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Facts {
        get_job_details: Option<Details>,
        own_run_by: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Details {
        pipeline_execution_id: bool,
        function_name: bool,
        user_parameters: String,
    }
    let json = line.get(line.find("{\"facts\"")?..)?;
    let Facts {
        get_job_details,
        own_run_by,
    } = serde_json::from_str::<Line>(json.trim_end()).ok()?.facts;
    Some(GateSaw {
        pipeline_execution_id: get_job_details.as_ref().map(|details| details.pipeline_execution_id),
        function_name: get_job_details.as_ref().map(|details| details.function_name),
        user_parameters: get_job_details
            .map(|details| details.user_parameters)
            .unwrap_or_default(),
        own_run_by_id: own_run_by.map(|by| by == "id"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"facts":{"getJobDetails":{"actionExecutionId":true,"actionName":true,"functionName":true,"pipelineExecutionId":false,"userParameters":"variable"},"ownRunBy":"place"}}"#;

    #[test]
    fn lines_are_found_in_a_log_and_in_what_the_aws_cli_prints() {
        let saw = GateSaw {
            pipeline_execution_id: Some(false),
            function_name: Some(true),
            user_parameters: "variable".to_owned(),
            own_run_by_id: Some(false),
        };
        let filtered = serde_json::json!({"events": [{"message": format!("{LINE}\n"), "timestamp": 1}]}).to_string();
        for text in [
            LINE.to_owned(),
            format!("START\n2026-11-25T00:00:00Z {LINE}\nEND\n"),
            filtered,
        ] {
            assert_eq!(read(&text), std::slice::from_ref(&saw), "{text}");
        }
        assert_eq!(read("{\"facts\": 7}\nfacts\n"), []);
    }
}
