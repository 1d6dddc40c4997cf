//! What the gate saw of undocumented behaviour of AWS, for `policygen doctor --facts`: which fields
//! were present, never their contents.

use job::{Configuration, Job, JobDetails};
use rule::Attempt;
use serde::Serialize;

/// What one invocation saw. A field is absent until its fact was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Observation {
    /// The fields that GetJobDetails gave for this Lambda job.
    #[serde(skip_serializing_if = "Option::is_none")]
    get_job_details: Option<Details>,
    /// What identified the gate's own run in the history: `id`, or `place` (stage, action and
    /// status).
    #[serde(skip_serializing_if = "Option::is_none")]
    own_run_by: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    pipeline_execution_id: bool,
    action_name: bool,
    action_execution_id: bool,
    function_name: bool,
    /// `none`, `event` (the same as in the event), `variable` (with a variable that was not
    /// resolved) or `other`.
    user_parameters: &'static str,
}

impl Observation {
    pub(crate) fn see_details(&mut self, job: &Job, details: &JobDetails) {
        let Configuration { function_name, user_parameters } =
            details.configuration.clone().unwrap_or_default();
        self.get_job_details = Some(Details {
            pipeline_execution_id: details.execution_id.is_some(),
            action_name: details.action.is_some(),
            action_execution_id: details.action_execution_id.is_some(),
            function_name: function_name.is_some(),
            user_parameters: match &user_parameters {
                None => "none",
                Some(_) if user_parameters == job.user_parameters => "event",
                Some(text) if text.contains("#{") => "variable",
                Some(_) => "other",
            },
        });
    }

    pub(crate) fn see_history(&mut self, details: &JobDetails, attempts: &[Attempt]) {
        let id = details.action_execution_id.as_ref();
        let by_id = id.is_some() && attempts.iter().any(|attempt| attempt.id.as_ref() == id);
        self.own_run_by = Some(if by_id { "id" } else { "place" });
    }
}
