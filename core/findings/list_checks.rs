//! The build script of `audit` and `doctor`: lists the checks in `src/checks`.
//!
//! Every file there except `mod.rs` is a check and declares a constant `CHECK`. The list goes to
//! `OUT_DIR`, and `src/checks/mod.rs` includes it, so adding a check takes its file alone.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "this is how a build script talks to cargo"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src").join("checks");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<Result<Vec<PathBuf>, Box<dyn Error>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let (mut modules, mut checks) = (String::new(), Vec::new());
    for file in &files {
        let name = file.file_stem().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| *name != "mod") else { continue };
        modules += &format!("#[path = {file:?}]\nmod {name};\n");
        checks.push(format!("{name}::CHECK"));
    }
    let (count, checks) = (checks.len(), checks.join(", "));
    let list = format!("{modules}const CHECKS: [Check<Find>; {count}] = [{checks}];\n");
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("checks.rs"), list)?)
}
