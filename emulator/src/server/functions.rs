//! The functions of the account: the gate, and those that the user gives. They run like deployed
//! functions, but with this emulator in place of AWS.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use names::{FunctionName, FunctionRef};
use serde_json::Value;

use super::{Config, ServerError};
use crate::engine::Settings;
use crate::faults::Delivery;
use crate::function_host::{FunctionConfig, FunctionHost};
use crate::gate_identity::{NAME, ROLE};
use crate::principals::session;

/// The access key id of the gate.
const GATE_KEY_ID: &str = "two-person-rule-gate";
/// The variable that has the gate's rule.
const RULE: &str = "TWO_PERSON_RULE";
/// The time that the gate's invocation may take.
const GATE_TIMEOUT: Duration = Duration::from_secs(30);
/// The time that an invocation of another function may take. Lambda allows up to 15 minutes.
const TIMEOUT: Duration = Duration::from_secs(300);
/// The variables that Lambda sets itself.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const RESERVED: [&str; 17] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// A function that the user gives. It runs as a session of the role with its name.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: FunctionName,
    /// Its program.
    pub program: PathBuf,
    /// The variables that are its own.
    pub variables: BTreeMap<String, String>,
}

/// Whether Lambda sets a variable itself, and refuses it in the configuration of a function.
#[must_use]
pub fn is_reserved(variable: &str) -> bool {
    RESERVED.contains(&variable)
}

/// Whether a variable can have a name: `[a-zA-Z]([a-zA-Z0-9_])+` (Lambda API model,
/// `EnvironmentVariableName`).
#[must_use]
pub fn is_variable_name(name: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_';
    name.len() > 1
        && name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name.bytes().all(plain)
}

/// The functions that run.
#[derive(Debug)]
pub(super) struct Functions {
    /// Every name that no other function has means the gate.
    gate: Hosted,
    /// By their ARNs.
    others: BTreeMap<String, Hosted>,
}

/// A function that runs, and its configuration.
#[derive(Debug)]
pub(super) struct Hosted {
    host: FunctionHost,
    /// Another process, for a job that is given to two.
    beside: FunctionHost,
    /// What Lambda sets itself.
    set_by_lambda: Vec<(String, String)>,
    variables: Mutex<BTreeMap<String, String>>,
    /// The time that an invocation may take.
    pub(super) timeout: Duration,
}

/// The principals of the functions, by their access key ids.
pub(super) fn callers(config: &Config) -> Vec<(String, String)> {
    let Settings { partition, account_id, .. } = &config.settings;
    let gate = config.authorizer.as_ref().map_or_else(
        || session(partition, account_id, ROLE, NAME),
        |authorizer| authorizer.gate().to_owned(),
    );
    let others = config
        .functions
        .iter()
        .map(|Function { name, .. }| (key_id(name), session(partition, account_id, name, name)));
    [(GATE_KEY_ID.to_owned(), gate)].into_iter().chain(others).collect()
}

fn key_id(function: &FunctionName) -> String {
    format!("function-{function}")
}

impl Functions {
    /// Waits for invocations. The processes end with this.
    ///
    /// # Errors
    /// If the gate's program is not known.
    pub(super) fn start(config: &Config, api: SocketAddr) -> Result<Self, ServerError> {
        let rule = config.rule.clone().map(|rule| (RULE.to_owned(), rule));
        let gate = Hosted::start(gate(config, api)?, rule.into_iter().collect());
        let others = config.functions.iter().map(|function| {
            let arn = config.settings.function_arn(&function.name);
            (arn, Hosted::start(other(config, function, api), function.variables.clone()))
        });
        Ok(Self { gate, others: others.collect() })
    }

    /// The function that an ARN means, with or without a version or an alias.
    pub(super) fn find(&self, arn: &str) -> &Hosted {
        let function = FunctionRef::from_arn(arn).ok();
        let arn = function.and_then(|function| function.unqualified_arn());
        arn.and_then(|arn| self.others.get(&arn)).unwrap_or(&self.gate)
    }

    /// Ends the processes.
    pub(super) async fn shutdown(&self) {
        for hosted in [&self.gate].into_iter().chain(self.others.values()) {
            hosted.host.shutdown().await;
            hosted.beside.shutdown().await;
        }
    }
}

impl Hosted {
    fn start(mut config: FunctionConfig, variables: BTreeMap<String, String>) -> Self {
        let set_by_lambda = config.environment.clone();
        config.environment = environment(&set_by_lambda, &variables);
        Self {
            timeout: config.timeout,
            beside: FunctionHost::start(config.clone()),
            host: FunctionHost::start(config),
            set_by_lambda,
            variables: Mutex::new(variables),
        }
    }

    /// Invokes the function as CodePipeline does, under the ARN that the action names.
    pub(super) fn submit(&self, function_arn: &str, event: Value, delivery: Delivery) {
        match delivery {
            Delivery::Once => {}
            Delivery::Twice => self.host.submit(function_arn, event.clone()),
            Delivery::TwoProcesses => self.beside.submit(function_arn, event.clone()),
        }
        self.host.submit(function_arn, event);
    }

