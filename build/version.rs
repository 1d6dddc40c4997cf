//! Build script of the programs that say which version they are: sets `TWO_PERSON_RULE_VERSION` to
//! the version of the package, and the commit if it is known: `0.1.0 (1234567890ab)`.
//!
//! The commit comes from `TWO_PERSON_RULE_COMMIT`, or from the files of the repository. Git itself
//! is not needed, and a source tree without a repository builds without a commit.

#![expect(clippy::print_stdout, reason = "Cargo reads what a build script prints")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The number of characters of a commit that are shown.
const SHORT: usize = 12;
const VARIABLE: &str = "TWO_PERSON_RULE_COMMIT";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let package = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let given = env::var(VARIABLE).ok();
    let commit = given.or_else(commit).filter(|commit| is_commit(commit));
    let version = match commit.as_deref().and_then(|commit| commit.get(..SHORT)) {
        Some(commit) => format!("{package} ({commit})"),
        None => package,
    };
    println!("cargo::rustc-env=TWO_PERSON_RULE_VERSION={version}");
}

fn is_commit(text: &str) -> bool {
    text.len() >= SHORT && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The commit that is checked out, if this is a repository.
fn commit() -> Option<String> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").ok()?).parent()?.to_owned();
    let git = git_directory(&root.join(".git"))?;
    let head = watched(&git.join("HEAD"))?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else {
        return Some(head.trim().to_owned());
    };
    // A worktree has its own HEAD, and shares the references.
    let shared = fs::read_to_string(git.join("commondir"));
    let common = shared.map_or_else(|_| git.clone(), |path| git.join(path.trim()));
    if let Some(commit) = watched(&common.join(reference)) {
        return Some(commit.trim().to_owned());
    }
    let packed = watched(&common.join("packed-refs"))?;
    let line = packed.lines().find(|line| line.ends_with(&format!(" {reference}")))?;
    Some(line.split(' ').next()?.to_owned())
}

/// The directory that `.git` is, or that the file `.git` names.
fn git_directory(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_owned());
    }
    let text = fs::read_to_string(path).ok()?;
    Some(path.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

/// Reads a file, and builds again if it changes.
fn watched(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    Some(text)
}
