//! The gate as a function of AWS: its principal and its environment.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Config, ServerError};
use crate::engine::Settings;
use crate::gate_host::GateConfig;
use crate::gate_identity::{NAME, ROLE, session};

/// The access key id of the gate.
pub(super) const KEY_ID: &str = "two-person-rule-gate";
/// The gate's principal.
pub(super) fn caller(config: &Config) -> String {
    let Settings { partition, account_id, .. } = &config.settings;
    match &config.authorizer {
        Some(authorizer) => authorizer.gate().to_owned(),
        None => session(partition, account_id, ROLE),
    }
}

/// How to run the gate: like a deployed function, but with this emulator in place of AWS.
pub(super) fn gate_config(config: &Config, api: SocketAddr) -> Result<GateConfig, ServerError> {
    let (program, arguments) = match &config.gate {
        Some(program) => (program.clone(), vec![]),
        None => {
            (std::env::current_exe().map_err(ServerError::OwnProgram)?, vec!["gate".to_owned()])
        }
    };
    let region = &config.settings.region;
    let mut environment = vec![
        ("AWS_LAMBDA_FUNCTION_NAME", NAME.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_REGION", region.clone()),
        ("AWS_ENDPOINT_URL", format!("http://{api}")),
        ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "emulator".to_owned()),
        ("AWS_SESSION_TOKEN", "emulator".to_owned()),
    ];
    environment.extend(config.rule.clone().map(|rule| ("TWO_PERSON_RULE", rule)));
    environment.extend(config.gate_log_level.clone().map(|level| ("AWS_LAMBDA_LOG_LEVEL", level)));
    Ok(GateConfig {
        program,
        arguments,
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        function_arn: config.settings.function_arn(NAME),
        timeout: Duration::from_secs(30),
        retry_delay: Duration::from_secs(1),
        output: config.gate_output.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate_host::ChildOutput;
    use crate::principals::Principals;

    #[test]
    fn the_gate_gets_the_environment_of_a_function_and_nothing_else() {
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            settings: Settings {
                partition: "aws".to_owned(),
                region: "eu-west-1".to_owned(),
                account_id: "111122223333".to_owned(),
                bare_job_details: false,
            },
            lag: jiff::SignedDuration::ZERO,
            seed: None,
            principals: Principals::examples("111122223333"),
            authorizer: None,
            gate: Some("bootstrap".into()),
            rule: Some("{}".to_owned()),
            gate_log_level: None,
            gate_output: ChildOutput::Discard,
        };
        let gate = gate_config(&config, ([127, 0, 0, 1], 4599).into()).unwrap();
        assert_eq!((gate.program.to_str().unwrap(), gate.arguments.len()), ("bootstrap", 0));
        let environment: Vec<String> =
            gate.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            environment,
            [
                "AWS_LAMBDA_FUNCTION_NAME=two-person-rule",
                "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
                "AWS_REGION=eu-west-1",
                "AWS_ENDPOINT_URL=http://127.0.0.1:4599",
                "AWS_ACCESS_KEY_ID=two-person-rule-gate",
                "AWS_SECRET_ACCESS_KEY=emulator",
                "AWS_SESSION_TOKEN=emulator",
                "TWO_PERSON_RULE={}",
            ]
        );
    }
}
