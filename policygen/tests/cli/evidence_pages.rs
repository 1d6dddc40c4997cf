//! The pages and the text of `policygen evidence` as their readers see them.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checker::{days_from_now, file, text};
use crate::evidence::with_details;
use crate::evidence_cover::one_person;
use crate::evidence_live::{paged, serve};
use crate::evidence_several::{self, all, without_gate, write};
use crate::history::{Saved, execution, released};
use crate::program::{command, policygen, ran};

const SECOND: &str = "22222222-2222-4222-8222-222222222222";
const THIRD: &str = "33333333-3333-4333-8333-333333333333";
const FOURTH: &str = "44444444-4444-4444-8444-444444444444";

/// The release at another time.
fn moved(saved: &Saved, from: &str, to: &str) -> Saved {
    let text = json!([saved.executions, saved.actions]).to_string().replace(from, to);
    let [executions, actions]: [Vec<Value>; 2] = serde_json::from_str(&text).unwrap();
    Saved { executions, actions }
}

/// A release of one person in February; in January one that still waits, and two of two people.
fn two_months() -> Saved {
    let mut waits = released(FOURTH, 0);
    waits.executions[0]["status"] = json!("InProgress");
    waits.actions.retain(|action| action["actionName"] == "Source");
    moved(&one_person(), "2026-01-02T", "2026-02-02T")
        .with(waits)
        .with(moved(&released(THIRD, 1), "T10:", "T11:"))
        .with(released(SECOND, 1))
}

fn page(saved: &Saved) -> String {
    let directory = TempDir::new().unwrap();
    let inputs = saved.write(&directory);
    let inputs: Vec<&str> = inputs.iter().flat_map(|path| ["--input", path]).collect();
    let arguments = ["evidence", "--pipeline=payments", "--format=html"];
    policygen(&[&arguments, inputs.as_slice()].concat()).stdout
}

/// The words of a page, without those about the report itself.
fn words(page: &str) -> String {
    let (_, body) = page.split_once("<body>").unwrap();
    let (before, rest) = body.split_once("<section id=\"cover\"").unwrap();
    let (_, after) = rest.split_once("</section>").unwrap();
    let body = format!("{before}{after}");
    let (body, _) = body.split_once("<script").unwrap_or((&body, ""));
    let mut words = String::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        words.push_str(match tag.split(' ').next().unwrap() {
            "td" | "th" | "dd" => " | ",
            "a" | "code" | "span" => "",
            end if end.starts_with('/') => "",
            _ => "\n",
        });
        words.push_str(text);
    }
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// What opens below each execution of a page.
fn opened(page: &str) -> String {
    let (start, _) = page.split_once("<script id=\"details\"").unwrap();
    let details = with_details(page).split_off(start.len());
    let cell = |cell: &Value| {
        let parts = cell.as_array().unwrap().iter().map(|part| part[1].as_str().unwrap().trim());
        parts.collect::<Vec<_>>().join(" · ").replace('\n', " / ")
    };
    let row =
        |row: &Value| row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join(" | ");
    let mut lines = Vec::new();
    for details in details.lines() {
        lines.push(String::new());
        for block in serde_json::from_str::<Vec<Value>>(details).unwrap() {
            for fact in block["facts"].as_array().into_iter().flatten() {
                lines.push(format!("{}: {}", fact[0].as_str().unwrap(), cell(&fact[1])));
            }
            let rows = block["rows"].as_array().into_iter().flatten();
            let rows: Vec<String> = rows.map(row).collect();
            if !rows.is_empty() {
                lines.push(format!("{}:", block["table"].as_str().unwrap()));
                lines.extend(rows.iter().map(|row| format!("  {}", row.trim_end())));
            }
        }
    }
    lines.join("\n")
}

#[test]
fn a_page_tells_each_execution_in_a_line_and_more_if_it_is_opened() {
    let page = page(&two_months());
    insta::assert_snapshot!("page", words(&page));
    insta::assert_snapshot!("opened", opened(&page));
}

/// The part of a text between two others.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{begin}: {text}"));
    rest.split_once(end).unwrap().0
}

