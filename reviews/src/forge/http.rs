//! Reading from a forge: page by page, waiting as long as it wants us to, within the time left.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use facts::aws::{Https, Reply};
use facts::{Operation, is_safe_url};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::ForgeError;
use super::address::{host, next, scheme};
use super::limits::{backoff, wait};

/// How often a request is tried if the forge has an error.
const TRIES: u32 = 5;
/// How many requests are sent at once. GitHub allows 100.
const AT_ONCE: usize = 8;
/// One reply must come within this time.
const PER_REQUEST: Duration = Duration::from_secs(30);
/// Redirects that are followed, on the same host only.
const REDIRECTS: usize = 3;

/// Asks for each item, several at a time. The results are in the order of the items.
pub(super) async fn each<I, T, F>(items: Vec<I>, ask: impl Fn(I) -> F) -> Result<Vec<T>, ForgeError>
where
    F: Future<Output = Result<T, ForgeError>>,
{
    stream::iter(items).map(ask).buffered(AT_ONCE).try_collect().await
}

/// What our token may not read is not there.
pub(super) fn unless_denied<T>(
    read: Result<Option<T>, ForgeError>,
) -> Result<Option<T>, ForgeError> {
    match read {
        Err(ForgeError::Denied(_)) => Ok(None),
        read => read,
    }
}

/// A forge's REST API, with the credentials to read it.
///
/// INVARIANT: the headers, which hold the token, go to the host of the API and to no other, and
/// into no message.
pub(super) struct Client {
    https: Https,
    /// The forge's name in messages: `GitHub`.
    forge: &'static str,
    /// Without a slash at the end: `https://api.github.com`.
    api: String,
    headers: Vec<(&'static str, String)>,
    /// When reading ends, with or without an answer.
    until: Instant,
    /// Until then the forge wants no request.
    paused: Mutex<Instant>,
}

/// A page of a list, or a single object.
pub(super) struct Page<T> {
    pub(super) items: T,
    /// The address of the next page.
    pub(super) next: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the API at this address.
    ///
    /// # Errors
    /// [`ForgeError::Malformed`] if it is not an `https` address, or `http` on loopback.
    pub(super) fn new(
        forge: &'static str,
        api: &str,
        headers: Vec<(&'static str, String)>,
        until: Instant,
    ) -> Result<Self, ForgeError> {
        let api = api.trim_end_matches('/').to_owned();
        if !is_safe_url(&api) {
            let problem =
                format!("the address of {forge}'s API must begin with `https://`: `{api}`");
            return Err(ForgeError::Malformed(problem));
        }
        let paused = Mutex::new(Instant::now());
        Ok(Self { https: Https::default(), forge, api, headers, until, paused })
    }

    /// The address of a path of the API.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api)
    }

    /// Whether the API is the one at this address.
    pub(super) fn is_at(&self, api: &str) -> bool {
        self.api == api
    }

    /// Reads one object. `None` if the forge says that it does not exist.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, ForgeError> {
        Ok(self.page(&self.url(path)).await?.map(|page| page.items))
    }

