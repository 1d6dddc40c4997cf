//! The kept inputs of the targets, without a fuzzer.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Inputs that once failed, or that reach what nothing else reaches.
#[test]
fn what_must_hold_holds_for_every_kept_input() {
    let mut checked = 0;
    let kept = names(&folder("corpus"));
    for (name, check) in TARGETS.iter().filter(|(name, _)| kept.contains(*name)) {
        let corpus = folder("corpus").join(name);
        for input in names(&corpus) {
            check(&fs::read(corpus.join(input)).unwrap());
            checked += 1;
        }
    }
    assert!(checked > TARGETS.len(), "{checked}");
}

#[test]
fn each_target_has_its_program_and_its_seeds() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let programs = names(&folder("fuzz_targets"));
    let programs: BTreeSet<String> =
        programs.iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(programs, targets);
    assert!(names(&folder("corpus")).is_subset(&targets));
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    let seeds = fs::read_to_string(folder("seeds.py")).unwrap();
    for target in &targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
        assert!(seeds.contains(&format!("\n    \"{target}\": ")), "{target}");
    }
}

/// Everybody who clones the repository gets them.
#[test]
fn the_kept_inputs_are_small() {
    let files = names(&folder("corpus")).into_iter().flat_map(|name| {
        let corpus = folder("corpus").join(name);
        names(&corpus).into_iter().map(move |input| corpus.join(input))
    });
    let bytes: u64 = files.map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(bytes < 200_000, "{bytes} bytes");
}
