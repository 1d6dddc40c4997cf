//! Every code that `audit` and `doctor` report has one check file and one entry in the docs, both
//! of its name.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;

use e2e::repository;
use findings::Catalog;

fn assert_documented(catalog: &Catalog, krate: &str) {
    let checks = repository().join("core").join(krate).join("src/checks");
    let codes: BTreeSet<String> =
        catalog.checks.iter().map(|check| check.code.to_owned()).collect();
    assert_eq!(codes.len(), catalog.checks.len(), "a code is there twice");
    let files: BTreeSet<String> = fs::read_dir(&checks)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|file| file != "mod")
        .map(|file| file.replace('_', "-"))
        .collect();
    assert_eq!(files, codes, "the files of {} and the codes", checks.display());
    let page = fs::read_to_string(repository().join(catalog.page)).unwrap();
    let anchors: BTreeSet<String> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    assert_eq!(anchors, codes, "the `###` headings of {} and the codes", catalog.page);
    for check in catalog.checks {
        let entry = format!("### {}\n\n*{}*", check.code, check.severity.as_str());
        assert!(page.contains(&entry), "{} has to say:\n{entry}", catalog.page);
    }
}

#[test]
fn every_audit_code_has_its_file_and_its_place_in_the_docs() {
    assert_documented(&audit::CATALOG, "audit");
}

#[test]
fn every_doctor_code_has_its_file_and_its_place_in_the_docs() {
    assert_documented(&doctor::CATALOG, "doctor");
}
