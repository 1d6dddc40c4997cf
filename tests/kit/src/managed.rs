//! AWS managed policies, as AWS publishes them (taken from moto 5.2.1's collection of April 2026).

use serde_json::Value;

/// The document of a policy, by its name with its path.
pub(super) fn document(name: &str) -> Value {
    let text = match name {
        "AdministratorAccess" => include_str!("managed/AdministratorAccess.json"),
        "AWSCodePipeline_FullAccess" => include_str!("managed/AWSCodePipeline_FullAccess.json"),
        "AWSCodePipelineApproverAccess" => {
            include_str!("managed/AWSCodePipelineApproverAccess.json")
        }
        "PowerUserAccess" => include_str!("managed/PowerUserAccess.json"),
        "ReadOnlyAccess" => include_str!("managed/ReadOnlyAccess.json"),
        "job-function/SystemAdministrator" => include_str!("managed/SystemAdministrator.json"),
        other => panic!("no copy of the AWS managed policy {other}"),
    };
    serde_json::from_str(text).unwrap()
}