#[test]
fn the_timeline_has_a_lane_for_each_verdict_and_its_executions_on_it() {
    let page = page(&two_months());
    let lanes: Vec<&str> = page.split("<text x=\"0\"").skip(1).collect();
    assert_eq!(lanes.len(), 3, "{page}");
    let number = |text: &str| text.parse::<i64>().unwrap();
    let mut last = 0;
    for lane in lanes {
        let verdict = between(lane, ">", " (");
        let lane = lane.split_once("</svg></section>").map_or(lane, |(lane, _)| lane);
        let (lane, _) = lane.split_once("<p class=\"key\">").unwrap_or((lane, ""));
        last = number(between(between(lane, "<line class=\"lane\"", ">"), "y1=\"", "\""));
        let marks: Vec<&str> = lane.split("class=\"mark ").skip(1).collect();
        assert_eq!(marks.len(), 1, "{lane}");
        assert_eq!(marks[0].split('"').next().unwrap().trim_start_matches("look "), verdict);
        assert!(
            lane.contains(&format!(" y=\"{last}\"")) || lane.contains(&format!("cy=\"{last}\""))
        );
    }
    // The ticks end below the last lane.
    let tick = between(&page, "<line class=\"tick\"", ">");
    let bottom = number(between(tick, "y2=\"", "\""));
    assert!((last..last + 44).contains(&bottom), "{bottom} {last}");
}

/// A label in the middle of its tick would not fit at either end.
#[test]
fn the_labels_of_the_timeline_stay_inside_it() {
    let two_days = moved(&released(SECOND, 0), "2026-01-02T", "2026-01-04T");
    let less = moved(&two_days, "2026-01-04T10:00:00", "2026-01-04T09:59:59");
    for (saved, first, last) in [
        (execution().with(two_days), "2026-01-02", "2026-01-04"),
        (execution().with(less), "01-02 10:00", "01-04 09:59"),
    ] {
        let page = page(&saved);
        let anchors: Vec<&str> = page
            .split("text-anchor=\"")
            .skip(1)
            .map(|rest| rest.split("</").next().unwrap())
            .collect();
        assert_eq!(anchors.first(), Some(&&*format!("start\">{first}")));
        assert_eq!(anchors.last(), Some(&&*format!("end\">{last}")));
        let inner = anchors.get(1..anchors.len() - 1).unwrap();
        assert!(inner.iter().all(|label| label.starts_with("middle\">")), "{anchors:?}");
    }
}

/// The folders of the other tests, and a pipeline in order with a note.
fn folders() -> TempDir {
    let root = evidence_several::folders();
    write(&execution(), &root.path().join("ledger"));
    root
}

#[test]
fn a_page_of_several_pipelines_tells_each_in_a_line_and_details_what_is_wrong() {
    let root = folders();
    let page = all(&root, &["--format=html"]).stdout;
    let path = root.path().to_str().unwrap();
    insta::assert_snapshot!("several", words(&page).replace(path, "ROOT"));
    // A line leads to its details, if it has any.
    for (position, has_details) in [true, true, true, false].into_iter().enumerate() {
        for mark in [format!("href=\"#p{position}\""), format!("id=\"p{position}\"")] {
            assert_eq!(page.contains(&mark), has_details, "{mark}: {page}");
        }
    }
    for badge in ["error\">no<", "warning\">not judged<", "yes\">yes<", "error\">not-judged<"] {
        assert!(page.contains(&format!("<span class=\"badge {badge}")), "{badge}: {page}");
    }
    // Nothing came from a cache.
    assert!(!page.contains("of the cache"), "{page}");
    let since = all(&root, &["--format=html", "--since=2026-01-02"]).stdout;
    assert!(since.contains(": executions started since 2026-01-02T00:00:00Z."), "{since}");
}

#[test]
fn a_page_of_pipelines_in_order_says_that_there_is_nothing_to_look_at() {
    let root = TempDir::new().unwrap();
    write(&execution(), &root.path().join("111122223333/eu-west-1/payments"));
    let page = all(&root, &["--format=html"]).stdout;
    assert!(page.contains("<p>Nothing. No execution was released without the gate"), "{page}");
    assert!(!page.contains("<article"), "{page}");
}

