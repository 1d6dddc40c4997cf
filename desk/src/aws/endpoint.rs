//! Where services are that are called without their SDK.

use aws_config::SdkConfig;
use facts::aws::Signed;
use names::Partition;

/// A service in a region (`dnsSuffix` in AWS's `partitions.json`).
pub(super) fn service(config: &SdkConfig, service: &'static str, region: &str) -> Signed {
    let suffix = match Partition::from_region(region) {
        Some(Partition::AwsCn) => "amazonaws.com.cn",
        Some(Partition::AwsIso) => "c2s.ic.gov",
        Some(Partition::AwsIsoB) => "sc2s.sgov.gov",
        Some(Partition::AwsIsoE) => "cloud.adc-e.uk",
        Some(Partition::AwsIsoF) => "csp.hci.ic.gov",
        Some(Partition::AwsEusc) => "amazonaws.eu",
        Some(Partition::Aws | Partition::AwsUsGov) | None => "amazonaws.com",
    };
    Signed::new(config, service, region, &format!("https://{service}.{region}.{suffix}"))
}
