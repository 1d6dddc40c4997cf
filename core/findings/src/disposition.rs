//! What somebody decided about a finding.

use jiff::civil::Date;

/// Why a finding is accepted, who answers for it, and until when. All texts are as somebody wrote
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// Why it is accepted.
    pub reason: String,
    /// Where the decision is recorded, for example `INC-204`.
    pub ticket: Option<String>,
    /// The person who reviewed it.
    pub reviewer: Option<String>,
    /// The last day on which it is accepted, in UTC.
    pub expires: Date,
}

impl Disposition {
    /// The reason, and who answers for it: `REASON (ticket TICKET, reviewed by REVIEWER)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let ticket = self.ticket.iter().map(|ticket| format!("ticket {ticket}"));
        let reviewer = self.reviewer.iter().map(|reviewer| format!("reviewed by {reviewer}"));
        let more: Vec<String> = ticket.chain(reviewer).collect();
        if more.is_empty() {
            return self.reason.clone();
        }
        format!("{} ({})", self.reason, more.join(", "))
    }
}
