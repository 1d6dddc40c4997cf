//! What the layout promises, read off the sources.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use e2e::repository;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn one_place_in_each_program_names_its_aws_sdk() {
    for program in ["lambda", "policygen", "emulator"] {
        let folder = repository().join(program).join("src");
        let names_it = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            ["aws_sdk_", "aws_config", "aws_smithy_", "aws_sigv4", "aws::sdk"]
                .iter()
                .any(|name| text.contains(name))
        };
        // A file `aws.rs`, or a folder `aws`.
        let place =
            |path: PathBuf| path.strip_prefix(&folder).unwrap().iter().next().map(PathBuf::from);
        let mut naming: Vec<PathBuf> =
            sources(&folder).into_iter().filter(names_it).filter_map(place).collect();
        naming.dedup();
        let [only] = naming.as_slice() else { panic!("{program}: {naming:?}") };
        assert_eq!(only.file_stem().unwrap(), "aws", "{program}");
    }
}

#[test]
fn the_pure_crates_touch_nothing() {
    for krate in ["core/rule", "core/iam"] {
        let folder = repository().join(krate).join("src");
        for path in sources(&folder) {
            let text = fs::read_to_string(&path).unwrap();
            for impure in [
                "std::fs",
                "std::env",
                "std::net",
                "std::io",
                "std::process",
                "std::time",
                "Timestamp::now",
                "tokio",
                "aws_",
            ] {
                assert!(!text.contains(impure), "{} has {impure}", path.display());
            }
        }
    }
}

#[test]
fn one_function_counts_persons() {
    let callers = |text: &str| text.matches("same_human(").count();
    let counting: Vec<(PathBuf, usize)> = sources(&repository().join("core/rule/src"))
        .into_iter()
        .map(|path| (path.clone(), callers(&fs::read_to_string(path).unwrap())))
        .filter(|(_, count)| *count > 0)
        .collect();
    // Its definition and its one use.
    assert_eq!(counting, [(repository().join("core/rule/src/person.rs"), 2)]);
}

/// The book's tables are what people look up: every key and every reason has its row.
#[test]
fn the_book_lists_every_key_and_every_reason() {
    let page = |name: &str| fs::read_to_string(repository().join("docs").join(name)).unwrap();
    let reference = page("reference.md");
    for code in rule::ReasonCode::ALL {
        let row = format!("| [`{code}`](reasons.md#{code}) |");
        assert!(reference.contains(&row), "docs/reference.md lacks {row}");
    }
    let gate = page("gate.md");
    let unknown = rule::Rule::floor(r#"{"x": 1}"#).unwrap_err().to_string();
    let keys = unknown.split_once("expected one of ").unwrap().1.split_once(" at line").unwrap().0;
    assert_eq!(keys.split(", ").count(), 13, "{keys}");
    for key in keys.split(", ") {
        assert!(gate.contains(&format!("| {key} ")), "docs/gate.md lacks the key {key}");
    }
}

/// The text between backticks, outside code blocks.
fn in_backticks(markdown: &str) -> Vec<&str> {
    let prose = markdown.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

/// Whether the text in backticks is a path of the repository, and not a key, an ARN or a command.
fn is_path(text: &str) -> bool {
    let is_file = [".md", ".toml", ".rs"].iter().any(|extension| text.ends_with(extension));
    (text.contains('/') || is_file) && !text.contains([' ', ':', '*', '='])
}

/// Contributors follow these pages by their paths, so each path exists. `CODE` stands for any code.
#[test]
fn every_path_that_the_pages_for_contributors_name_exists() {
    let adr = fs::read_dir(repository().join("docs/adr")).unwrap();
    let adr = adr.map(|entry| format!("docs/adr/{}", entry.unwrap().file_name().display()));
    let pages = ["ARCHITECTURE.md", "CONTRIBUTING.md"].into_iter().map(str::to_owned).chain(adr);
    for page in pages {
        let text = fs::read_to_string(repository().join(&page)).unwrap();
        let paths: Vec<&str> = in_backticks(&text).into_iter().filter(|text| is_path(text)).collect();
        assert!(page != "ARCHITECTURE.md" || paths.len() > 30, "{paths:?}");
        for path in paths {
            let place = Path::new(path);
            let stands_for_any = path.contains("CODE");
            let place = if stands_for_any { place.parent().unwrap() } else { place };
            assert!(repository().join(place).exists(), "{page} names {path}");
        }
    }
}

/// The last column but one of SECURITY.md names the tests that show what it promises.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let repository = repository();
    let mut tests = String::new();
    for folder in ["core", "lambda", "policygen", "emulator", "tests"] {
        for path in sources(&repository.join(folder)) {
            tests.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    for entry in fs::read_dir(repository.join("tests/conformance")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "py") {
            tests.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let is_test = |name: &str| {
        tests.contains(&format!("\ndef {name}("))
            || tests.match_indices(&format!("fn {name}(")).any(|(at, _)| {
                let above = tests.get(..at).unwrap().lines().rev().skip(1).take(4);
                above.take_while(|line| !line.trim().is_empty()).any(|line| {
                    let line = line.trim();
                    line.starts_with("#[") && line.contains("test")
                })
            })
    };
    let security = fs::read_to_string(repository.join("SECURITY.md")).unwrap();
    let rows = security.lines().filter(|line| line.starts_with("| ")).skip(1);
    for row in rows {
        let [_, attacker, _, _, shown_by, _, _] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("SECURITY.md has a row that is not of five columns: {row}");
        };
        let names = in_backticks(shown_by);
        assert!(!names.is_empty(), "no test for:{attacker}");
        for name in names {
            assert!(is_test(name), "SECURITY.md names the test `{name}`, for:{attacker}");
        }
    }
}
