//! The running emulator: the API on a loopback port, the clock, and the functions.

mod elsewhere;
mod faulty;
mod form;
mod functions;
mod http;
mod iam;
mod lambda;
mod lambda_call;
mod query;
mod secrets;
mod secrets_manager;
mod sessions;
mod shared;
mod sts;
mod wire;

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
use crate::faults::Faults;
use crate::function_host::ChildOutput;
use crate::principals::Principals;
use functions::Functions;
pub use functions::{Function, is_reserved, is_variable_name};
pub use secrets::Secrets;
use shared::{Shared, keep_time};
use wire::{Line, Wires};

/// The time that calls in progress get when the server shuts down.
const GRACE: Duration = Duration::from_secs(2);

/// The configuration of a server.
#[derive(Debug)]
pub struct Config {
    /// A loopback address. Port 0 means any free port.
    pub listen: SocketAddr,
    /// The account and region of this CodePipeline.
    pub settings: Settings,
    /// The longest time until CodePipeline notices an answer: see [`Lag::new`].
    pub lag: SignedDuration,
    /// The seed of delays and identifiers. Random if there is none.
    pub seed: Option<u64>,
    /// The callers.
    pub principals: Principals,
    /// Decides what each of them may do. Without it, they may do everything.
    pub authorizer: Option<Authorizer>,
    /// The gate's program. By default this program's own subcommand `gate`.
    pub gate: Option<PathBuf>,
    /// The gate's rule, as JSON.
    pub rule: Option<String>,
    /// The functions other than the gate.
    pub functions: Vec<Function>,
    /// The secrets that functions read.
    pub secrets: Secrets,
    /// What goes wrong in calls and deliveries.
    pub faults: Faults,
    /// The time that an invocation may take, if it is not the usual one of the function.
    pub function_timeout: Option<Duration>,
    /// The log level of the functions: `AWS_LAMBDA_LOG_LEVEL`.
    pub log_level: Option<String>,
    /// The destination of the functions' output.
    pub output: ChildOutput,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is not loopback: everybody who can reach the emulator can act as anybody.
    #[error(
        "the emulator does not listen on {0}: it trusts every caller, so use a loopback address such as 127.0.0.1:4599"
    )]
    NotLoopback(SocketAddr),
    /// The address is in use, or not one of this machine.
    #[error("the emulator cannot listen on {address}: choose another port with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// A bug of this program.
    #[error("the built-in API model cannot be read: please report this")]
    Model(#[from] serde_json::Error),
    /// The gate's program is unknown, and without a gate nothing would be judged.
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
    /// If the address is not loopback, or the server cannot listen on it.
    pub async fn start(config: Config) -> Result<Self, ServerError> {
        if !config.listen.ip().is_loopback() {
            return Err(ServerError::NotLoopback(config.listen));
        }
        let in_use = |source| ServerError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(in_use)?;
        let address = listener.local_addr().map_err(in_use)?;
        let functions = Functions::start(&config, address)?;
        let callers = functions::callers(&config);
        let (secrets, faulty) = (config.secrets, config.faults.into());
        let seed = config.seed.unwrap_or_else(|| fastrand::u64(..));
        let engine = Engine::new(
            config.settings,
            Box::new(RandomIds::new(seed)),
            Lag::new(config.lag, seed),
        );
        let service = Service::new(engine, config.authorizer)?;
        let mut principals = config.principals;
        for (key_id, arn) in callers {
            principals.add(&key_id, arn);
        }
        let shared = Arc::new(Shared::new(principals, service, functions, secrets, faulty));
        let (stop, stopped) = oneshot::channel();
        let router = http::router(Arc::clone(&shared));
        let calls = router.into_make_service_with_connect_info::<Line>();
        let serve = axum::serve(Wires(listener), calls).with_graceful_shutdown(async {
            // An error means that the server was dropped, so stop too.
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

    /// The URL of the API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends the functions, then the API.
    pub async fn shutdown(mut self) {
        self.clock.abort();
        self.shared.end_functions().await;
        let _ = self.stop.send(());
        if tokio::time::timeout(GRACE, &mut self.api).await.is_err() {
            self.api.abort();
        }
    }
}
