//! Where the commits between two revisions can be looked at.

use axum::http::Uri;
use evidence::history::Revision;
use percent_encoding::percent_decode_str;

/// A place for source code that shows the commits between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forge {
    GitHub,
    GitLab,
    Bitbucket,
}

impl Forge {
    /// The forge at a host.
    fn at(host: &str) -> Option<Self> {
        match host {
            "github.com" => Some(Self::GitHub),
            "gitlab.com" => Some(Self::GitLab),
            "bitbucket.org" => Some(Self::Bitbucket),
            _ => None,
        }
    }

    /// The forge that a connection of CodeConnections leads to, if its host is known: that of a
    /// self-managed one is not (CodePipeline User Guide, "CodeStarSourceConnection").
    fn of_provider(provider: &str) -> Option<Self> {
        match provider {
            "GitHub" => Some(Self::GitHub),
            "GitLab" => Some(Self::GitLab),
            "Bitbucket" => Some(Self::Bitbucket),
            _ => None,
        }
    }
}

/// The address of the page that shows all commits after `base` up to `head`. Returns `None` if
/// nobody knows a forge that has both.
pub(crate) fn compare(base: &Revision, head: &Revision) -> Option<String> {
    let (from, to) = (commit(base)?, commit(head)?);
    let (forge, repository) = repository(head)?;
    if from == to || self::repository(base)? != (forge, repository.clone()) {
        return None;
    }
    Some(match forge {
        Forge::GitHub => format!("https://github.com/{repository}/compare/{from}...{to}"),
        Forge::GitLab => format!("https://gitlab.com/{repository}/-/compare/{from}...{to}"),
        Forge::Bitbucket => {
            format!("https://bitbucket.org/{repository}/branches/compare/{to}..{from}")
        }
    })
}

/// The id of a commit: a SHA-1 or a SHA-256.
fn commit(revision: &Revision) -> Option<&str> {
    let id = revision.id.as_deref()?;
    let is_hash = matches!(id.len(), 40 | 64) && id.bytes().all(|it| it.is_ascii_hexdigit());
    is_hash.then_some(id)
}

/// The repository of a commit, from the address that CodePipeline gives.
fn repository(revision: &Revision) -> Option<(Forge, String)> {
    let address: Uri = revision.url.as_deref()?.parse().ok()?;
    let host = address.host()?;
    let (forge, path) = match Forge::at(host) {
        Some(forge) => {
            let separator = match forge {
                Forge::GitHub => "/commit/",
                Forge::GitLab => "/-/commit/",
                Forge::Bitbucket => "/commits/",
            };
            (forge, address.path().split_once(separator)?.0.trim_start_matches('/').to_owned())
        }
        None => {
            let is_redirect = host.ends_with(".console.aws.amazon.com")
                && address.path() == "/codesuite/settings/connections/redirect";
            let members = address.query().filter(|_| is_redirect)?.split('&');
            let id = members.filter_map(|it| it.strip_prefix("FullRepositoryId=")).next()?;
            let id = percent_decode_str(id).decode_utf8().ok()?.into_owned();
            (Forge::of_provider(revision.provider.as_deref()?)?, id)
        }
    };
    let is_name = |part: &str| {
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        !part.is_empty() && part.bytes().all(fits) && part.bytes().any(|it| it != b'.')
    };
    let is_repository = path.contains('/') && path.split('/').all(is_name);
    is_repository.then_some((forge, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "1111111111111111111111111111111111111111";
    const NEW: &str = "2222222222222222222222222222222222222222";

    fn revision(id: &str, provider: Option<&str>, url: &str) -> Revision {
        let summary = provider
            .map(|it| serde_json::json!({"ProviderType": it, "CommitMessage": "x"}).to_string());
        Revision::new(None, Some(id.to_owned()), summary, Some(url.replace("ID", id)))
    }

    fn compared(provider: Option<&str>, url: &str) -> Option<String> {
        compare(&revision(OLD, provider, url), &revision(NEW, provider, url))
    }

    const REDIRECT: &str = "https://eu-west-1.console.aws.amazon.com/codesuite/settings/\
        connections/redirect?connectionArn=arn:aws:codestar-connections:eu-west-1:111122223333:\
        connection/4dde5c82&referenceType=COMMIT&FullRepositoryId=acme/shop.app&Commit=ID";

    #[test]
    fn a_forge_shows_the_commits_between_two_revisions() {
        let github = format!("https://github.com/acme/shop.app/compare/{OLD}...{NEW}");
        let direct = "https://github.com/acme/shop.app/commit/ID";
        assert_eq!(compared(None, direct).as_deref(), Some(&*github));
        assert_eq!(compared(Some("GitHub"), REDIRECT).as_deref(), Some(&*github));
        let encoded = REDIRECT.replace("acme/shop", "acme%2Fshop");
        assert_eq!(compared(Some("GitHub"), &encoded).as_deref(), Some(&*github));
        assert_eq!(
            compared(Some("GitLab"), &REDIRECT.replace("acme/", "acme/web/")),
            Some(format!("https://gitlab.com/acme/web/shop.app/-/compare/{OLD}...{NEW}"))
        );
        assert_eq!(
            compared(Some("Bitbucket"), REDIRECT),
            Some(format!("https://bitbucket.org/acme/shop.app/branches/compare/{NEW}..{OLD}"))
        );
    }

    #[test]
    fn an_address_that_is_not_a_forges_gives_no_link() {
        let direct = "https://github.com/acme/shop/commit/ID";
        for (provider, url) in [
            (None, REDIRECT),
            (Some("GitHubEnterpriseServer"), REDIRECT),
            (None, "https://github.com.evil.example/acme/shop/commit/ID"),
            (None, "https://github.com/acme/commit/ID"),
            (None, "https://github.com/../shop/commit/ID"),
            (None, "https://github.com/acme/<b>/commit/ID"),
            (None, "javascript:alert(1)//github.com/acme/shop/commit/ID"),
            (
                Some("GitHub"),
                "https://evil.example/codesuite/settings/connections/redirect?FullRepositoryId=a/b",
            ),
            (None, ""),
        ] {
            assert_eq!(compared(provider, url), None, "{url}");
        }
        let (old, new) = (revision(OLD, None, direct), revision(NEW, None, direct));
        assert_eq!(compare(&old, &old), None);
        let other = revision(NEW, None, &direct.replace("shop", "other"));
        assert_eq!(compare(&old, &other), None);
        let branch = revision("main/../../evil", None, direct);
        assert_eq!(compare(&old, &branch), None);
        assert!(compare(&old, &new).is_some());
    }
}
