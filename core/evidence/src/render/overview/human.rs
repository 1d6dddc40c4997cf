//! For people at a terminal: the answer, one row per pipeline, what to look at, and the answer
//! again. It fits into 80 columns, apart from names that are longer.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use names::shown;

use super::{asked, known, name, problem, summary, whole_name};
use crate::judge::exception::ExceptionCode;
use crate::overview::{Overview, Row};
use crate::render::acceptance;
use crate::render::human::time;

const WIDTH: u16 = 80;

/// The report as text.
pub fn render(overview: &Overview) -> String {
    let mut out = String::new();
    let answer = overview.answer().sentence;
    paragraph(&mut out, "", &answer);
    paragraph(&mut out, "", &format!("{}; {}.", overview.checked(), asked(overview.period)));
    paragraph(&mut out, "", &summary(overview));
    out.push('\n');
    table(&mut out, overview);
    for row in &overview.rows {
        exceptions(&mut out, row);
    }
    // On a terminal, the first line has scrolled away.
    out.push('\n');
    paragraph(&mut out, "", &answer);
    out
}

fn table(out: &mut String, overview: &Overview) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["ANSWER", "PIPELINE", "ACCOUNT", "REGION", "APPROVED", "LOOK"]);
    for row in &overview.rows {
        let releases = row.tally().releases;
        table.add_row([
            row.standing().as_str().to_owned(),
            name(row),
            known(row.place().account.as_ref()),
            known(row.place().region.as_ref()),
            if row.problem().is_some() {
                "?".to_owned()
            } else {
                format!("{} of {releases}", row.satisfied)
            },
            if row.problem().is_some() { "?".to_owned() } else { row.exceptional.to_string() },
        ]);
    }
    for line in table.lines() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What to look at in one pipeline, and its notes.
fn exceptions(out: &mut String, row: &Row) {
    if row.causes.is_empty() && row.problem().is_none() && row.notes.is_empty() {
        return;
    }
    out.push('\n');
    paragraph(out, "", &whole_name(row));
    if let Some(problem) = problem(row) {
        let code = ExceptionCode::NotJudged;
        let title = format!("{}[{}]: {problem}", code.severity().as_str(), code.as_str());
        paragraph(out, "  ", &title);
    }
    for cause in &row.causes {
        let code = cause.exception.code;
        let message = shown(&cause.exception.message);
        let title = format!("{}[{}]: {message}", code.severity().as_str(), code.as_str());
        paragraph(out, "  ", &title);
        if let Some(accepted) = acceptance(&cause.exception) {
            paragraph(out, "    ", &accepted);
        }
        for (id, started) in &cause.executions {
            let _ = writeln!(out, "    {} of {}", shown(id), time(*started));
        }
    }
    for note in &row.notes {
        paragraph(out, "  ", &format!("note: {}", shown(note)));
    }
}

/// A text in lines of the width, each after the indentation. A longer word has its own line.
fn paragraph(out: &mut String, indent: &str, text: &str) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > usize::from(WIDTH) {
            out.push('\n');
            column = 0;
        }
        let before = if column == 0 { indent } else { " " };
        out.push_str(before);
        out.push_str(word);
        column += before.len() + length;
    }
    out.push('\n');
}
