//! Addresses that take messages. Everybody who knows one can write to the channel, so they are
//! secrets.

use std::fmt;

use facts::is_safe_url;
use serde::Deserialize;

/// A program that takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chat {
    Slack,
    Teams,
}

/// An address of a channel.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    pub(crate) chat: Chat,
    url: String,
}

/// What the secret holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    slack: Option<String>,
    teams: Option<String>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("chat", &self.chat).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The webhooks in the text of a secret: `{"slack": URL, "teams": URL}`, or one of them.
    ///
    /// # Errors
    /// What is wrong with it, in words that hold nothing of it.
    pub(crate) fn of_secret(text: &str) -> Result<Vec<Self>, &'static str> {
        let secret: Result<Secret, _> = serde_json::from_str(text);
        let Secret { slack, teams } =
            secret.map_err(|_| "the secret is not JSON with `slack` and `teams` alone")?;
        let of = |chat, url: Option<String>| url.map(|url| Self { chat, url });
        let found = [of(Chat::Slack, slack), of(Chat::Teams, teams)];
        let found = Vec::from_iter(found.into_iter().flatten());
        if !found.iter().all(|webhook| is_safe_url(&webhook.url)) {
            return Err("an address in the secret does not begin with https://");
        }
        if found.is_empty() { Err("the secret has no address") } else { Ok(found) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_one_address_or_two() {
        let both = r#"{"slack": "https://hooks.example/a", "teams": "http://127.0.0.1:9/b"}"#;
        let both = Webhook::of_secret(both).unwrap();
        let found = Vec::from_iter(both.iter().map(|it| (it.chat, it.url())));
        let expected =
            [(Chat::Slack, "https://hooks.example/a"), (Chat::Teams, "http://127.0.0.1:9/b")];
        assert_eq!(found, expected);
        assert_eq!(Webhook::of_secret(r#"{"teams": "https://x.example/"}"#).unwrap().len(), 1);
        assert!(!format!("{both:?}").contains("hooks.example"));
    }

    #[test]
    fn what_is_wrong_with_a_secret_is_said_without_it() {
        for (secret, told) in [
            ("", "not JSON"),
            ("https://hooks.example/token", "not JSON"),
            (r#"{"slak": "https://hooks.example/token"}"#, "not JSON"),
            (r#"{"slack": 7}"#, "not JSON"),
            ("{}", "no address"),
            (r#"{"slack": "http://hooks.example/token"}"#, "https"),
            (r#"{"slack": "http://127.0.0.1.evil.example/token"}"#, "https"),
            (r#"{"slack": "http://localhost@evil.example/token"}"#, "https"),
            (r#"{"slack": "https://user@hooks.example/token"}"#, "https"),
            (r#"{"slack": "file:///token"}"#, "https"),
            (r#"{"slack": "/token"}"#, "https"),
            (r#"{"slack": ""}"#, "https"),
        ] {
            let problem = Webhook::of_secret(secret).unwrap_err();
            assert!(problem.contains(told) && !problem.contains("token"), "{secret}: {problem}");
        }
    }
}
