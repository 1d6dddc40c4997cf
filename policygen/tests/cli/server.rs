//! A server in place of AWS that takes one request per connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::program::{Ran, command, ran};

/// Runs `policygen` with these arguments against a server. `answer` gets each request in lower case
/// and returns a status and a body.
pub(crate) fn live(
    content_type: &'static str,
    answer: impl FnMut(&str) -> (u16, String) + Send + 'static,
    arguments: &[&str],
) -> Ran {
    live_with(content_type, answer, arguments, &[])
}

/// As [`live`], with more environment variables.
pub(crate) fn live_with(
    content_type: &'static str,
    answer: impl FnMut(&str) -> (u16, String) + Send + 'static,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Ran {
    let url = serve(content_type, answer);
    let mut command = command();
    command.args(arguments).args(["--endpoint-url", &url]);
    command.env("AWS_ACCESS_KEY_ID", "alice").env("AWS_SECRET_ACCESS_KEY", "secret");
    command.envs(environment.iter().copied());
    ran(&command.output().unwrap())
}

/// Serves on loopback until the test ends, and returns the address.
fn serve(
    content_type: &'static str,
    mut answer: impl FnMut(&str) -> (u16, String) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (status, body) = answer(&request(&mut stream));
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: \
                 close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    format!("http://{address}")
}

/// The head and the body of a request, in lower case.
fn request(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut reader = BufReader::new(stream);
    while !request.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut request).unwrap() > 0);
    }
    request.make_ascii_lowercase();
    let (_, length) = request.split_once("content-length:").unwrap();
    let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request + &String::from_utf8(body).unwrap().to_ascii_lowercase()
}
