//! How the demo tells an attempt: in two lines, or with everything that was given and said.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::pipeline::DEPLOY;
use crate::aws::Ended;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// The columns of a terminal that nobody has widened.
const WIDTH: usize = 80;

/// Collects what happened in one attempt.
pub(super) struct Story {
    title: String,
    given: String,
    verbose: bool,
}

impl Story {
    pub(super) fn new(number: usize, title: &str, verbose: bool) -> Self {
        Self { title: format!("{number}. {title}"), given: String::new(), verbose }
    }

    /// Notes an answer that somebody gave, or what changed before.
    pub(super) fn note(&mut self, text: &str) {
        if self.verbose {
            // Writing to a string does not fail.
            let _ = writeln!(self.given, "   {text}");
        }
    }

    /// The attempt that the gate judged.
    pub(super) fn judged(self, ended: &Ended) -> String {
        let (style, outcome) = if ended.succeeded { (GOOD, "passed") } else { (BAD, "refused") };
        if !self.verbose {
            return self.in_two_lines(style, outcome, &in_short(&ended.gate));
        }
        let headline = match ended.succeeded {
            true => format!("The gate lets it pass; {DEPLOY} has run."),
            false => format!("The gate refuses; {DEPLOY} has not run."),
        };
        self.in_full(style, &headline, &ended.gate)
    }

    /// The attempt that IAM denied.
    pub(super) fn denied(self, message: &str) -> String {
        if !self.verbose {
            let reason = message.rsplit_once(" with an ").map_or(message, |(_, reason)| reason);
            return self.in_two_lines(BAD, "denied", &format!("IAM: an {reason}"));
        }
        self.in_full(BAD, "IAM denies it; the approval stays open.", message)
    }

    fn in_two_lines(self, style: Style, outcome: &str, said: &str) -> String {
        let title = self.title;
        let space = WIDTH.saturating_sub(title.chars().count() + outcome.len());
        format!(
            "{TITLE}{title}{TITLE:#}{:space$}{style}{outcome}{style:#}\n   {FAINT}{said}{FAINT:#}\n",
            ""
        )
    }

    fn in_full(self, style: Style, headline: &str, said: &str) -> String {
        let said: String =
            said.lines().map(|line| format!("   {FAINT}│ {line}{FAINT:#}\n")).collect();
        format!(
            "{TITLE}{}{TITLE:#}\n{}   {style}{headline}{style:#}\n{said}\n",
            self.title, self.given
        )
    }
}

/// The gate's message in one line: its first sentence without the execution, and the codes of its
/// reasons. Every refusal has `quorum-not-met`, so that one is left out.
fn in_short(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let (first, _) = first.split_once(" (execution").unwrap_or((first, ""));
    let first = first.trim_start_matches("Refused: ").trim_start_matches("Satisfied by ");
    let mut codes: Vec<&str> = Vec::new();
    for line in message.lines().skip_while(|line| *line != "Why:").skip(1) {
        let code = line.strip_prefix("- ").and_then(|line| Some(line.split_once(": ")?.0));
        if let Some(code) = code
            && code != "quorum-not-met"
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    match codes.is_empty() {
        true => first.trim_end_matches('.').to_owned(),
        false => format!("{}: {first}", codes.join(", ")),
    }
}
