//! The settings of an identity provider in front of the function, in its environment.

use std::net::SocketAddr;

use crate::web::{Claim, Front, LoadBalancer, LoadBalancerError};

/// The load balancer that signs people in.
const LOAD_BALANCER: &str = "DESK_LOAD_BALANCER";
/// The identity provider, as it names itself.
const ISSUER: &str = "DESK_OIDC_ISSUER";
/// The desk, as the identity provider knows it.
const CLIENT: &str = "DESK_OIDC_CLIENT";
/// The claim that says who somebody is.
const CLAIM: &str = "DESK_OIDC_CLAIM";
/// Where to take the load balancer's public keys from, on this machine: for tests.
const KEYS: &str = "DESK_LOAD_BALANCER_KEYS";

pub(super) const SETTINGS: [&str; 5] = [LOAD_BALANCER, ISSUER, CLIENT, CLAIM, KEYS];

/// Why there is no identity provider in front, though one is wanted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrontError {
    #[error("{LOAD_BALANCER}: {0}")]
    LoadBalancer(LoadBalancerError),
    #[error("{0} is not set, and {LOAD_BALANCER} needs it")]
    Missing(&'static str),
    #[error("{0} is set, and {LOAD_BALANCER} is not; set both, or neither")]
    Alone(&'static str),
    #[error("{CLAIM} is not one of {}", Claim::ALL.map(Claim::as_str).join(", "))]
    Claim,
    #[error("{KEYS} is not a loopback address such as 127.0.0.1:4590; leave it out on AWS")]
    Keys,
}

/// The identity provider in front. Returns `None` if no setting names one.
pub(super) fn front<'a>(
    get: impl Fn(&'static str) -> Option<&'a str>,
) -> Result<Option<Front>, FrontError> {
    let Some(load_balancer) = get(LOAD_BALANCER) else {
        let alone = SETTINGS.into_iter().find(|name| get(name).is_some());
        return alone.map_or(Ok(None), |name| Err(FrontError::Alone(name)));
    };
    let load_balancer: LoadBalancer = load_balancer.parse().map_err(FrontError::LoadBalancer)?;
    let load_balancer = match get(KEYS).map(str::parse::<SocketAddr>) {
        None => load_balancer,
        Some(Ok(address)) if address.ip().is_loopback() => load_balancer.with_keys_at(address),
        Some(_) => return Err(FrontError::Keys),
    };
    let needed = |name| {
        let set = get(name).filter(|value| !value.is_empty());
        set.map(str::to_owned).ok_or(FrontError::Missing(name))
    };
    let claim = get(CLAIM).map_or(Ok(Claim::Email), str::parse).map_err(|()| FrontError::Claim)?;
    Ok(Some(Front::new(load_balancer, needed(ISSUER)?, needed(CLIENT)?, claim)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/desk/0123456789abcdef";
    const SOUND: [(&str, &str); 3] =
        [(LOAD_BALANCER, ARN), (ISSUER, "https://login.example.com"), (CLIENT, "desk")];

    fn with(changes: &[(&'static str, &'static str)]) -> Result<Option<Front>, FrontError> {
        front(|wanted| {
            let all = SOUND.iter().chain(changes).rev();
            let (_, value) = *all.clone().find(|(name, _)| *name == wanted)?;
            (value != "unset").then_some(value)
        })
    }

    #[test]
    fn an_identity_provider_is_in_front_if_everything_is_known_of_it() {
        assert!(matches!(front(|_| None), Ok(None)));
        assert!(matches!(with(&[]), Ok(Some(_))));
        for claim in Claim::ALL {
            assert!(matches!(with(&[(CLAIM, claim.as_str())]), Ok(Some(_))));
        }
        for keys in ["127.0.0.1:4590", "[::1]:4590"] {
            assert!(matches!(with(&[(KEYS, keys)]), Ok(Some(_))), "{keys}");
        }
        for (name, value, error) in [
            (LOAD_BALANCER, "desk", FrontError::LoadBalancer(LoadBalancerError::Form)),
            (LOAD_BALANCER, "", FrontError::LoadBalancer(LoadBalancerError::Form)),
            (LOAD_BALANCER, "unset", FrontError::Alone(ISSUER)),
            (ISSUER, "unset", FrontError::Missing(ISSUER)),
            (CLIENT, "", FrontError::Missing(CLIENT)),
            (CLAIM, "name", FrontError::Claim),
            (KEYS, "192.0.2.1:443", FrontError::Keys),
            (KEYS, "keys.example.com:443", FrontError::Keys),
            (KEYS, "http://127.0.0.1:4590", FrontError::Keys),
            (KEYS, "", FrontError::Keys),
        ] {
            assert_eq!(with(&[(name, value)]).unwrap_err(), error, "{name}={value}");
        }
    }
}
