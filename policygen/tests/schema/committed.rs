//! `docs/schema` and what else is generated from the schemas.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

pub(crate) const NAMES: [&str; 4] = ["rule", "approvers", "decision", "finding"];

pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap()
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_str(&text(&format!("docs/schema/{name}.json"))).unwrap()
}

#[test]
fn the_committed_schemas_are_what_the_program_prints() {
    for name in NAMES {
        let mut policygen = Command::new(env!("CARGO_BIN_EXE_policygen"));
        let output = policygen.args(["schema", name]).env_clear().output().unwrap();
        assert!(output.status.success(), "{name}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let path = format!("docs/schema/{name}.json");
        assert_eq!(text(&path), printed, "{path} is old: run policygen/schema.py");
    }
}

#[test]
fn every_schema_says_which_dialect_it_is_and_where_it_belongs() {
    for name in NAMES {
        let schema = json(name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let id = format!("{}/schema/{name}.json", env!("CARGO_PKG_REPOSITORY"));
        assert_eq!(schema["$id"], id);
    }
}

/// Nothing of Rust is left in what other languages read.
#[test]
fn no_schema_speaks_of_rust() {
    for name in NAMES {
        let text = json(name).to_string();
        for word in ["uint", "int32", "int64", "[`", "usize", "None", "Option<"] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
}

/// The Terraform module refuses an unknown key before the gate does.
#[test]
fn the_terraform_module_knows_every_key_of_the_rule() {
    let variables = text("templates/terraform/gate/variables.tf");
    let (_, list) = variables.split_once("setsubtract(keys(var.rule), [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let listed: Vec<&str> = list.split(',').map(|it| it.trim().trim_matches('"')).collect();
    let listed: Vec<&str> = listed.into_iter().filter(|it| !it.is_empty()).collect();
    let rule = json("rule");
    let keys: Vec<&str> = rule["properties"].as_object().unwrap().keys().map(|it| &**it).collect();
    assert_eq!(listed, keys, "run policygen/schema.py");
}
