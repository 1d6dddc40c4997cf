//! An AWS service on loopback, with one reply for every request.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

/// A request as it was on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `POST / HTTP/1.1`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// The requests to a service that gives this reply to all of them.
pub(crate) struct Service {
    endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Service {
    pub(crate) fn replying(status: u16, body: &str) -> Self {
        Self::replying_with(status, "", body)
    }

    /// Replies also with these headers, each ended as on the wire.
    pub(crate) fn replying_with(status: u16, headers: &'static str, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, body) = (Arc::clone(&requests), body.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), (status, headers), &body, &seen);
            }
        });
        Self { endpoint, requests }
    }

    /// The request. There must be exactly one.
    pub(crate) fn only(&self) -> Request {
        let requests = self.requests();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        request.clone()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The configuration of a client of this service.
    pub(crate) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        block_on(
            facts::aws::config()
                .region(Region::new("eu-central-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .endpoint_url(&self.endpoint)
                .load(),
        )
    }
}

fn serve(
    stream: TcpStream,
    (status, headers): (u16, &str),
    body: &str,
    seen: &Mutex<Vec<Request>>,
) {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let mut request = Request { line: line(), headers: Vec::new(), body: String::new() };
    loop {
        let header = line();
        let Some((name, value)) = header.split_once(": ") else { break };
        request.headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent).unwrap();
    request.body = String::from_utf8(sent).unwrap();
    seen.lock().unwrap().push(request);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} \r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    reader.get_mut().write_all((head + body).as_bytes()).unwrap();
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}
