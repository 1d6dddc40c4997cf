//! The rules of the layout, checked in the sources and the dependencies.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::repository;
use serde::Deserialize;

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
    for program in ["facts", "job", "lambda", "desk", "reviews", "policygen", "relay", "emulator"] {
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

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

fn metadata() -> Metadata {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--locked", "--offline"]);
    let output = cargo.current_dir(repository()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// No crate under core/ reaches an SDK, an async runtime, a network or a terminal, through any
/// dependency. `core/clippy.toml` forbids the impure functions of `std` and `jiff`.
#[test]
fn no_core_crate_depends_on_the_outside() {
    const OUTSIDE: [&str; 14] = [
        "async-std",
        "axum",
        "hyper",
        "indicatif",
        "lambda_runtime",
        "mio",
        "openssl",
        "reqwest",
        "rustls",
        "smol",
        "socket2",
        "tempfile",
        "tokio",
        "ureq",
    ];
    let Metadata { packages, resolve } = metadata();
    let names: BTreeMap<&str, &str> =
        packages.iter().map(|package| (&*package.id, &*package.name)).collect();
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|node| (&*node.id, node)).collect();
    // What a crate is built from: not the dependencies of its tests.
    let direct = |id: &str| {
        let built = |dependency: &&Dependency| {
            dependency.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
        };
        nodes[id].deps.iter().filter(built).map(|dependency| &*dependency.pkg)
    };
    let core = repository().join("core");
    let mut checked = BTreeSet::new();
    for package in packages.iter().filter(|package| package.manifest_path.starts_with(&core)) {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut left: Vec<&str> = direct(&package.id).collect();
        while let Some(id) = left.pop() {
            if reached.insert(id) {
                left.extend(direct(id));
            }
        }
        let reached: BTreeSet<&str> = reached.into_iter().map(|id| names[id]).collect();
        let outside: Vec<&&str> = reached
            .iter()
            .filter(|name| name.starts_with("aws-") || OUTSIDE.contains(*name))
            .collect();
        assert!(outside.is_empty(), "{} reaches {outside:?}", package.name);
        assert!(reached.contains("serde"), "{} reaches only {reached:?}", package.name);
        // Clippy would read this one in place of `core/clippy.toml`.
        assert!(!package.manifest_path.with_file_name("clippy.toml").exists(), "{}", package.name);
        checked.insert(&*package.name);
    }
    let folders = fs::read_dir(&core).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(checked.len(), folders.filter(|path| path.is_dir()).count(), "{checked:?}");
}

/// Schemas are for editors. What runs in Lambda reads rules without the library that makes them.
#[test]
fn no_program_in_lambda_carries_the_schemas() {
    let tree = |package: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["tree", "--edges=normal", "--prefix=none", "--locked", "--offline", "-p"]);
        let output = cargo.arg(package).current_dir(repository()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for program in ["lambda", "reviews", "relay", "desk"] {
        let tree = tree(program);
        assert!(tree.contains("serde_json v"), "{program}: {tree}");
        assert!(!tree.contains("schemars v"), "{program}: {tree}");
    }
    assert!(tree("policygen").contains("schemars v"));
}

#[test]
fn one_function_counts_persons() {
    let callers = |text: &str| text.matches("take_joined(").count();
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
    assert_eq!(keys.split(", ").count(), 20, "{keys}");
    for key in keys.split(", ") {
        assert!(gate.contains(&format!("| {key} ")), "docs/gate.md lacks the key {key}");
    }
}

/// The text between backticks, outside code blocks.
fn in_backticks(markdown: &str) -> Vec<&str> {
    let prose = markdown.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

/// The source files that the pictures of a page name.
fn in_pictures(markdown: &str) -> impl Iterator<Item = &str> {
    let pictures = markdown.split("```").skip(1).step_by(2);
    pictures.flat_map(str::split_whitespace).filter(|word| word.ends_with(".rs"))
}

/// Whether the text in backticks is a path of the sources, and not a key, an ARN or a command.
fn is_path(text: &str) -> bool {
    let is_file = [".md", ".toml", ".rs"].iter().any(|extension| text.ends_with(extension));
    let is_built = text.starts_with("target/");
    (text.contains('/') || is_file) && !is_built && !text.contains([' ', ':', '*', '='])
}

fn page(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap()
}

/// Contributors follow these pages by their paths, so each path exists. `CODE` stands for any code.
#[test]
fn every_path_that_the_pages_for_contributors_name_exists() {
    let adr = fs::read_dir(repository().join("docs/adr")).unwrap();
    let adr = adr.map(|entry| format!("docs/adr/{}", entry.unwrap().file_name().display()));
    let pages = ["ARCHITECTURE.md", "CONTRIBUTING.md"].into_iter().map(str::to_owned).chain(adr);
    for name in pages {
        let text = page(&name);
        let mut paths: Vec<&str> =
            in_backticks(&text).into_iter().filter(|text| is_path(text)).collect();
        paths.extend(in_pictures(&text));
        assert!(name != "ARCHITECTURE.md" || paths.len() > 60, "{paths:?}");
        for path in paths {
            let place = Path::new(path);
            let stands_for_any = path.contains("CODE");
            let place = if stands_for_any { place.parent().unwrap() } else { place };
            assert!(repository().join(place).exists(), "{name} names {path}");
        }
    }
}

/// The table of ARCHITECTURE.md has every crate, with the crates of ours that it depends on.
#[test]
fn the_table_of_crates_is_that_of_the_manifests() {
    let text = page("ARCHITECTURE.md");
    let rows: BTreeMap<&str, BTreeSet<&str>> = text
        .lines()
        .filter_map(|line| match line.split('|').collect::<Vec<_>>()[..] {
            [_, folder, _, depends_on, _] => Some((folder, depends_on)),
            _ => None,
        })
        .filter_map(|(folder, depends_on)| {
            let folder = folder.trim().strip_prefix('`')?.strip_suffix('`')?;
            Some((folder, in_backticks(depends_on).into_iter().collect()))
        })
        .collect();
    let root = repository();
    let in_core = fs::read_dir(root.join("core")).unwrap();
    let in_core = in_core.map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let in_core = in_core.map(|entry| format!("core/{}", entry.file_name().display()));
    let others = [
        "facts",
        "job",
        "manual",
        "lambda",
        "desk",
        "reviews",
        "policygen",
        "relay",
        "emulator",
        "fuzz",
        "tests/kit",
        "tests/e2e",
    ]
    .map(str::to_owned);
    let folders: BTreeSet<String> = in_core.chain(others).collect();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), folders.iter().collect::<Vec<_>>());
    let ours: BTreeSet<&str> =
        folders.iter().map(|folder| folder.rsplit('/').next().unwrap()).collect();
    for (folder, depends_on) in rows {
        let manifest = page(&format!("{folder}/Cargo.toml"));
        let section = manifest.split_once("\n[dependencies]\n").map_or("", |(_, rest)| rest);
        let section = section.split("\n[").next().unwrap();
        let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        let names: BTreeSet<&str> = names.filter(|name| ours.contains(name)).collect();
        assert_eq!(depends_on, names, "ARCHITECTURE.md says what {folder} depends on");
    }
}

/// Whether the sources have a test of this name, in Rust or in Python.
fn is_test(sources: &str, name: &str) -> bool {
    sources.contains(&format!("\ndef {name}("))
        || sources.match_indices(&format!("fn {name}(")).any(|(at, _)| {
            let above = sources.get(..at).unwrap().trim_end_matches("async ");
            let attributes = above.lines().rev().map(str::trim).skip_while(|line| line.is_empty());
            let mut attributes = attributes.take_while(|line| !line.is_empty()).take(4);
            attributes.any(|line| line.starts_with("#[") && line.contains("test"))
        })
}

/// The number of tests that a cell of a table links, as ``[`name`](path)``. Each is in that file.
fn linked_tests(cell: &str, folder: &str, claim: &str) -> usize {
    let links: Vec<&str> = cell.split("[`").skip(1).collect();
    assert!(!links.is_empty(), "no test is linked for:{claim}");
    assert_eq!(in_backticks(cell).len(), links.len(), "a name without a link, for:{claim}");
    for link in &links {
        let linked = link.split_once(&format!("`]({folder}")).and_then(|(name, rest)| {
            let (path, _) = rest.split_once(')')?;
            Some((name, path))
        });
        let Some((name, path)) = linked else { panic!("no link to a test: {link}") };
        assert!(is_test(&page(path), name), "{path} has no test `{name}`, for:{claim}");
    }
    links.len()
}

/// The column "test" of SECURITY.md links the tests that show what the row promises.
#[test]
fn every_row_of_the_threat_model_links_its_tests() {
    let text = page("SECURITY.md");
    let mut rows = text.lines().filter(|line| line.starts_with("| "));
    assert!(rows.next().unwrap().starts_with("| attacker "));
    let mut shown = 0;
    for row in rows {
        let [_, attacker, _, _, shown_by, _, _] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("SECURITY.md has a row that does not have five columns: {row}");
        };
        shown += linked_tests(shown_by, "", attacker);
    }
    assert!(shown > 100, "{shown} links");
    let here = page("tests/e2e/tests/architecture.rs");
    assert!(!is_test(&here, "is_test") && !is_test(&here, "no_such_test"));
}

/// The claims of docs/production.md link the tests that show them: by file and name.
#[test]
fn every_claim_about_production_links_its_tests() {
    let text = page("docs/production.md");
    let mut tables = 0;
    let mut shown = 0;
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let [_, claim, shown_by, _] = row.split('|').collect::<Vec<_>>()[..] else { continue };
        if shown_by.trim() == "shown by" {
            tables += 1;
            continue;
        }
        shown += linked_tests(shown_by, "../", claim);
    }
    assert!(tables == 2 && shown > 40, "{tables} tables, {shown} links");
}
