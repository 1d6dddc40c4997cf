//! What people are told, in words.

use jiff::Timestamp;
use names::shown;

use crate::report::at;

/// The longest subject that SNS takes: "less than 100 characters" of ASCII, without line breaks
/// (SNS API, "Publish").
const SUBJECT: usize = 99;
/// The longest line of text that others chose: a commit's message, or what the gate said.
const LINE: usize = 500;
/// The most lines of what the gate said.
const LINES: usize = 20;

/// Why people are told something. The names are published: subscriptions filter by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// One approval is given, and another one is open.
    Waiting,
    /// The gate did not let it pass.
    Stopped,
    /// An approval times out in a day.
    Expiring,
    /// Somebody started a release, and asks this person.
    Asked,
}

/// A message to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) why: Why,
    pub(crate) pipeline: String,
    /// The subject, after the pipeline's name.
    pub(crate) title: String,
    /// What has happened, in one sentence or two.
    pub(crate) news: String,
    /// What is released, each in a line.
    pub(crate) releases: Vec<String>,
    /// What the gate said. Empty if it said nothing.
    pub(crate) said: String,
    /// The people who are asked, by their names in the rule.
    pub(crate) people: Vec<String>,
    /// Why it is not known who is asked.
    pub(crate) problem: Option<String>,
    /// The page of the execution.
    pub(crate) link: String,
}

impl Why {
    /// The value of the message attribute `event`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
            Self::Expiring => "expiring",
            Self::Asked => "asked",
        }
    }
}

impl Notice {
    /// The subject of a mail: ASCII, in one line.
    pub(crate) fn subject(&self) -> String {
        let subject = format!("{}: {}", self.pipeline, self.title);
        let plain = |c: char| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' };
        subject.chars().map(plain).take(SUBJECT).collect()
    }

    /// The message, line by line, without the link. Text that others chose has no line breaks and
    /// no invisible characters.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.news.clone()];
        lines.extend(self.said.lines().take(LINES).map(|line| format!("> {}", limited(line))));
        let releases = self.releases.iter().map(|it| format!("Releases: {}", limited(it)));
        lines.extend(releases);
        lines.push(match (&self.problem, self.people.as_slice()) {
            (Some(problem), _) => format!("Who may approve is not known: {}.", limited(problem)),
            (None, []) => "Asked: nobody, because no key of the rule would count now.".to_owned(),
            (None, people) => format!("Asked: {}.", listed(people)),
        });
        lines
    }

    /// The message of a mail.
    pub(crate) fn mail(&self) -> String {
        format!("{}\n\n{}\n", self.lines().join("\n"), self.link)
    }
}

fn limited(text: &str) -> String {
    let text = shown(text);
    match text.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Names in a sentence.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names = Vec::from_iter(names.iter().map(|name| shown(name.as_ref())));
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The news of a stage with open approvals.
pub(crate) fn waiting(open: &[(&str, Option<Timestamp>)]) -> String {
    let words = |(action, until): &(&str, Option<Timestamp>)| {
        let until = until.map(|until| format!(" until {}", at(until)));
        format!("{} waits{}", shown(action), until.unwrap_or_default())
    };
    let words = Vec::from_iter(open.iter().map(words));
    format!("{}.", words.join(", and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::Release;
    use crate::report::pending::released;

    fn notice() -> Notice {
        Notice {
            why: Why::Waiting,
            pipeline: "payments".to_owned(),
            title: "ApprovalB waits for another person".to_owned(),
            news: "alice has approved ApprovalA of payments.".to_owned(),
            releases: Vec::new(),
            said: String::new(),
            people: vec!["bob".to_owned(), "carol".to_owned(), "dave".to_owned()],
            problem: None,
            link: "https://approve.example.com/e/payments/1".to_owned(),
        }
    }

    #[test]
    fn a_mail_says_what_happened_who_is_asked_and_where_to_look() {
        assert_eq!(
            notice().mail(),
            "alice has approved ApprovalA of payments.\nAsked: bob, carol and dave.\n\n\
             https://approve.example.com/e/payments/1\n"
        );
        let nobody = Notice { people: Vec::new(), ..notice() };
        assert!(nobody.mail().contains("Asked: nobody"), "{}", nobody.mail());
    }

    #[test]
    fn a_subject_is_one_line_of_ascii_that_sns_takes() {
        let long = Notice { pipeline: "p".repeat(100), ..notice() };
        assert_eq!(long.subject().len(), 99);
        let odd = Notice { title: "Zoë\nasks\u{202e}".to_owned(), ..notice() };
        assert_eq!(odd.subject(), "payments: Zo??asks?");
    }

    #[test]
    fn text_that_others_chose_makes_no_line_of_its_own() {
        let release = Release {
            artifact: None,
            revision_id: Some("5f1ab6\nAsked: mallory.".to_owned()),
            message: Some(format!("Fix\r\u{202e}\u{2028}Asked: mallory.{}", "x".repeat(2000))),
            author: Some("Carol\n\nhttps://evil.example".to_owned()),
            url: None,
        };
        let said = "no\u{1b}[2K\nAsked: mallory.\n".repeat(50);
        let mail = Notice { releases: vec![released(&release)], said, ..notice() }.mail();
        let lines = Vec::from_iter(mail.lines());
        assert_eq!(lines.iter().filter(|line| line.starts_with("Asked: ")).count(), 1, "{mail}");
        assert!(!mail.contains(['\u{202e}', '\u{2028}', '\u{1b}', '\r']), "{mail}");
        assert_eq!(lines.len(), 1 + LINES + 1 + 1 + 2, "{mail}");
        assert!(lines.iter().all(|line| line.chars().count() < LINE + 50));
    }
}