    /// The variables that are its own.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        self.variables.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces all variables that are its own.
    pub(super) fn configure(&self, variables: BTreeMap<String, String>) {
        let mut own = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        for host in [&self.host, &self.beside] {
            host.configure(environment(&self.set_by_lambda, &variables));
        }
        *own = variables;
    }
}

fn environment(
    set_by_lambda: &[(String, String)],
    variables: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let own = variables.iter().map(|(name, value)| (name.clone(), value.clone()));
    set_by_lambda.iter().cloned().chain(own).collect()
}

/// How to run the gate.
fn gate(config: &Config, api: SocketAddr) -> Result<FunctionConfig, ServerError> {
    let (program, arguments) = match &config.gate {
        Some(program) => (program.clone(), vec![]),
        None => {
            (std::env::current_exe().map_err(ServerError::OwnProgram)?, vec!["gate".to_owned()])
        }
    };
    Ok(FunctionConfig {
        arguments,
        ..hosted(config, api, NAME, GATE_KEY_ID, program, GATE_TIMEOUT)
    })
}

/// How to run a function that the user gives.
fn other(config: &Config, function: &Function, api: SocketAddr) -> FunctionConfig {
    let Function { name, program, .. } = function;
    hosted(config, api, name, &key_id(name), program.clone(), TIMEOUT)
}

fn hosted(
    config: &Config,
    api: SocketAddr,
    name: &str,
    key_id: &str,
    program: PathBuf,
    timeout: Duration,
) -> FunctionConfig {
    let mut environment = vec![
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_REGION", config.settings.region.clone()),
        ("AWS_ENDPOINT_URL", format!("http://{api}")),
        ("AWS_ACCESS_KEY_ID", key_id.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "emulator".to_owned()),
        ("AWS_SESSION_TOKEN", "emulator".to_owned()),
    ];
    environment.extend(config.log_level.clone().map(|level| ("AWS_LAMBDA_LOG_LEVEL", level)));
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value));
    FunctionConfig {
        program,
        arguments: vec![],
        environment: environment.collect(),
        function_arn: config.settings.function_arn(name),
        timeout: config.function_timeout.unwrap_or(timeout),
        retry_delay: Duration::from_secs(1),
        output: config.output.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Faults;
    use crate::function_host::ChildOutput;
    use crate::principals::Principals;
    use crate::server::Secrets;

    fn config() -> Config {
        Config {
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
            functions: vec![Function {
                name: "reviews".parse().unwrap(),
                program: "reviews".into(),
                variables: [("FORGES".to_owned(), "{}".to_owned())].into(),
            }],
            secrets: Secrets::default(),
            faults: Faults::default(),
            function_timeout: None,
            log_level: None,
            output: ChildOutput::Discard,
        }
    }

    fn api() -> SocketAddr {
        ([127, 0, 0, 1], 4599).into()
    }

    fn lines(environment: &[(String, String)]) -> Vec<String> {
        environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_function_gets_what_lambda_sets_and_nothing_else() {
        let config = config();
        let gate = gate(&config, api()).unwrap();
        assert_eq!((gate.program.to_str().unwrap(), gate.arguments.len()), ("bootstrap", 0));
        assert_eq!(
            lines(&gate.environment),
            [
                "AWS_LAMBDA_FUNCTION_NAME=two-person-rule",
                "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
                "AWS_REGION=eu-west-1",
                "AWS_ENDPOINT_URL=http://127.0.0.1:4599",
                "AWS_ACCESS_KEY_ID=two-person-rule-gate",
                "AWS_SECRET_ACCESS_KEY=emulator",
                "AWS_SESSION_TOKEN=emulator",
            ]
        );
        let reviews = other(&config, &config.functions[0], api());
        assert_eq!(reviews.function_arn, "arn:aws:lambda:eu-west-1:111122223333:function:reviews");
        let environment = lines(&reviews.environment);
        assert_eq!(environment.len(), gate.environment.len());
        for line in ["AWS_LAMBDA_FUNCTION_NAME=reviews", "AWS_ACCESS_KEY_ID=function-reviews"] {
            assert!(environment.contains(&line.to_owned()), "{environment:?}");
        }
        let callers = callers(&config);
        let arn = "arn:aws:sts::111122223333:assumed-role/reviews/reviews";
        assert_eq!(callers[1], ("function-reviews".to_owned(), arn.to_owned()));
    }

    #[tokio::test]
    async fn a_name_means_its_function_and_every_other_name_the_gate() {
        let functions = Functions::start(&config(), api()).unwrap();
        let means_reviews = |name: &str| functions.find(name).variables().contains_key("FORGES");
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:reviews";
        for arn in [arn, &format!("{arn}:live"), &format!("{arn}:7")] {
            assert!(means_reviews(arn), "{arn}");
        }
        let gate = arn.replace("reviews", "gate");
        let elsewhere = arn.replace("111122223333", "444455556666");
        for arn in [gate.as_str(), &format!("{arn}-2"), &elsewhere, "no function!"] {
            assert!(!means_reviews(arn), "{arn}");
            assert_eq!(functions.find(arn).variables()[RULE], "{}");
        }
        functions.shutdown().await;
    }
}
