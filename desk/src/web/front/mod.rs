//! An identity provider in front: an Application Load Balancer signs people in by OpenID Connect,
//! and adds their claims to each request, in a token that it signs.
//!
//! It only takes away. People who get through still sign in with a passkey, and that passkey has to
//! be of the same person. The gate knows nothing of it.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>
//!
//! | file | purpose |
//! |---|---|
//! | `load_balancer` | the load balancer, and where its public keys are |
//! | `keys` | its public keys, kept in memory |
//! | `token` | the token, and what must be true of it |
//! | `login` | the person that the provider names, and who that is in the rule |

mod keys;
mod load_balancer;
mod login;
#[cfg(test)]
pub(super) mod made;
mod token;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use facts::CallError;
use jiff::Timestamp;

pub(crate) use self::keys::GET_KEY;
pub(crate) use self::load_balancer::{LoadBalancer, LoadBalancerError};
pub(super) use self::login::Login;
pub(crate) use self::token::Claim;

use self::keys::Keys;
use self::token::{BadToken, Expected, Token};
use super::{Ports, Web};

/// The header with the token.
const TOKEN: &str = "x-amzn-oidc-data";

/// A mark on requests that a load balancer made into an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByLoadBalancer;

/// The identity provider in front.
#[derive(Debug)]
pub(crate) struct Front {
    expected: Expected,
    claim: Claim,
    keys: Keys,
}

/// Why a request does not come in. No message has anything of the token.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("it did not come through the load balancer")]
    AnotherWay,
    #[error("it has no {TOKEN}, so the load balancer has signed nobody in")]
    NoToken,
    #[error("its {TOKEN} {0}")]
    Token(#[from] BadToken),
    #[error("the public key of its {TOKEN} could not be read: {0}")]
    Key(CallError),
}

impl Refused {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Token(BadToken::Expired) => StatusCode::UNAUTHORIZED,
            Self::AnotherWay | Self::Token(_) => StatusCode::FORBIDDEN,
            Self::Key(CallError::Transient { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Key(_) => StatusCode::FORBIDDEN,
        }
    }

    /// For the person in front of the browser.
    pub(super) fn text(&self) -> String {
        let advice = match self.status() {
            StatusCode::UNAUTHORIZED => "Reload the page to sign in at your identity provider",
            StatusCode::SERVICE_UNAVAILABLE => "Reload the page",
            _ => "Tell the people who run this desk: its log says the same",
        };
        format!(
            "This desk is behind an identity provider, and refuses the request: {self}. {advice}."
        )
    }
}

impl Front {
    /// Tokens of this load balancer, for this client of this identity provider. The claim says who
    /// somebody is.
    pub(crate) fn new(
        load_balancer: LoadBalancer,
        issuer: String,
        client: String,
        claim: Claim,
    ) -> Self {
        let LoadBalancer { arn: signer, keys } = load_balancer;
        Self { expected: Expected { signer, issuer, client }, claim, keys: Keys::at(keys) }
    }

    async fn login<P: Ports>(
        &self,
        web: &Arc<Web<P>>,
        headers: &HeaderMap,
    ) -> Result<Login, Refused> {
        let mut tokens = headers.get_all(TOKEN).iter();
        let token = match (tokens.next(), tokens.next()) {
            (None, _) => return Err(Refused::NoToken),
            (Some(one), None) => one.to_str().map_err(|_| BadToken::Malformed)?,
            (Some(_), Some(_)) => return Err(BadToken::Malformed.into()),
        };
        let token = Token::read(token)?;
        // First what costs nothing. Only then is a key asked for, by an id that it may have.
        let id = token.key_id(&self.expected, Timestamp::now())?;
        let key = self.keys.get(web, &id).await.map_err(Refused::Key)?;
        Ok(Login::new(token.verified(&key, self.claim)?))
    }
}

/// Checks a request if an identity provider is in front, and adds the [`Login`] to it. The session
/// of another person than the provider's is left out, as if that person were signed out.
pub(super) async fn admitted<P: Ports>(
    web: &Arc<Web<P>>,
    mut request: Request,
) -> Result<Request, Refused> {
    let login = match &web.front {
        None => None,
        Some(_) if request.extensions().get::<ByLoadBalancer>().is_none() => {
            return Err(Refused::AnotherWay);
        }
        Some(front) => Some(front.login(web, request.headers()).await?),
    };
    if let Some((login, visitor)) = login.as_ref().zip(web.visitor(request.headers()))
        && !login.is(web.rule(), &visitor.person)
    {
        request.headers_mut().remove(header::COOKIE);
    }
    request.extensions_mut().insert(login);
    Ok(request)
}
