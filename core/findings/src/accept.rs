//! The accept file: findings that somebody has looked at and takes responsibility for, each with a
//! reason and an end.

use iam::Pattern;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Accepted, Catalog};
use crate::{Evidence, Finding};

/// Why a text is no accept file.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("it is not a JSON list of objects with `code`, `subject`, `reason` and `expires`")]
    Form(#[from] serde_json::Error),
    #[error("entry {position}: `{code}` is not a code; the codes are {known}")]
    UnknownCode { position: usize, code: String, known: String },
    #[error(
        "entry {position}: the subject `{subject}` is not an ARN; write the finding's subject, with `*` and `?` \
         where you mean several"
    )]
    Subject { position: usize, subject: String },
    #[error(
        "entry {position}: the reason is empty; say why this is accepted, for whoever audits it"
    )]
    Reason { position: usize },
    #[error(
        "entry {position}: `{expires}` is not a day; write YYYY-MM-DD, the last day on which this is accepted"
    )]
    Expires { position: usize, expires: String },
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    subject: String,
    reason: String,
    expires: String,
}

/// What somebody accepts.
#[derive(Clone, Debug)]
struct Acceptance {
    code: String,
    /// As it was written.
    subject: String,
    pattern: Pattern,
    reason: String,
    /// The last day on which it holds.
    expires: Date,
}

impl Acceptance {
    fn matches(&self, finding: &Finding) -> bool {
        self.code == finding.code && self.pattern.matches(&finding.subject)
    }
}

/// A checked accept file. Its default accepts nothing.
#[derive(Clone, Debug, Default)]
pub struct Acceptances(Vec<Acceptance>);

/// Findings, told apart by who answers for them.
#[derive(Debug)]
pub struct Judged {
    pub open: Vec<Finding>,
    pub accepted: Vec<Accepted>,
    /// What the file accepts and was not found, in words.
    pub unused: Vec<String>,
}

impl Acceptances {
    /// Reads an accept file. `catalogs` are those of all verbs, so that one file can serve them
    /// all.
    ///
    /// # Errors
    /// [`AcceptError`]: every key is required and no other is allowed, so that a misspelt one never accepts for ever.
    pub fn parse(json: &str, catalogs: &[&Catalog]) -> Result<Self, AcceptError> {
        // A list in an entry's place would be read as the values of its keys in their order.
        let _: Vec<Map<String, Value>> = serde_json::from_str(json)?;
        let entries: Vec<Entry> = serde_json::from_str(json)?;
        let numbered = entries.into_iter().zip(1..);
        let acceptances = numbered.map(|(entry, position)| check(entry, position, catalogs));
        acceptances.collect::<Result<_, _>>().map(Self)
    }

    /// Tells accepted findings from open ones. What was accepted until a day before `today` is open
    /// again, and says so.
    pub fn judge(&self, findings: Vec<Finding>, catalog: &Catalog, today: Date) -> Judged {
        let unused = self.0.iter().filter(|acceptance| {
            catalog.has(&acceptance.code)
                && !findings.iter().any(|finding| acceptance.matches(finding))
        });
        let unused =
            unused.map(|acceptance| format!("`{}` of `{}`", acceptance.code, acceptance.subject));
        let mut judged =
            Judged { unused: unused.collect(), open: Vec::new(), accepted: Vec::new() };
        for mut finding in findings {
            let matching = self.0.iter().filter(|acceptance| acceptance.matches(&finding));
            // Of several, the one that holds longest.
            match matching.max_by_key(|acceptance| acceptance.expires) {
                Some(acceptance) if acceptance.expires >= today => judged.accepted.push(Accepted {
                    finding,
                    reason: acceptance.reason.clone(),
                    expires: acceptance.expires,
                }),
                Some(expired) => {
                    let ended = format!("expired after {}", expired.expires);
                    finding.evidence.push(Evidence::new("acceptance", &expired.reason, ended));
                    judged.open.push(finding);
                }
                None => judged.open.push(finding),
            }
        }
        judged
    }
}

fn check(entry: Entry, position: usize, catalogs: &[&Catalog]) -> Result<Acceptance, AcceptError> {
    let Entry { code, subject, reason, expires } = entry;
    if !catalogs.iter().any(|catalog| catalog.has(&code)) {
        let checks = catalogs.iter().flat_map(|catalog| catalog.checks);
        let known: Vec<String> = checks.map(|check| format!("`{}`", check.code)).collect();
        let known = known.join(", ");
        return Err(AcceptError::UnknownCode { position, code, known });
    }
    if !subject.starts_with("arn:") {
        return Err(AcceptError::Subject { position, subject });
    }
    if reason.trim().is_empty() {
        return Err(AcceptError::Reason { position });
    }
    // One way to write a day: other forms of ISO 8601 are read too, and refused.
    let day = expires.parse::<Date>().ok().filter(|day| day.to_string() == expires);
    let Some(day) = day else {
        return Err(AcceptError::Expires { position, expires });
    };
    Ok(Acceptance { code, pattern: Pattern::new(&subject), subject, reason, expires: day })
}
