//! For people at a terminal: the answer, one row per pipeline, what to look at, and the answer
//! again.

use comfy_table::{ContentArrangement, Table, presets};
use findings::{Lines, style};
use names::shown;

use super::{asked, known, name, problem, summary, whole_name};
use crate::judge::exception::ExceptionCode;
use crate::overview::{Overview, Row};
use crate::render::human::write_cause;

/// The report as text of a width in columns, with colours. The output layer removes them if they
/// are not wanted.
pub fn render(overview: &Overview, width: usize) -> String {
    let mut lines = Lines::new(width);
    let answer = overview.answer();
    lines.styled(answer.style(), 0, &answer.sentence);
    lines.paragraph("", 0, 2, &format!("{}; {}.", overview.checked(), asked(overview.period)));
    lines.paragraph("", 0, 2, &summary(overview));
    lines.blank();
    table(&mut lines, overview, width);
    for row in &overview.rows {
        exceptions(&mut lines, row);
    }
    // On a terminal, the first line has scrolled away.
    lines.blank();
    lines.styled(answer.style(), 0, &answer.sentence);
    lines.finish()
}

fn table(lines: &mut Lines, overview: &Overview, width: usize) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
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
        lines.paragraph(line.trim_end(), 0, 0, "");
    }
}

/// What to look at in one pipeline, and its notes.
fn exceptions(lines: &mut Lines, row: &Row) {
    if row.causes.is_empty() && row.problem().is_none() && row.notes.is_empty() {
        return;
    }
    lines.blank();
    lines.paragraph("", 0, 2, &whole_name(row));
    if let Some(problem) = problem(row) {
        let code = ExceptionCode::NotJudged;
        let severity = code.severity();
        let text = format!("{}[{}]: {problem}", severity.as_str(), code.as_str());
        lines.styled(style::of(severity), 2, &text);
    }
    for cause in &row.causes {
        let executions = cause.executions.iter().map(|(id, started)| (id.as_str(), *started));
        write_cause(lines, 2, &cause.exception, executions);
    }
    for note in &row.notes {
        lines.paragraph("  note: ", 8, 4, &shown(note));
    }
}
