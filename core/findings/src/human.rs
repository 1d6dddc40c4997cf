//! The report for people: the answer, then each cause once, the worst first, and the answer again.

use std::cmp::Reverse;
use std::collections::HashMap;

use names::shown;

use crate::cause::{Alike, causes};
use crate::style::{self, BAD, DIMMED, DOUBTFUL, GOOD};
use crate::wrap::Lines;
use crate::{Accepted, AnswerIs, Evidence, Finding, Report, Severity};
use crate::{counted, first_names, number};

/// Without `verbose`: the most causes of one code, links of a chain and characters of a statement.
const CAUSES: usize = 5;
const LINKS: usize = 20;
const TEXT: usize = 320;

/// How the report is shown.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// The width in columns.
    pub width: usize,
    /// Whether everything is shown: all causes, all subjects and whole chains.
    pub verbose: bool,
}

/// Renders the report with colours. The output layer removes them if they are not wanted.
pub fn render(report: &Report, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let found = causes(&report.findings, Alike::InWords);
    let is_short = found.is_empty() && report.accepted.is_empty();
    page.answer(report);
    page.elsewhere(report);
    if report.answer.is_some() {
        page.lines.blank();
    }
    page.causes(&found);
    page.accepted(report);
    page.lines.paragraph("", 0, 0, &report.summary());
    // On a terminal, the first line has scrolled away.
    if !is_short {
        page.answer(report);
    }
    page.lines.finish()
}

/// A report on the way to the screen.
pub(crate) struct Page {
    pub(crate) lines: Lines,
    verbose: bool,
}

impl Page {
    /// Nothing yet.
    pub(crate) fn new(screen: Screen) -> Self {
        Self { lines: Lines::new(screen.width), verbose: screen.verbose }
    }

    fn answer(&mut self, report: &Report) {
        let Some(answer) = &report.answer else { return };
        let style = match answer.is {
            AnswerIs::Nobody if !report.has(Severity::Error) => GOOD,
            AnswerIs::Nobody | AnswerIs::Undecided => DOUBTFUL,
            AnswerIs::Somebody => BAD,
        };
        self.lines.styled(style, 0, &shown(&answer.sentence));
    }

    fn elsewhere(&mut self, report: &Report) {
        for of_place in report.elsewhere.chunk_by(|a, b| a.place == b.place) {
            let Some(first) = of_place.first() else { continue };
            let roles: Vec<&str> = of_place.iter().map(|it| it.role.as_str()).collect();
            let names = match self.verbose {
                true => roles.join(", "),
                false => first_names(roles.iter().map(|arn| arn.rsplit('/').next().unwrap_or(arn))),
            };
            let place = &first.place;
            let who = format!("The members of {names} are not in this account: {place} decides.");
            self.lines.paragraph("", 0, 2, &shown(&who));
        }
    }

    /// All causes, the worst first. Of each code and severity, the first few.
    pub(crate) fn causes(&mut self, causes: &[Vec<&Finding>]) {
        let mut causes: Vec<&Vec<&Finding>> = causes.iter().collect();
        let kind = |cause: &[&Finding]| cause.first().map(|it| (it.severity, it.code));
        // Within a severity, the code with the most findings is first, and of a code the cause.
        let mut counts = HashMap::new();
        for cause in &causes {
            *counts.entry(kind(cause)).or_insert(0) += cause.len();
        }
        causes.sort_by_key(|cause| {
            let of_code = counts.get(&kind(cause)).copied().unwrap_or_default();
            let (severity, code) = kind(cause).unwrap_or((Severity::Note, ""));
            (Reverse((severity, of_code)), code, Reverse(cause.len()))
        });
        for of_code in causes.chunk_by(|a, b| kind(a) == kind(b)) {
            let most = if self.verbose { of_code.len() } else { CAUSES };
            let (shown, others) = of_code.split_at(most.min(of_code.len()));
            for cause in shown {
                self.cause(cause);
                self.lines.blank();
            }
            self.left_out(others);
        }
    }

