//! Saved replies of CodePipeline: the history that `policygen evidence` judges.

use std::sync::LazyLock;

use evidence::history::History;
use evidence::render::{csv, html, human, json};
use evidence::{
    AccountSource, Cover, Period, Question, Report, RuleSource, Trail, Verdict, read_saved,
};
use jiff::Timestamp;
use names::FunctionRef;
use rule::{Account, Rule, Status};
use serde_json::Value;

/// Larger histories take longer, and have nothing that smaller ones cannot have.
const LARGEST: usize = 32 << 10;

static GATE: LazyLock<Option<FunctionRef>> = LazyLock::new(|| "two-person-rule-gate".parse().ok());

/// How often the page of a report without executions has `<script`.
static SCRIPTS: LazyLock<usize> = LazyLock::new(|| {
    let report = GATE.as_ref().and_then(|gate| reported(gate, History::default()));
    let page = report.and_then(|report| html::render(&report, &cover()).ok());
    page.map_or(0, |page| page.matches("<script").count())
});

/// A file with both lists. It is read in the same way twice. No execution is satisfied with fewer
/// than two approvals. The report is JSON, has no cell that a spreadsheet would compute, and no
/// markup that a text of the file has brought in.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > LARGEST {
        return;
    }
    let mut history = History::default();
    if let Err(error) = read_saved(text, &mut history) {
        assert!(!error.to_string().is_empty());
        return;
    }
    let mut again = History::default();
    let _ = read_saved(text, &mut again);
    assert_eq!(history, again);
    let Some(gate) = &*GATE else { return };
    let Some(report) = reported(gate, history) else { return };
    for evaluated in report.executions() {
        if evaluated.verdict == Verdict::Satisfied {
            let approvals = evaluated.approvals.iter();
            let given = approvals.filter(|it| it.attempt.status == Status::Succeeded).count();
            assert!(given >= 2, "satisfied with {given} approvals");
        }
    }
    let cover = cover();
    let written = json::render(&report, &cover).unwrap_or_default();
    assert!(serde_json::from_slice::<Value>(&written).is_ok(), "it is not JSON");
    check_cells(&csv::render(&report, None).unwrap_or_default());
    let page = html::render(&report, &cover).unwrap_or_default();
    assert_eq!(page.matches("<script").count(), *SCRIPTS, "a text of the file became markup");
    let text = human::render(&report, 80);
    assert!(!text.contains(['\u{202e}', '\u{7}']), "a text of the file controls the terminal");
}

fn reported(gate: &FunctionRef, history: History) -> Option<Report> {
    let question = Question {
        pipeline: "payments".to_owned(),
        period: Period::default(),
        execution: None,
        rule: Rule::default(),
        pipeline_arn: None,
        account: AccountSource::Given(Account::new("111122223333")),
        has_snapshot: false,
        gate: gate.clone(),
    };
    Report::new(question, history, Some(&Trail::default())).ok()
}

fn cover() -> Cover {
    Cover {
        made_at: Timestamp::UNIX_EPOCH,
        version: "0.1.0".to_owned(),
        rule: RuleSource { file: None, json: "{}".to_owned() },
        region: None,
        gate: "two-person-rule-gate".to_owned(),
        asked_trail: true,
        sources: Vec::new(),
    }
}

fn check_cells(table: &[u8]) {
    let mut reader = ::csv::Reader::from_reader(table);
    for record in reader.records() {
        let Ok(record) = record else { continue };
        for cell in &record {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "computed: {cell}");
        }
    }
}