    /// Reads a list, at most so many pages of it, as long as a page is not the last that is wanted.
    /// `None` if the forge says that it does not exist. The flag is whether the list was read to
    /// its end, or as far as wanted.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        pages: usize,
        is_enough: impl Fn(&[T]) -> bool,
    ) -> Result<Option<(Vec<T>, bool)>, ForgeError> {
        let mut all = Vec::new();
        let mut url = self.url(path);
        for _ in 0..pages {
            let Some(page) = self.page::<Vec<T>>(&url).await? else { return Ok(None) };
            let is_last = is_enough(&page.items);
            all.extend(page.items);
            match page.next {
                Some(next) if !is_last => url = next,
                _ => return Ok(Some((all, true))),
            }
        }
        Ok(Some((all, false)))
    }

    /// Reads one page. `None` if the forge says that it does not exist.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        url: &str,
    ) -> Result<Option<Page<T>>, ForgeError> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let (reply, headers) = self.answer(&url, None).await?;
            match reply.status {
                200 => {
                    let items = self.parse(&reply)?;
                    let next = headers.get("link").and_then(|links| next(links));
                    let next = next.map(|next| self.on_same_host(&next)).transpose()?;
                    return Ok(Some(Page { items, next }));
                }
                301 | 302 | 307 | 308 => {
                    let location = headers.get("location").map_or("", String::as_str);
                    url = self.on_same_host(location)?;
                }
                404 | 410 => return Ok(None),
                _ => return Err(self.refusal(&reply)),
            }
        }
        Err(ForgeError::Malformed(format!("{} redirects in a circle", self.forge)))
    }

    /// Posts JSON, and reads the answer. Redirects are not followed.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        body: &str,
    ) -> Result<T, ForgeError> {
        let (reply, _) = self.answer(url, Some(body)).await?;
        match reply.status {
            200 => self.parse(&reply),
            _ => Err(self.refusal(&reply)),
        }
    }

    fn parse<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, ForgeError> {
        let forge = self.forge;
        serde_json::from_str(&reply.body).map_err(|problem| {
            ForgeError::Malformed(format!("{forge}'s answer makes no sense: {problem}"))
        })
    }

    /// Sends a request, with a body if it posts one, until the forge answers it.
    async fn answer(
        &self,
        url: &str,
        body: Option<&str>,
    ) -> Result<(Reply, BTreeMap<String, String>), ForgeError> {
        let operation = Operation::of("forge", self.forge);
        let mut failures = 0;
        loop {
            let resume = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
            sleep_until(resume).await;
            let until = self.until.min(Instant::now() + PER_REQUEST);
            let sent = async {
                match body {
                    Some(body) => self.https.post_with(operation, url, &self.headers, body).await,
                    None => self.https.get_with(operation, url, &self.headers).await,
                }
            };
            let answer = timeout_at(until, sent).await;
            let (pause, why) = match answer {
                Ok(Ok((reply, headers))) => match wait(&reply, &headers) {
                    Some(wait) => {
                        self.pause(wait)?;
                        continue;
                    }
                    None if reply.status < 500 => return Ok((reply, headers)),
                    None => (backoff(&mut failures), format!("it answers {}", reply.status)),
                },
                Ok(Err(problem)) => (backoff(&mut failures), problem.to_string()),
                Err(_) => (backoff(&mut failures), "no reply came in time".to_owned()),
            };
            let next = Instant::now() + pause;
            if failures >= TRIES || next >= self.until {
                let problem = format!("{} is unavailable: {why}", self.forge);
                return Err(ForgeError::Unavailable(problem));
            }
            sleep_until(next).await;
        }
    }

    /// Lets no request begin for some time, since the forge asks for that. The limits are the
    /// token's, so that they hold for all requests.
    fn pause(&self, wait: Duration) -> Result<(), ForgeError> {
        match Instant::now().checked_add(wait).filter(|resume| *resume < self.until) {
            Some(resume) => {
                let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
                *paused = resume.max(*paused);
                Ok(())
            }
            None => Err(ForgeError::Unavailable(format!(
                "{} limits how often it may be asked, and wants a wait of {} seconds, which is \
                 longer than the time left",
                self.forge,
                wait.as_secs()
            ))),
        }
    }

    /// An address, unless it is on another host: that host must not see the token.
    fn on_same_host(&self, url: &str) -> Result<String, ForgeError> {
        let is_same = host(url).zip(host(&self.api)).is_some_and(|(one, other)| {
            one.eq_ignore_ascii_case(other) && scheme(url) == scheme(&self.api)
        });
        if is_same {
            return Ok(url.to_owned());
        }
        let forge = self.forge;
        Err(ForgeError::Malformed(format!("{forge} sends us to another host, which gets no token")))
    }

    fn refusal(&self, reply: &Reply) -> ForgeError {
        let forge = self.forge;
        let message = serde_json::from_str::<Message>(&reply.body).unwrap_or_default().message;
        let status = reply.status;
        ForgeError::Denied(match status {
            401 => format!("{forge} does not know the token: it is wrong or has expired"),
            403 => format!("{forge} refuses to read this with our token: {message}"),
            _ => format!("{forge} answers {status}: {message}"),
        })
    }
}

/// What forges say in words of an error.
#[derive(Default, serde::Deserialize)]
struct Message {
    #[serde(default)]
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(api: &str) -> Result<Client, ForgeError> {
        let token = vec![("authorization", "Bearer s3cret".to_owned())];
        Client::new("GitHub", api, token, Instant::now() + PER_REQUEST)
    }

    #[test]
    fn a_token_is_never_sent_in_the_clear_nor_printed() {
        for api in ["https://api.github.com", "http://127.0.0.1:8080/api/v3", "http://[::1]:80"] {
            let printed = format!("{:?}", client(api).unwrap());
            assert!(printed.contains(api) && !printed.contains("s3cret"), "{printed}");
        }
        for api in [
            "",
            "http://api.github.com",
            "ftp://127.0.0.1",
            "https://",
            "http://localhost@evil.org",
        ] {
            assert!(client(api).is_err(), "{api}");
        }
    }

    #[test]
    fn another_host_gets_no_token() {
        let client = client("https://api.github.com").unwrap();
        assert!(client.on_same_host("https://api.github.com/repositories/7").is_ok());
        for url in [
            "https://api.github.com.evil.org/",
            "https://api.github.com:8443/",
            "http://api.github.com/",
            "https://evil.org/https://api.github.com",
            "https://api.github.com@evil.org/",
            "/repositories/7",
        ] {
            assert!(client.on_same_host(url).is_err(), "{url}");
        }
    }
}
