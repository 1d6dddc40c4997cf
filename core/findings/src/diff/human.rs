//! What changed, for people: the answer, each cause once, and the answer again.

use std::collections::BTreeMap;

use super::{Change, Compared, Diff, Reported, Standing};
use crate::cause::{Alike, causes};
use crate::human::Page;
use crate::style::{BAD, DOUBTFUL, GOOD};
use crate::{Finding, Screen, Severity, counted};

/// Renders what changed with colours. The output layer removes them if they are not wanted.
#[must_use]
pub fn render(diff: &Diff, compared: &Compared, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let style = match (diff.fails(Severity::Error), diff.fails(Severity::Note)) {
        (true, _) => BAD,
        (false, true) => DOUBTFUL,
        (false, false) => GOOD,
    };
    page.lines.styled(style, 0, &diff.sentence());
    page.lines.blank();
    let sections = sections(diff);
    for (heading, findings) in &sections {
        page.lines.paragraph("", 0, 0, heading);
        page.lines.blank();
        page.causes(&causes(findings, Alike::InWords));
    }
    page.field("old", &compared.old);
    page.field("new", &compared.new);
    if compared.left_out > 0 {
        let text = format!(
            "{} of the old report about executions that the new one does not list",
            counted(compared.left_out, "finding")
        );
        page.field("not compared", &text);
    }
    if !sections.is_empty() {
        page.lines.styled(style, 0, &diff.sentence());
    }
    page.lines.finish()
}

/// The findings under their headings.
fn sections(diff: &Diff) -> Vec<(String, Vec<Finding>)> {
    let mut sections = Vec::new();
    for (standing, heading) in [
        (Standing::Expired, "New, and its acceptance has expired:"),
        (Standing::Open, "New:"),
        (Standing::Accepted, "New, and accepted:"),
    ] {
        let new = diff.new.iter().filter(|new| new.standing == standing);
        sections.push((heading.to_owned(), new.map(|new| new.finding.clone()).collect()));
    }
    sections.extend(changes("Worse", &diff.worse));
    sections.extend(changes("Improved", &diff.improved));
    sections.push(("Gone:".to_owned(), diff.gone.iter().map(settled).collect()));
    sections.retain(|(_, findings)| !findings.is_empty());
    sections
}

/// The findings that changed in the same way, under one heading.
fn changes(how: &str, changes: &[Change]) -> BTreeMap<String, Vec<Finding>> {
    let mut sections: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for change in changes {
        let heading = format!("{how} ({}):", change.in_words());
        sections.entry(heading).or_default().push(change.is.finding.clone());
    }
    sections
}

/// A finding that is gone needs no help.
fn settled(gone: &Reported) -> Finding {
    Finding { help: String::new(), ..gone.finding.clone() }
}
