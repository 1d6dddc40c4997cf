//! The accept file: findings that somebody has reviewed and takes responsibility for, each with a
//! reason and an end.

use iam::Pattern;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Accepted, Catalog, Disposition};
use crate::{Evidence, Finding};

/// Why a text is not an accept file.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Not JSON, or JSON of another form.
    #[error(
        "it is not a JSON list of objects with `code`, `subject`, `reason`, `expires` and, if you \
         like, `ticket` and `reviewer`"
    )]
    Form(#[from] serde_json::Error),
    /// A value of an entry that cannot be used.
    #[error("entry {position}: {problem}")]
    Entry {
        /// The place of the entry in the list, from 1.
        position: usize,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

/// Why an entry of an accept file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EntryProblem {
    /// A code that no verb reports: the code, and the list of all codes.
    #[error("`{0}` is not a code; the codes are {1}")]
    UnknownCode(String, String),
    /// A subject that can match nothing.
    #[error(
        "the subject `{0}` is not an ARN; write the finding's subject, with `*` and `?` where you mean several"
    )]
    Subject(String),
    /// An empty reason.
    #[error("the reason is empty; say why this is accepted, for the people who audit it")]
    Reason,
    /// An empty text under a key that may be left out.
    #[error("the {0} is empty; write it, or leave the key out")]
    Empty(&'static str),
    /// A text that is not a day.
    #[error("`{0}` is not a day; write YYYY-MM-DD, the last day on which this is accepted")]
    Expires(String),
}

/// An entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    subject: String,
    reason: String,
    #[serde(default)]
    ticket: Option<String>,
    #[serde(default)]
    reviewer: Option<String>,
    expires: String,
}

/// A checked entry.
#[derive(Clone, Debug)]
struct Acceptance {
    code: String,
    /// As it is written.
    subject: String,
    pattern: Pattern,
    disposition: Disposition,
}

impl Acceptance {
    fn matches(&self, finding: &Finding) -> bool {
        self.code == finding.code && self.pattern.matches(&finding.subject)
    }
}

/// A checked accept file. Its default accepts nothing.
#[derive(Clone, Debug, Default)]
pub struct Acceptances(Vec<Acceptance>);

/// Findings, divided into open and accepted ones.
#[derive(Debug)]
pub struct Judged {
    /// The findings that nobody accepts.
    pub open: Vec<Finding>,
    /// The findings that the file accepts.
    pub accepted: Vec<Accepted>,
    /// The entries of the file that match no finding, in words.
    pub unused: Vec<String>,
}

impl Acceptances {
    /// Reads an accept file. Pass the catalogs of all verbs, so that one file can serve them all.
    ///
    /// # Errors
    /// [`AcceptError`]: `ticket` and `reviewer` may be left out, every other key is required, and
    /// no further key is allowed. So a misspelt one cannot accept something for ever.
    pub fn parse(json: &str, catalogs: &[&Catalog]) -> Result<Self, AcceptError> {
        // Serde would read a list in place of an entry as the values of its keys, in order.
        let _: Vec<Map<String, Value>> = serde_json::from_str(json)?;
        let entries: Vec<Entry> = serde_json::from_str(json)?;
        let numbered = entries.into_iter().zip(1..);
        let acceptances = numbered.map(|(entry, position)| {
            check(entry, catalogs).map_err(|problem| AcceptError::Entry { position, problem })
        });
        acceptances.collect::<Result<_, _>>().map(Self)
    }

    /// Divides findings into accepted and open ones. A finding whose acceptance expired before
    /// `today` is open again, and its evidence says so.
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
            match self.disposition(&finding) {
                Some(disposition) if disposition.expires >= today => {
                    let disposition = disposition.clone();
                    judged.accepted.push(Accepted { finding, disposition });
                }
                Some(expired) => {
                    let ended = format!("expired after {}", expired.expires);
                    finding.evidence.push(Evidence::new("acceptance", expired.in_words(), ended));
                    judged.open.push(finding);
                }
                None => judged.open.push(finding),
            }
        }
        judged
    }

    /// What the file says about a finding, on any day. If several entries match, it is the one that
    /// expires last.
    #[must_use]
    pub fn disposition(&self, finding: &Finding) -> Option<&Disposition> {
        let matching = self.0.iter().filter(|acceptance| acceptance.matches(finding));
        matching.map(|acceptance| &acceptance.disposition).max_by_key(|it| it.expires)
    }
}

fn check(entry: Entry, catalogs: &[&Catalog]) -> Result<Acceptance, EntryProblem> {
    let Entry { code, subject, reason, ticket, reviewer, expires } = entry;
    if !catalogs.iter().any(|catalog| catalog.has(&code)) {
        let checks = catalogs.iter().flat_map(|catalog| catalog.checks);
        let known: Vec<String> = checks.map(|check| format!("`{}`", check.code)).collect();
        return Err(EntryProblem::UnknownCode(code, known.join(", ")));
    }
    if !subject.starts_with("arn:") {
        return Err(EntryProblem::Subject(subject));
    }
    if reason.trim().is_empty() {
        return Err(EntryProblem::Reason);
    }
    for (name, text) in [("ticket", &ticket), ("reviewer", &reviewer)] {
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(EntryProblem::Empty(name));
        }
    }
    // There is one way to write a day; the parser also reads other forms of ISO 8601.
    let day = expires.parse::<Date>().ok().filter(|day| day.to_string() == expires);
    let Some(day) = day else {
        return Err(EntryProblem::Expires(expires));
    };
    let disposition = Disposition { reason, ticket, reviewer, expires: day };
    Ok(Acceptance { code, pattern: Pattern::new(&subject), subject, disposition })
}
