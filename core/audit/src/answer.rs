//! The answer of an audit in one sentence: who can approve two slots, or that nobody can.

use std::collections::BTreeSet;

use findings::{Answer, AnswerIs, Finding, Gate, counted, first_names, number};

/// One human can give two approvals now.
const CAN: [&str; 5] = [
    "can-approve-both",
    "can-approve-both-if",
    "can-approve-both-through-role",
    MEMBER,
    "one-person-on-two-slots",
];

const MEMBER: &str = "member-of-both-groups";

/// One human can get there, by something that they may change.
const CAN_GET_TO: [&str; 2] = ["can-grant-itself", "can-make-second-person"];

/// One human might get there: the account does not show what runs with which role.
const MIGHT_GET_TO: [&str; 1] = ["may-run-as-approver"];

/// One human can release without the approvals.
const CAN_BYPASS: [&str; 1] = ["can-bypass-gate"];

/// The account does not show it.
const UNDECIDED: [&str; 2] = ["not-decided", "undecided"];

/// Too few people can approve, so nobody can release.
const TOO_FEW: [&str; 2] = ["no-valid-pair", "slot-without-approver"];

/// The answer that follows from all findings, accepted or not. `slots` are their names.
pub(crate) fn answer(findings: &[Finding], slots: &[&str]) -> Answer {
    let of = |codes: &[&str]| -> Vec<&Finding> {
        findings.iter().filter(|finding| codes.contains(&finding.code)).collect()
    };
    let both = both(slots);
    // The policies of some members of both groups let them serve neither, and then there is no
    // witness.
    let (can, members): (Vec<&Finding>, Vec<&Finding>) =
        of(&CAN).into_iter().partition(|it| it.code != MEMBER || it.witness.is_some());
    let [can_bypass, undecided, too_few] = [of(&CAN_BYPASS), of(&UNDECIDED), of(&TOO_FEW)];
    // Those who can already need no change.
    let able: BTreeSet<&str> = can.iter().map(|finding| finding.subject.as_str()).collect();
    let others = |codes: &[&str]| -> [Vec<&Finding>; 2] {
        of(codes).into_iter().partition(|it| able.contains(it.subject.as_str())).into()
    };
    let [able_later, later] = others(&CAN_GET_TO);
    let [able_perhaps, perhaps] = others(&MIGHT_GET_TO);
    let mut further = Vec::new();
    if !members.is_empty() {
        let verb = if members.len() == 1 { "is" } else { "are" };
        further.push(format!("{} {verb} in the groups of both", who(&members)));
    }
    if !later.is_empty() {
        further.push(format!("{} can get to it by a change that they may make", who(&later)));
    }
    if !perhaps.is_empty() {
        let who = who(&perhaps);
        further.push(format!("{who} might, through code that may run with a role that approves"));
    }
    if !can_bypass.is_empty() {
        further.push(format!("{} can bypass the gate", who(&can_bypass)));
    }
    if !too_few.is_empty() {
        further.push("too few people can approve for any release".to_owned());
    }
    let (is, begins, joined) = if !can.is_empty() {
        let text =
            format!("{} can approve {both}{}", who(&can), gate(&can, &able_later, &able_perhaps));
        (AnswerIs::Somebody, text, "; ")
    } else if !undecided.is_empty() {
        let text = format!("The account does not show whether anybody can approve {both}");
        (AnswerIs::Undecided, text, "; ")
    } else {
        let is = match (later.is_empty(), perhaps.is_empty()) {
            (false, _) => AnswerIs::Somebody,
            (true, false) => AnswerIs::Undecided,
            (true, true) => AnswerIs::Nobody,
        };
        (is, format!("Nobody can approve {both}"), ", but ")
    };
    let mut sentence = begins;
    if !further.is_empty() {
        sentence.push_str(joined);
        sentence.push_str(&further.join(", and "));
    }
    sentence.push('.');
    Answer { is, sentence }
}

/// `both A and B`, or `two of A, B and C`.
fn both(slots: &[&str]) -> String {
    match slots {
        [a, b] => format!("both {a} and {b}"),
        [first @ .., last] => format!("two of {} and {last}", first.join(", ")),
        [] => "two slots".to_owned(),
    }
}

/// The subjects, counted by kind, and the first names: `2 users and 1 role (ann, bob and Deploy)`.
fn who(findings: &[&Finding]) -> String {
    let subjects: BTreeSet<(&str, &str)> =
        findings.iter().map(|it| (it.subject.as_str(), it.called.as_str())).collect();
    let of_kind = |kind: &str| {
        let count = subjects.iter().filter(|(arn, _)| kind_of(arn) == kind).count();
        (count > 0).then(|| counted(count, kind))
    };
    let counts: Vec<String> =
        ["user", "role", "other principal"].into_iter().filter_map(of_kind).collect();
    let names: Vec<&str> = subjects.iter().map(|(_, called)| *called).collect();
    format!("{} ({})", counts.join(" and "), first_names(names.into_iter()))
}

fn kind_of(arn: &str) -> &'static str {
    match arn.splitn(6, ':').nth(5).and_then(|resource| resource.split_once('/')) {
        Some(("user", _)) => "user",
        Some(("role", _)) => "role",
        Some(_) | None => "other principal",
    }
}

