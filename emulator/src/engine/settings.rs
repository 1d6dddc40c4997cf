//! The account and region of a CodePipeline, and the ARNs and URLs that follow from them.

use names::FunctionRef;

use super::declaration::{Action, ActionKind};

/// The account and region of a CodePipeline.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The partition in ARNs: `aws`, `aws-cn`, …
    pub partition: String,
    /// The region in ARNs.
    pub region: String,
    /// The account id in ARNs: twelve digits.
    pub account_id: String,
    /// Whether `GetJobDetails` omits the pipeline's ARN and the execution's id, as AWS's model
    /// permits for Lambda jobs.
    pub bare_job_details: bool,
}

impl Settings {
    /// The ARN of a pipeline.
    #[must_use]
    pub fn pipeline_arn(&self, name: &str) -> String {
        let Self { partition, region, account_id, .. } = self;
        format!("arn:{partition}:codepipeline:{region}:{account_id}:{name}")
    }

    /// The ARN of a Lambda action's function. Its `FunctionName` may be a name, with or without an
    /// alias, or an ARN.
    #[must_use]
    pub fn function_arn(&self, name: &str) -> String {
        let Self { partition, region, account_id, .. } = self;
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        format!("arn:{partition}:lambda:{region}:{account_id}:function:{name}")
    }

    /// The console's URL of a function's log: the `externalExecutionUrl` of a Lambda action.
    pub(super) fn log_url(&self, function: &str) -> String {
        let (region, name) = (&self.region, function_name(function));
        format!(
            "https://console.aws.amazon.com/cloudwatch/home?region={region}#logStream:group=%252Faws%252Flambda%252F{name}"
        )
    }

    /// The console's URL of an action's subject: `entityUrl` in the pipeline's state.
    #[must_use]
    pub fn entity_url(&self, action: &Action) -> Option<String> {
        let region = &self.region;
        let configured = |key: &str| action.configuration.get(key);
        let s3 = action.action_type_id.provider == "S3";
        match action.kind() {
            ActionKind::Source if s3 => Some(format!("https://console.aws.amazon.com/s3/home?region={region}#")),
            ActionKind::ManualApproval => configured("ExternalEntityLink").cloned(),
            ActionKind::Lambda => configured("FunctionName").map(|function| {
                let name = function_name(function);
                format!("https://console.aws.amazon.com/lambda/home?region={region}#/functions/{name}")
            }),
            ActionKind::Pretended if s3 => configured("BucketName").map(|bucket| {
                format!("https://console.aws.amazon.com/s3/buckets/{bucket}/?region={region}&tab=overview")
            }),
            ActionKind::Source | ActionKind::Pretended => None,
        }
    }
}

/// The bare name in a `FunctionName`, or the whole text if it is malformed.
fn function_name(function: &str) -> String {
    function
        .parse()
        .map_or_else(|_| function.to_owned(), |function: FunctionRef| function.name().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_its_name_or_its_arn() {
        let settings = Settings {
            partition: "aws-cn".to_owned(),
            region: "cn-north-1".to_owned(),
            account_id: "111122223333".to_owned(),
            bare_job_details: false,
        };
        let arn = "arn:aws-cn:lambda:cn-north-1:111122223333:function:gate";
        assert_eq!(settings.function_arn("gate"), arn);
        assert_eq!(settings.function_arn("gate:live"), format!("{arn}:live"));
        let other = "arn:aws-cn:lambda:cn-north-1:444455556666:function:gate:live";
        assert_eq!(settings.function_arn(other), other);
        for name in ["gate", "gate:live", other] {
            assert_eq!(function_name(name), "gate");
        }
    }
}
