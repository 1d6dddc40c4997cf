//! The web app inside a program that is a CodePipeline itself: the emulator.

use std::error::Error;
use std::fmt;

use axum::Router;
use names::Region;
use rule::Rule;
use signing::Desk;
use tokio::net::TcpListener;

use crate::aws::{Connected, Live, RoleArn};
use crate::rule_source::RuleFile;
use crate::web::{Seal, Web, router, serve};

/// A CodePipeline on this machine, and how the desk calls it.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The address of its API, which answers for every service.
    pub endpoint: &'a str,
    /// The region of the requests.
    pub region: &'a Region,
    /// The access key id that the desk reads with. The secret is not checked.
    pub key_id: &'a str,
    /// The ARN of the role that answers are given with, one session for each person.
    pub role: &'a str,
    /// The gate's rule as JSON, if it is not the default.
    pub rule: Option<&'a str>,
}

/// Passkeys sign only at the origin in the rule.
#[derive(Debug, thiserror::Error)]
#[error("the rule's `desk` is at {rule}, and this one is at {here}; give both the same port")]
struct Elsewhere {
    rule: String,
    here: String,
}

/// The port of the desk that a rule names, if it is one on this machine.
#[must_use]
pub fn port_of_rule(rule: &str) -> Option<u16> {
    let rule = Rule::floor(rule).ok()?;
    rule.desk()?.origin().strip_prefix("http://localhost:")?.parse().ok()
}

/// A desk that is ready to serve.
pub struct Ready {
    listener: TcpListener,
    router: Router,
    origin: String,
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Ready {
    /// A desk for this listener. If the rule has no `desk`, it is at `http://localhost` and the
    /// listener's port. As long as the rule has no passkeys, everybody may look.
    ///
    /// # Errors
    /// If the gate would refuse the rule, or the rule's `desk` is somewhere else.
    pub async fn new(listener: TcpListener, beside: Beside<'_>) -> Result<Self, Box<dyn Error>> {
        let port = listener.local_addr()?.port();
        let here = Desk::new("localhost", &format!("http://localhost:{port}"))?;
        let json = beside.rule.unwrap_or("{}").to_owned();
        let rule = Rule::floor(&json)?;
        let desk = rule.desk().cloned().unwrap_or_else(|| here.clone());
        if desk.origin() != here.origin() {
            let [rule, here] = [&desk, &here].map(|it| it.origin().to_owned());
            return Err(Elsewhere { rule, here }.into());
        }
        let role: RoleArn = beside.role.parse()?;
        let connected = Connected::to(beside.endpoint, beside.region, beside.key_id).await;
        let ports = Live::new(connected, Some(role));
        let web = Web::open(ports, desk, RuleFile { rule, json }, Seal::random()?);
        let origin = web.origin().to_owned();
        Ok(Self { listener, router: router(web), origin })
    }

    /// Where the browser finds it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Serves until the program ends.
    pub async fn serve(self) {
        serve(self.listener, self.router).await;
    }
}