/// What the gate makes of the answers, if all findings that say it say the same. `later` and
/// `perhaps` are about the same principals, after changes and through code.
fn gate(findings: &[&Finding], later: &[&Finding], perhaps: &[&Finding]) -> String {
    let two = |findings: &[&Finding]| -> usize {
        let two = findings.iter().filter(|finding| finding.gate == Some(Gate::CountsTwo));
        two.map(|finding| finding.subject.as_str()).collect::<BTreeSet<_>>().len()
    };
    let would = |count: usize| {
        format!(", and the gate would count {} of them as two people", number(count))
    };
    match [findings, later, perhaps].map(two) {
        [0, 0, 0] => {}
        [0, 0, _] => return String::new(),
        [0, later, _] => return would(later) + " after a change that they may make",
        [now, ..] => return would(now),
    }
    // Some findings do not say what the gate makes of them.
    let settled: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.gate == Some(Gate::Refuses))
        .map(|finding| finding.subject.as_str())
        .collect();
    let is_settled = findings.iter().all(|it| settled.contains(it.subject.as_str()));
    if is_settled {
        ", but the gate counts each as one person at most".to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use findings::Severity;

    use super::*;
    use crate::CATALOG;

    /// Findings that the answer does not mention: practices, machines, and what differs from code.
    const OTHERS: [&str; 13] = [
        "approver-without-mfa",
        "can-answer-without-desk",
        "can-invoke-gate",
        "depends-on-one-person",
        "look-alike-role",
        "key-not-in-code",
        "machine-can-approve",
        "member-missing",
        "member-not-in-code",
        "rule-not-in-code",
        "session-name-not-pinned",
        "session-names-from-provider",
        "shared-approver-role",
    ];

    fn finding(code: &str, subject: &str) -> Finding {
        let check = CATALOG.checks.iter().find(|check| check.code == code).unwrap();
        let subject = format!("arn:aws:iam::111122223333:{subject}");
        let mut finding = check.finding(subject, String::new(), String::new());
        finding.witness = Some("arn:aws:codepipeline:::p/S/A".to_owned());
        finding
    }

    fn sentence(findings: &[Finding]) -> (AnswerIs, String) {
        let Answer { is, sentence } = answer(findings, &["A", "B"]);
        (is, sentence)
    }

    #[test]
    fn every_code_has_its_place_in_the_answer_or_none() {
        let known =
            [&CAN[..], &CAN_GET_TO, &MIGHT_GET_TO, &CAN_BYPASS, &UNDECIDED, &TOO_FEW, &OTHERS]
                .concat();
        for check in CATALOG.checks {
            assert_eq!(
                known.iter().filter(|code| **code == check.code).count(),
                1,
                "{}",
                check.code
            );
        }
    }

    #[test]
    fn nobody_can_only_if_no_finding_says_otherwise() {
        assert_eq!(
            sentence(&[]),
            (AnswerIs::Nobody, "Nobody can approve both A and B.".to_owned())
        );
        for check in CATALOG.checks.iter().filter(|check| check.severity != Severity::Note) {
            let (is, text) = sentence(&[finding(check.code, "user/ann")]);
            let can = [&CAN[..], &CAN_GET_TO, &UNDECIDED].concat();
            assert_eq!(is == AnswerIs::Nobody, !can.contains(&check.code), "{text}");
        }
    }

    #[test]
    fn the_sentence_says_how_many_can_what_and_who() {
        let mut found: Vec<Finding> =
            (0..3000).map(|n| finding("can-approve-both", &format!("user/u-{n}"))).collect();
        for it in &mut found {
            it.gate = Some(Gate::Refuses);
        }
        let expected = "3,000 users (u-0, u-1, u-10 and 2,997 more) can approve both A and B, but \
                        the gate counts each as one person at most.";
        assert_eq!(sentence(&found), (AnswerIs::Somebody, expected.to_owned()));
        found[7].gate = Some(Gate::CountsTwo);
        let expected = "3,000 users (u-0, u-1, u-10 and 2,997 more) can approve both A and B, and \
                        the gate would count 1 of them as two people.";
        assert_eq!(sentence(&found), (AnswerIs::Somebody, expected.to_owned()));

        let both = |gate: Gate, code: &str| {
            let now =
                Finding { gate: Some(Gate::Refuses), ..finding("can-approve-both", "user/ann") };
            sentence(&[now, Finding { gate: Some(gate), ..finding(code, "user/ann") }]).1
        };
        let says = |what: &str| format!("1 user (ann) can approve both A and B{what}.");
        let refused = says(", but the gate counts each as one person at most");
        let later = ", and the gate would count 1 of them as two people after a change that they \
                     may make";
        for code in CAN_GET_TO {
            assert_eq!(both(Gate::CountsTwo, code), says(later));
            assert_eq!(both(Gate::Refuses, code), refused);
        }
        assert_eq!(both(Gate::CountsTwo, "may-run-as-approver"), says(""));
        assert_eq!(both(Gate::Refuses, "may-run-as-approver"), refused);

        let mut member = finding(MEMBER, "user/ann");
        member.witness = None;
        let found = [member, finding("can-bypass-gate", "role/path/Deploy")];
        let expected = "Nobody can approve both A and B, but 1 user (ann) is in the groups of \
                        both, and 1 role (Deploy) can bypass the gate.";
        assert_eq!(sentence(&found), (AnswerIs::Nobody, expected.to_owned()));
        let found = [finding("may-run-as-approver", "user/ann")];
        let expected = "Nobody can approve both A and B, but 1 user (ann) might, through code that \
                        may run with a role that approves.";
        assert_eq!(sentence(&found), (AnswerIs::Undecided, expected.to_owned()));
        let Answer { sentence, .. } = answer(&[], &["A", "B", "C"]);
        assert_eq!(sentence, "Nobody can approve two of A, B and C.");
    }
}
