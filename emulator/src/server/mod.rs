//! The emulator as a running thing: the API on a loopback port, the clock, and the gate.

pub(crate) mod function;
mod http;
mod iam;
mod shared;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api::Service;
use crate::authorize::Authorizer;
use crate::engine::{Engine, Lag, RandomIds, Settings};
use crate::gate_host::{ChildOutput, GateHost};
use crate::principals::Principals;
use shared::{Shared, keep_time};

/// How long a call in progress may take to end when the server shuts down.
const GRACE: Duration = Duration::from_secs(2);

/// What a server is started with.
#[derive(Debug)]
pub struct Config {
    /// A loopback address; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Whose CodePipeline this is.
    pub settings: Settings,
    /// How late CodePipeline notices an answer, at most: see [`Lag::new`].
    pub lag: SignedDuration,
    /// What every delay and identifier is drawn from; chance when there is none.
    pub seed: Option<u64>,
    /// Who may call.
    pub principals: Principals,
    /// Decides what each of them may do; without it, everything.
    pub authorizer: Option<Authorizer>,
    /// The gate's program; this program's own verb `gate` when there is none.
    pub gate: Option<PathBuf>,
    /// The rule that the gate is given, as JSON.
    pub rule: Option<String>,
    /// What the gate logs: `AWS_LAMBDA_LOG_LEVEL`.
    pub gate_log_level: Option<String>,
    /// Where the gate's own output goes.
    pub gate_output: ChildOutput,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Who can reach the emulator can act as anybody.
    #[error(
        "the emulator does not listen on {0}: it trusts every caller, so use a loopback address such as 127.0.0.1:4599"
    )]
    NotLoopback(SocketAddr),
    /// The address is taken, or not this machine's.
    #[error("the emulator cannot listen on {address}: choose another port with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A bug of this program.
    #[error("the built-in API model cannot be read: please report this")]
    Model(#[from] serde_json::Error),
    /// Without a gate nothing would ever be judged.
    #[error("the gate's program is not known: name it with --gate")]
    OwnProgram(#[source] std::io::Error),
}

/// A running emulator, until [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: oneshot::Sender<()>,
    api: JoinHandle<()>,
    clock: JoinHandle<()>,
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the address is not loopback or cannot be listened on.
    pub async fn start(config: Config) -> Result<Self, ServerError> {
        if !config.listen.ip().is_loopback() {
            return Err(ServerError::NotLoopback(config.listen));
        }
        let in_use = |source| ServerError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(in_use)?;
        let address = listener.local_addr().map_err(in_use)?;
        let gate = GateHost::start(function::gate_config(&config, address)?);
        let gate_caller = function::caller(&config);
        let seed = config.seed.unwrap_or_else(|| fastrand::u64(..));
        let engine = Engine::new(
            config.settings,
            Box::new(RandomIds::new(seed)),
            Lag::new(config.lag, seed),
        );
        let service = Service::new(engine, config.authorizer)?;
        let mut principals = config.principals;
        principals.add(function::KEY_ID, gate_caller);
        let shared = Arc::new(Shared::new(principals, service, gate));
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, http::router(Arc::clone(&shared)))
            .with_graceful_shutdown(async {
                // An error means that the server was dropped: stop as well.
                let _ = stopped.await;
            });
        let api = async {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the API stopped");
            }
        };
        Ok(Self {
            address,
            stop,
            api: tokio::spawn(api),
            clock: tokio::spawn(keep_time(Arc::clone(&shared))),
            shared,
        })
    }

    /// Where the API is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends the gate, then the API.
    pub async fn shutdown(mut self) {
        self.clock.abort();
        self.shared.end_gate().await;
        let _ = self.stop.send(());
        if tokio::time::timeout(GRACE, &mut self.api).await.is_err() {
            self.api.abort();
        }
    }
}
