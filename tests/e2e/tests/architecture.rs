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

/// The README's tables are what people look up: every key and every code has its row.
#[test]
fn the_readme_lists_every_key_and_every_reason() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    for code in rule::ReasonCode::ALL {
        let row = format!("| [`{code}`](docs/reasons.md#{code}) |");
        assert!(readme.contains(&row), "README lacks {row}");
    }
    let unknown = rule::Rule::floor(r#"{"x": 1}"#).unwrap_err().to_string();
    let keys = unknown.split_once("expected one of ").unwrap().1.split_once(" at line").unwrap().0;
    assert_eq!(keys.split(", ").count(), 13, "{keys}");
    for key in keys.split(", ") {
        assert!(readme.contains(&format!("| {key} ")), "README lacks the key {key}");
    }
}