    fn left_out(&mut self, causes: &[&Vec<&Finding>]) {
        let Some(first) = causes.first().and_then(|cause| cause.first()) else { return };
        let (severity, style) = (first.severity.as_str(), style::of(first.severity));
        let label = format!("{style}{severity}{style:#}[{}]: ", first.code);
        let subjects: Vec<&str> =
            causes.iter().flat_map(|cause| cause.iter()).map(|it| it.called.as_str()).collect();
        let text = format!(
            "{} about {}; -v shows them.",
            counted(causes.len(), "more cause"),
            first_names(subjects.iter().copied()),
        );
        self.lines.paragraph(label, severity.len() + first.code.len() + 4, 2, &shown(&text));
        self.lines.blank();
    }

    fn cause(&mut self, cause: &[&Finding]) {
        let Some(finding) = cause.first() else { return };
        let (severity, style) = (finding.severity.as_str(), style::of(finding.severity));
        let label = format!("{style}{severity}{style:#}[{}]: ", finding.code);
        let columns = severity.len() + finding.code.len() + 4;
        self.lines.paragraph(label, columns, 2, &shown(&finding.message));
        self.subjects(cause);
        self.chain(&finding.evidence);
        if let Some(location) = &finding.location {
            self.field("at", &location.to_string());
        }
        if let Some(witness) = &finding.witness {
            self.field("witness", witness);
        }
        if !finding.help.is_empty() {
            self.field("help", &finding.help);
        }
    }

    fn subjects(&mut self, cause: &[&Finding]) {
        match cause {
            [one] => self.field("subject", &one.subject),
            several if self.verbose => {
                self.field("subjects", &number(several.len()));
                for finding in several {
                    self.lines.paragraph("    ", 4, 6, &shown(&finding.subject));
                }
            }
            several => {
                let names = first_names(several.iter().map(|finding| finding.called.as_str()));
                let count = number(several.len());
                self.field("subjects", &format!("{count}: {names}; -v names all"));
            }
        }
    }

    /// The chain that leads to a finding. A statement is shown the first time that it comes.
    fn chain(&mut self, links: &[Evidence]) {
        // The last link takes no more room than its number.
        let is_short = links.len() <= LINKS + 1;
        let most = if self.verbose || is_short { links.len() } else { LINKS };
        let mut seen: Vec<&str> = Vec::new();
        for link in links.iter().take(most) {
            let (name, detail) = (shown(&link.name), shown(&link.detail));
            self.lines.paragraph("  → ", 4, 6, &format!("{} {name}: {detail}", link.kind));
            let text = link.text.as_deref().filter(|text| !seen.contains(text));
            if let Some(text) = text {
                seen.push(text);
                self.lines.paragraph("      ", 6, 6, &shown(&self.shortened(text)));
            }
        }
        if links.len() > most {
            let more = format!("{}; -v shows them", counted(links.len() - most, "more link"));
            self.lines.paragraph("  → ", 4, 6, &more);
        }
    }

    fn shortened(&self, text: &str) -> String {
        if self.verbose || text.chars().count() <= TEXT {
            return text.to_owned();
        }
        text.chars().take(TEXT).chain(['…']).collect()
    }

    pub(crate) fn field(&mut self, name: &str, text: &str) {
        self.lines.paragraph(format_args!("  {name}: "), name.len() + 4, 4, &shown(text));
    }

    fn accepted(&mut self, report: &Report) {
        for Accepted { finding, disposition } in &report.accepted {
            let (severity, code) = (finding.severity.as_str(), finding.code);
            let what = shown(&finding.subject);
            self.lines.styled(
                DIMMED,
                0,
                &format!("accepted until {}: {severity} [{code}] {what}", disposition.expires),
            );
            self.lines.styled(DIMMED, 2, &format!("reason: {}", shown(&disposition.in_words())));
        }
        if !report.accepted.is_empty() {
            self.lines.blank();
        }
    }
}
