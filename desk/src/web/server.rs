//! The server on a laptop. axum's own has no limit on the time and the size of headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How many connections are served at the same time.
const CONNECTIONS: usize = 128;
/// How long headers may take to arrive, and how long an idle connection stays open.
const HEADERS_TIME: Duration = Duration::from_secs(10);
const HEADERS_COUNT: usize = 64;
/// The greatest length of all headers, and of what is read ahead: hyper's least is 8 KB.
const BUFFER: usize = 16 * 1024;
/// How long a connection stays open at most.
const CONNECTION: Duration = Duration::from_secs(600);
/// How long to wait if the system has no more file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until the program ends.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_TIME)
                .max_headers(HEADERS_COUNT)
                .max_buf_size(BUFFER)
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away or breaks the protocol is its own problem.
            let _ = tokio::time::timeout(CONNECTION, connection).await;
            drop(place);
        });
    }
}
