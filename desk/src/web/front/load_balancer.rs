//! The load balancer, and where its public keys are.

use std::net::SocketAddr;
use std::str::FromStr;

use names::{Arn, Partition, Region};

/// An Application Load Balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadBalancer {
    pub(super) arn: String,
    /// The address of its public keys, without the id of a key.
    pub(super) keys: String,
}

/// Why a text names no load balancer whose tokens can be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoadBalancerError {
    #[error(
        "it is not the ARN of an Application Load Balancer; write it like \
         arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/desk/0123456789abcdef"
    )]
    Form,
    #[error("AWS does not say where the public keys of load balancers are in this partition")]
    Partition,
}

impl LoadBalancer {
    /// The same load balancer, with public keys on this machine: for tests.
    pub(crate) fn with_keys_at(self, address: SocketAddr) -> Self {
        Self { keys: format!("http://{address}"), ..self }
    }
}

impl FromStr for LoadBalancer {
    type Err = LoadBalancerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn = Arn::parse(text).filter(|arn| arn.service == "elasticloadbalancing");
        let arn = arn.filter(|arn| arn.account_id().is_some()).ok_or(Self::Err::Form)?;
        let (name, id) = arn
            .resource
            .strip_prefix("loadbalancer/app/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(Self::Err::Form)?;
        let is_word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let region: Region = arn.region.parse().map_err(|_| Self::Err::Form)?;
        let partition = Partition::from_region(&region);
        if !is_word(name) || !is_word(id) || partition.is_none_or(|it| it.as_str() != arn.partition)
        {
            return Err(Self::Err::Form);
        }
        // Elastic Load Balancing, Application Load Balancers, "Authenticate users using an
        // Application Load Balancer".
        let keys = match partition {
            Some(Partition::Aws) => format!("https://public-keys.auth.elb.{region}.amazonaws.com"),
            Some(Partition::AwsUsGov) => {
                format!("https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}")
            }
            Some(_) | None => return Err(Self::Err::Partition),
        };
        Ok(Self { arn: text.to_owned(), keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_says_where_the_keys_are() {
        let keys = |region: &str, partition: &str| {
            let arn = format!(
                "arn:{partition}:elasticloadbalancing:{region}:111122223333:loadbalancer/app/a-1/0f"
            );
            arn.parse::<LoadBalancer>().map(|it| it.keys)
        };
        assert_eq!(
            keys("eu-west-1", "aws").unwrap(),
            "https://public-keys.auth.elb.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            keys("us-gov-east-1", "aws-us-gov").unwrap(),
            "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1"
        );
        assert_eq!(keys("cn-north-1", "aws-cn"), Err(LoadBalancerError::Partition));
        for (region, partition) in [
            ("eu-west-1", "aws-cn"),
            ("", "aws"),
            ("attacker.example", "aws"),
            ("eu-west-1/..", "aws"),
            ("evil-1", "aws"),
        ] {
            assert_eq!(keys(region, partition), Err(LoadBalancerError::Form), "{region}");
        }
    }

    #[test]
    fn what_is_not_an_application_load_balancer_is_refused() {
        for wrong in [
            "",
            "desk",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/a/0f",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/*/0f",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/0f/1",
            "arn:aws:elasticloadbalancing:eu-west-1:*:loadbalancer/app/a/0f",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/0f",
            "arn:aws:iam::111122223333:role/a",
        ] {
            assert_eq!(wrong.parse::<LoadBalancer>(), Err(LoadBalancerError::Form), "{wrong}");
        }
    }
}
