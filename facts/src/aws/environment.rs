//! The configuration of a Lambda function, from its environment alone.
//!
//! The SDK's usual chain also reads profiles, and asks STS, containers and instances for
//! credentials. A function needs none of these: Lambda puts its credentials and region into the
//! environment (AWS Lambda Developer Guide, "Defined runtime environment variables"). Without the
//! chain, a function is smaller, starts sooner, and cannot act under other credentials.

use std::collections::BTreeMap;
use std::env::vars_os;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::{http_client, timeout_config};

/// The configuration of a function's clients: credentials, region, endpoints, and whether AWS's
/// endpoints are those for FIPS or dual stack. As with [`config`](super::config), there are no
/// retries.
#[must_use]
pub fn from_environment() -> SdkConfig {
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let variables = vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    configured(variables.collect())
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

fn configured(variables: BTreeMap<String, String>) -> SdkConfig {
    let is_true =
        |name| variables.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeout_config())
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"));
    config.set_region(variables.get("AWS_REGION").cloned().map(Region::new));
    config.set_endpoint_url(variables.get("AWS_ENDPOINT_URL").cloned());
    // Nothing else, since some of the variables are secrets.
    let named = |(name, _): &(String, String)| name.starts_with("AWS_ENDPOINT_URL_");
    config.service_config(Endpoints(variables.into_iter().filter(named).collect())).build()
}

/// The endpoints of single services, by variable: `AWS_ENDPOINT_URL_CODEPIPELINE`.
#[derive(Debug)]
struct Endpoints(BTreeMap<String, String>);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        self.0.get(&format!("{}_{service}", key.env())).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> SdkConfig {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        configured(variables.iter().map(owned).collect())
    }

    fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service).profile("endpoint_url");
        config.service_config()?.load_config(key.env("AWS_ENDPOINT_URL").build().unwrap())
    }

    #[test]
    fn an_empty_environment_configures_nothing() {
        let config = with(&[]);
        assert_eq!(config.region(), None);
        assert_eq!(config.endpoint_url(), None);
        assert_eq!(config.use_fips(), Some(false));
        assert_eq!(config.use_dual_stack(), Some(false));
        assert_eq!(endpoint(&config, "CodePipeline"), None);
    }

    #[test]
    fn region_endpoints_fips_and_dual_stack_come_from_the_environment() {
        let config = with(&[
            ("AWS_REGION", "us-gov-west-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "TRUE"),
            ("AWS_ENDPOINT_URL", "http://localhost:1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://localhost:2"),
        ]);
        assert_eq!(config.region(), Some(&Region::from_static("us-gov-west-1")));
        assert_eq!(config.use_fips(), Some(true));
        assert_eq!(config.use_dual_stack(), Some(true));
        assert_eq!(config.endpoint_url(), Some("http://localhost:1"));
        assert_eq!(endpoint(&config, "Secrets Manager").as_deref(), Some("http://localhost:2"));
        assert_eq!(endpoint(&config, "CodePipeline"), None);
    }

    #[test]
    fn a_secret_of_the_environment_is_not_shown() {
        let config = with(&[
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
            ("AWS_ENDPOINT_URL_SFN", "http://localhost:2"),
        ]);
        let shown = format!("{config:?}");
        assert!(!shown.contains("wJalrXUtnFEMI"), "{shown}");
    }
}
