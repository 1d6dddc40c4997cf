//! What the tests of `audit` and `doctor` share. Every defect is the sound fixture of its verb with
//! one change (a JSON Patch), in a file named after the finding that it must give.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::program::{Ran, fixture, policygen};

/// A verb that looks for findings in one file.
pub(crate) struct Checker {
    /// Also the name of its folder of fixtures, and of its page.
    verb: &'static str,
    /// The option that names the file.
    option: &'static str,
    /// The fixture in which nothing is wrong.
    sound: &'static str,
}

pub(crate) const AUDIT: Checker =
    Checker { verb: "audit", option: "--account-file", sound: "sound.json" };

pub(crate) const DOCTOR: Checker =
    Checker { verb: "doctor", option: "--pipeline-file", sound: "clean.json" };

/// A fixture of a defect, or of what only looks like one.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) why: String,
    /// The sound fixture with its defect.
    pub(crate) input: Value,
    pub(crate) findings: Vec<Expected>,
    arguments: Vec<String>,
    rule: Option<NamedTempFile>,
    config: Option<NamedTempFile>,
    function: Option<NamedTempFile>,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    why: String,
    #[serde(default)]
    arguments: Vec<String>,
    rule: Option<Value>,
    /// A configuration of `policygen generate`.
    config: Option<String>,
    /// What Lambda says about the gate's function.
    function: Option<Value>,
    defect: json_patch::Patch,
    findings: Vec<Expected>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) code: String,
    pub(crate) subject: String,
}

impl Case {
    /// What it is to be examined with, its files included.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let files =
            [("--rule", &self.rule), ("--config", &self.config), ("--gate-rule", &self.function)];
        for (option, file) in files {
            arguments.extend(file.iter().flat_map(|file| [option, text(file.path())]));
        }
        arguments
    }
}

impl Checker {
    fn fixture(&self, name: &str) -> PathBuf {
        fixture(&format!("{}/{name}", self.verb)).into()
    }

    pub(crate) fn sound(&self) -> Value {
        read(&self.fixture(self.sound))
    }

    pub(crate) fn patched(&self, patch: &json_patch::Patch) -> Value {
        let mut input = self.sound();
        json_patch::patch(&mut input, patch).unwrap_or_else(|error| panic!("{patch}: {error}"));
        input
    }

    /// The cases of a folder, by their names.
    pub(crate) fn cases(&self, folder: &str) -> Vec<Case> {
        let files = fs::read_dir(self.fixture(folder)).unwrap();
        let mut paths: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty());
        paths.iter().map(|path| self.read_case(path)).collect()
    }

    pub(crate) fn case(&self, folder: &str, name: &str) -> Case {
        self.read_case(&self.fixture(&format!("{folder}/{name}.json")))
    }

    fn read_case(&self, path: &Path) -> Case {
        let written: WrittenCase = read(path);
        assert!(!written.why.is_empty(), "{}", path.display());
        Case {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            why: written.why,
            input: self.patched(&written.defect),
            findings: written.findings,
            arguments: written.arguments,
            rule: written.rule.as_ref().map(file),
            config: written.config.as_deref().map(file_of),
            function: written.function.as_ref().map(file),
        }
    }

    /// Runs the verb on a file with this text, with further arguments.
    pub(crate) fn run_text(&self, input: &str, arguments: &[&str]) -> Ran {
        let input = file_of(input);
        let path = text(input.path());
        let mut ran = policygen(&[&[self.verb, self.option, path], arguments].concat());
        // The path is another one each time.
        ran.stdout = ran.stdout.replace(path, "FILE");
        ran
    }

    pub(crate) fn run(&self, input: &Value, arguments: &[&str]) -> Ran {
        self.run_text(&input.to_string(), arguments)
    }

    /// The same, and the report.
    pub(crate) fn examine(&self, input: &Value, arguments: &[&str]) -> (Ran, Value) {
        let ran = self.run(input, &[&["--format", "json"], arguments].concat());
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        (ran, report)
    }

    /// The same under a rule.
    pub(crate) fn examine_under(
        &self,
        rule: &Value,
        input: &Value,
        arguments: &[&str],
    ) -> (Ran, Value) {
        let rule = file(rule);
        self.examine(input, &[&["--rule", text(rule.path())], arguments].concat())
    }

    pub(crate) fn examine_case(&self, case: &Case, arguments: &[&str]) -> (Ran, Value) {
        self.examine(&case.input, &[case.arguments().as_slice(), arguments].concat())
    }

    /// Each defect gives its finding and no other, and each code of the verb's page has a defect.
    pub(crate) fn assert_defects_are_found(&self) {
        let mut covered = BTreeSet::new();
        for case in self.cases("defects") {
            let name = &case.name;
            let (ran, report) = self.examine_case(&case, &[]);
            assert_eq!(found(&report), case.findings, "{name}");
            let named = case.findings.iter().any(|finding| name.starts_with(&finding.code));
            assert!(named, "{name} is not named after what it gives");
            let errors = report["summary"]["errors"].as_u64().unwrap();
            let code = if errors > 0 { 10 } else { 0 };
            assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{name}");
            covered.extend(case.findings.into_iter().map(|finding| finding.code));
        }
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/{}.md", self.verb));
        let page = fs::read_to_string(page).unwrap();
        let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
        assert_eq!(
            covered,
            headings.map(str::to_owned).collect(),
            "a code without a defect, or without docs"
        );
    }

    /// What only looks like a defect gives nothing worse than its fixture says.
    pub(crate) fn assert_sound_cases_pass(&self) {
        for case in self.cases("sound") {
            let (ran, report) = self.examine_case(&case, &["--fail-on", "note"]);
            assert_eq!(found(&report), case.findings, "{}", case.name);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", case.name);
        }
    }

    /// Every defect as people see it: the words are the product.
    pub(crate) fn defects_in_words(&self) -> String {
        let cases = self.cases("defects");
        let words = cases.iter().map(|case| {
            let ran = self.run(&case.input, &case.arguments());
            format!("==== {}: {}\n{}", case.name, case.why, ran.stdout)
        });
        words.collect()
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let json = fs::read_to_string(path).unwrap();
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The findings of a report, sorted.
pub(crate) fn found(report: &Value) -> Vec<Expected> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<Expected> = findings
        .map(|finding| Expected {
            code: finding["code"].as_str().unwrap().to_owned(),
            subject: finding["subject"]["arn"].as_str().unwrap().to_owned(),
        })
        .collect();
    found.sort_by(|a, b| (&a.code, &a.subject).cmp(&(&b.code, &b.subject)));
    found
}

/// Their codes.
pub(crate) fn found_codes(report: &Value) -> Vec<String> {
    found(report).into_iter().map(|finding| finding.code).collect()
}

/// A report that is the same in every version of the program.
pub(crate) fn versionless(report: &str) -> String {
    let version = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    report.replace(&version, "\"semanticVersion\": \"VERSION\"")
}

pub(crate) fn file(content: &Value) -> NamedTempFile {
    file_of(&content.to_string())
}

pub(crate) fn file_of(content: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn days_from_now(days: i64) -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    now.date().checked_add(jiff::Span::new().days(days)).unwrap().to_string()
}
