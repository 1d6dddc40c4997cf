//! Files of one crate that use each other in a circle have to be read together. There is at most
//! one such circle in the workspace.
//!
//! A parent module and its own children may use each other: that is not a circle.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use e2e::repository;

/// The path of a module, without `crate`. The root is empty.
type Module = Vec<String>;

/// The code of one module.
#[derive(Default)]
struct Code {
    /// The names that it imports or exports, with the paths after `use`.
    imports: BTreeMap<String, Vec<String>>,
    /// The paths that it uses.
    paths: Vec<Vec<String>>,
}

/// A crate, by its modules.
struct Crate(BTreeMap<Module, Code>);

impl Crate {
    fn read(source: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let mut folders = vec![source.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let Some(file) = path.to_str().and_then(|path| path.strip_suffix(".rs")) else {
                    continue;
                };
                let file = Path::new(file).strip_prefix(source).unwrap();
                let mut module: Module =
                    file.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
                module.pop_if(|last| ["mod", "lib"].contains(&last.as_str()));
                if !module.iter().any(|part| ["tests", "testing", "main"].contains(&&**part)) {
                    modules.insert(module, Code::read(&fs::read_to_string(&path).unwrap()));
                }
            }
        }
        Self(modules)
    }

    /// The module that defines the last name of a path.
    fn find(&self, from: &[String], path: &[String]) -> Option<Module> {
        let (mut base, mut rest) = (from, path);
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "super" => base = base.split_last()?.1,
                "self" => {}
                "crate" => base = &[],
                _ => break,
            }
            rest = after;
        }
        let mut whole = [base, rest].concat();
        let is_of_crate = rest.len() < path.len() || self.0.contains_key(whole.get(..=base.len())?);
        if !is_of_crate {
            return None;
        }
        let mut names = Vec::new();
        while !self.0.contains_key(&whole) {
            names.insert(0, whole.pop()?);
        }
        match names.first().and_then(|name| self.0[&whole].imports.get(name)) {
            Some(import) => self.find(&whole, import),
            None => Some(whole),
        }
    }

    /// The modules that a module uses, except its parents and its children.
    fn used(&self, module: &Module) -> BTreeSet<Module> {
        let found = self.0[module].paths.iter().filter_map(|path| self.find(module, path));
        found.filter(|used| !used.starts_with(module) && !module.starts_with(used)).collect()
    }

    fn circles(&self) -> BTreeSet<BTreeSet<Module>> {
        let reached = |module: &Module| {
            let mut reached = BTreeSet::new();
            let mut left = vec![module.clone()];
            while let Some(module) = left.pop() {
                left.extend(self.used(&module).into_iter().filter(|it| reached.insert(it.clone())));
            }
            reached
        };
        let reached: BTreeMap<&Module, BTreeSet<Module>> =
            self.0.keys().map(|module| (module, reached(module))).collect();
        let circle = |module: &&Module| {
            let others = reached[*module].iter();
            others.filter(|other| reached[other].contains(*module)).cloned().collect()
        };
        let circles: BTreeSet<BTreeSet<Module>> = self.0.keys().map(|it| circle(&it)).collect();
        circles.into_iter().filter(|circle| !circle.is_empty()).collect()
    }
}

impl Code {
    fn read(text: &str) -> Self {
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let text: String =
            text.lines().flat_map(|line| [line.split("//").next().unwrap(), "\n"]).collect();
        let mut code = Self::default();
        for statement in text.split(';') {
            let (start, import) = statement.rsplit_once("use ").unwrap_or((statement, ""));
            let line = start.rsplit('\n').next().unwrap().trim();
            // In a message, other characters follow the word.
            let is_import = import.chars().all(|c| c.is_alphanumeric() || "_:{},* \n".contains(c));
            let is_statement = line.is_empty() || line.starts_with("pub");
            if import.is_empty() || !is_import || !is_statement {
                code.paths.extend(paths(statement));
                continue;
            }
            code.paths.extend(paths(start));
            for path in expand(import) {
                if line.is_empty() {
                    code.paths.push(path.clone());
                }
                code.imports.insert(path.last().unwrap().clone(), path);
            }
        }
        code
    }
}

/// The paths in an expression, e.g. `super::name`.
fn paths(text: &str) -> impl Iterator<Item = Vec<String>> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let paths = words.filter(|word| word.contains("::"));
    paths.map(|path| path.split("::").map(str::to_owned).collect())
}

/// The paths of an import: two for `a::{b, c as d}`.
fn expand(tree: &str) -> Vec<Vec<String>> {
    let names = |path: &str| -> Vec<String> {
        let path = path.split(" as ").next().unwrap();
        path.split("::")
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    let Some((start, group)) = tree.split_once('{') else {
        return vec![names(tree)];
    };
    let group = group.rsplit_once('}').unwrap().0;
    let mut depth = 0;
    let parts = group.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty());
    parts.flat_map(expand).map(|rest| [names(start), rest].concat()).collect()
}

#[test]
fn files_use_each_other_in_at_most_one_circle() {
    let core = fs::read_dir(repository().join("core")).unwrap().map(|entry| entry.unwrap().path());
    let others = [
        "facts",
        "lambda",
        "desk",
        "policygen",
        "emulator",
        "relay",
        "reviews",
        "job",
        "tests/kit",
        "tests/e2e",
    ];
    let folders = core.chain(others.map(|folder| repository().join(folder)));
    let sources = folders.map(|folder| folder.join("src")).filter(|source| source.is_dir());
    let circles: Vec<_> =
        sources.map(|source| (source.clone(), Crate::read(&source).circles())).collect();
    let count: usize = circles.iter().map(|(_, circles)| circles.len()).sum();
    assert!(
        count <= 1,
        "{:#?}",
        circles.iter().filter(|(_, it)| !it.is_empty()).collect::<Vec<_>>()
    );
}

#[test]
fn a_circle_is_found_through_imports_paths_and_exports() {
    let folder = tempfile::tempdir().unwrap();
    let circles = |files: &[(&str, &str)]| {
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Crate::read(folder.path()).circles()
    };
    let module = |path: &str| -> Module { path.split("::").map(str::to_owned).collect() };
    let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\npub use c::{d::D, E};\n");
    let apart = [
        lib,
        ("a.rs", "use crate::{b::B as _, E};\n// use crate::c;\n"),
        (
            "b.rs",
            "use std::fmt;\nfn b() { fmt::a(); }\n#[cfg(test)]\nmod tests { use crate::a; }\n",
        ),
        ("c/mod.rs", "mod d;\nfn c() { d::f(); }\n"),
        ("c/d.rs", "use super::c;\n"),
    ];
    assert_eq!(circles(&apart), BTreeSet::new());
    let through_a_path = [("b.rs", "fn b() -> u8 { super::a::f() }\n")];
    let [a, b] = ["a", "b"].map(module);
    assert_eq!(circles(&through_a_path), [[a.clone(), b].into()].into());
    let through_an_export =
        [("b.rs", ""), ("a.rs", "use crate::D;\n"), ("c/d.rs", "use super::super::a::{A, B};\n")];
    assert_eq!(circles(&through_an_export), [[a, module("c::d")].into()].into());
}