#[test]
fn the_text_about_several_pipelines_names_each_and_what_is_wrong() {
    let root = folders();
    let human = all(&root, &[]).stdout;
    let lines: Vec<Vec<&str>> =
        human.lines().map(|line| line.split_whitespace().collect()).collect();
    for expected in [
        "4 executions of 3 pipelines; 1 pipeline not judged; all of their history.",
        "4 releases, 3 of them approved by two people; 1 execution to look at.",
        "no refunds 111122223333 us-east-1 1 of 2 1",
        "not judged payments 444455556666 eu-west-1 ? ?",
        "yes ledger 111122223333 ? 1 of 1 0",
        "yes payments 111122223333 eu-west-1 1 of 1 0",
        "refunds (111122223333, us-east-1)",
        "payments (444455556666, eu-west-1)",
        "ledger (111122223333)",
    ] {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(lines.iter().filter(|line| **line == expected).count(), 1, "{human}");
    }
    let problem = "error[not-judged]: The pipeline was not judged:";
    assert_eq!(human.matches(problem).count(), 1, "{human}");
    assert!(!human.contains("payments (111122223333, eu-west-1)"), "{human}");
}

/// It begins two columns to the right.
#[test]
fn the_reason_of_an_acceptance_fits_into_the_columns() {
    let accept = file(&json!([{"code": "no-gate", "reason": "I ".repeat(90).trim_end(),
        "expires": days_from_now(1), "subject": "arn:aws:codepipeline:*:*:payments/execution/*"}]));
    let directory = TempDir::new().unwrap();
    let [executions, actions] = without_gate().write(&directory);
    let inputs = ["--input", &executions, "--input", &actions];
    let arguments = ["evidence", "--pipeline=payments", "--accept", text(accept.path())];
    let ran = policygen(&[&arguments[..], &inputs].concat());
    assert!(ran.stdout.contains("  accepted until "), "{}{}", ran.stdout, ran.stderr);
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

/// Runs `evidence` against a server with one release of each pipeline.
fn live(arguments: &[&str]) -> String {
    let url = serve(|operation, body| match operation {
        "GetPipeline" => {
            let name = body["name"].as_str().unwrap();
            let arn = format!("arn:aws:codepipeline:eu-west-1:111122223333:{name}");
            let pipeline = json!({"name": name, "roleArn": "r", "stages": []});
            (200, json!({"pipeline": pipeline, "metadata": {"pipelineArn": arn}}))
        }
        _ => (200, paged(&execution(), 100, operation, body)),
    });
    let output = command()
        .envs([("AWS_ACCESS_KEY_ID", "bob"), ("AWS_SECRET_ACCESS_KEY", "not-checked")])
        .args(["evidence", "--region=eu-west-1", "--format=html", "--endpoint-url", &url])
        .args(arguments)
        .output()
        .unwrap();
    let ran = ran(&output);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

#[test]
fn a_page_says_what_was_asked_of_aws_and_what_came_from_the_cache() {
    let one = live(&["--pipeline=payments"]);
    for wanted in [
        "codepipeline:ListPipelineExecutions: 1 request, 1 entry<",
        "codepipeline:ListActionExecutions: 1 request, 5 entries<",
    ] {
        assert!(one.contains(wanted), "{wanted}: {one}");
    }
    let cache = TempDir::new().unwrap();
    let cache = cache.path().to_str().unwrap();
    let two = ["--pipeline=payments", "--pipeline=refunds", "--cache", cache];
    let first = live(&two);
    let again = live(&two);
    let (actions, from_cache) = (
        "codepipeline:ListActionExecutions: 2 requests, 10 entries<",
        ">2 executions of the cache (--cache)<",
    );
    for (page, is_first) in [(&first, true), (&again, false)] {
        let executions = "codepipeline:ListPipelineExecutions: 2 requests, 2 entries<";
        assert!(page.contains(executions), "{page}");
        assert_eq!((page.contains(actions), page.contains(from_cache)), (is_first, !is_first));
        assert!(!page.contains("of the pipelines, "), "{page}");
    }
}
