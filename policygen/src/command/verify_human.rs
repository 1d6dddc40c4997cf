//! The answer of `verify` about a release, as people read it.

use findings::{Lines, style};
use names::shown;
use proof::{Artifact, Problem, Verified};
use rule::{Basis, JudgedApproval, Record};

use super::verify_answer::{Answer, Source, counted};

/// The answer as text of a width in columns, with colours.
pub(super) fn render(answer: &Answer, width: usize) -> String {
    let mut lines = Lines::new(width);
    match &answer.verified {
        Ok(verified) => release(&mut lines, verified, answer.source),
        Err(problems) => refusal(&mut lines, problems, answer.source),
    }
    lines.finish()
}

fn refusal(lines: &mut Lines, problems: &[Problem], source: Source) {
    let answer = match source {
        Source::GatesKey | Source::PeopleAlone => {
            "No: the proof does not show that this may be released by your rule."
        }
        Source::CodePipeline => "No: this execution may not be released by your rule.",
    };
    lines.styled(style::BAD, 0, answer);
    for problem in problems {
        lines.paragraph("- ", 2, 2, &format!("{problem}."));
    }
}

fn release(lines: &mut Lines, verified: &Verified, source: Source) {
    let record = verified.decision.record();
    let people = record.persons.len();
    let answer = format!("Yes: {people} distinct people approved this release by your rule.");
    lines.styled(style::GOOD, 0, &answer);
    let environment = verified.environment.as_deref();
    let environment = environment.map(|it| format!(", for {}", shown(it)));
    let about = format!(
        "Pipeline {}, execution {}, stage {}{}",
        shown(&record.pipeline),
        shown(&record.execution_id),
        shown(&record.stage),
        environment.unwrap_or_default()
    );
    lines.paragraph("", 0, 2, &about);
    for revision in &verified.revisions {
        lines.paragraph("", 0, 2, &format!("Revision {}", shown(revision)));
    }
    for Artifact { name, uri, sha256 } in &verified.artifacts {
        let artifact = format!("Artifact {} sha256:{sha256} {}", shown(name), shown(uri));
        lines.paragraph("", 0, 2, &artifact);
    }
    for approval in counted(record) {
        lines.paragraph("", 0, 2, &by(approval, source));
    }
    lines.paragraph("", 0, 2, &format!("Your rule {}", record.rule_digest));
    if let Some(made) = verified.made {
        let until = verified.expires.map(|until| format!(", valid until {until:.0}"));
        let times = format!("Proof made at {made:.0}{}", until.unwrap_or_default());
        lines.paragraph("", 0, 2, &times);
    }
    for assumption in &record.assumptions {
        lines.paragraph("", 0, 2, &format!("Assumption: {}.", shown(assumption)));
    }
    for note in &record.reasons {
        lines.paragraph("", 0, 2, &format!("Note: {}.", shown(&note.message)));
    }
    lines.paragraph("", 0, 2, &rests_on(record, source));
}

/// Who approved, and how that is known.
fn by(approval: &JudgedApproval, source: Source) -> String {
    let person = shown(approval.person.as_deref().unwrap_or("?"));
    let action = shown(&approval.action);
    if let Some(signature) = &approval.signature {
        return format!("{action} by {person}, signed with {}", signature.describe());
    }
    let principal = shown(approval.principal.as_deref().unwrap_or("?"));
    let basis = approval.basis.map_or("?", Basis::as_str);
    format!("{action} by {person}, {basis} {principal}, as {} saw it", witness(source))
}

fn witness(source: Source) -> &'static str {
    match source {
        Source::GatesKey => "the gate",
        Source::PeopleAlone => "nobody",
        Source::CodePipeline => "CodePipeline",
    }
}

/// What is proven by people, and what rests on somebody's word.
fn rests_on(record: &Record, source: Source) -> String {
    let of = |signed: bool| {
        let approvals = counted(record).filter(|it| it.signature.is_some() == signed);
        let names: Vec<String> = approvals.map(|it| shown(&it.action)).collect();
        names.join(", ")
    };
    let signed = match of(true) {
        none if none.is_empty() => "No approval is signed.".to_owned(),
        signed => format!(
            "The people's own signatures prove {signed}, for exactly these revisions in this \
             execution."
        ),
    };
    let unsigned = match of(false) {
        none if none.is_empty() => String::new(),
        unsigned => format!("{unsigned}, "),
    };
    let rest = match source {
        Source::GatesKey => format!(
            "Only the gate's key vouches for {unsigned}the times, the environment, the \
             artifacts, and that no rejection was left out."
        ),
        Source::PeopleAlone => {
            "Nothing shows when they signed, for which environment, what the artifacts are, \
             or that nobody left out a rejection: the gate's key does, with --key."
                .to_owned()
        }
        Source::CodePipeline => format!(
            "Only CodePipeline vouches for {unsigned}the times, and that no rejection was \
             left out."
        ),
    };
    format!("{signed} {rest}")
}
