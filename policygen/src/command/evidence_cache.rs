//! `--cache DIR`: the executions of a pipeline that earlier runs have read, a file each, under
//! `ACCOUNT/REGION/PIPELINE`.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use evidence::history::{ActionExecution, PipelineExecution};
use evidence::kept::{Memory, Unusable, actions_of, entry};
use generate::File;
use jiff::Timestamp;
use names::Arn;

use crate::files;
use crate::output;

/// The executions of one pipeline that earlier runs have read. Without a directory it is empty and
/// keeps nothing.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    directory: Option<PathBuf>,
    pipeline_arn: String,
    now: Timestamp,
    /// The first problem with writing. One note is enough.
    problem: RefCell<Option<String>>,
}

impl Cache {
    /// The cache of the pipeline with this ARN. If its account or region is not known, nothing is
    /// cached: pipelines of other accounts have the same names.
    pub(crate) fn new(root: Option<&Path>, arn: Option<&str>, now: Timestamp) -> Self {
        let pipeline_arn = arn.unwrap_or_default().to_owned();
        let place = arn
            .and_then(Arn::parse)
            .map(|arn| [arn.account, arn.region, arn.resource].map(str::to_owned));
        // A pipeline may be called `..`.
        let place = place.filter(|place| place.iter().all(|name| is_folder(name)));
        let directory = root.zip(place).map(|(root, place)| root.join(place.join("/")));
        Self { directory, pipeline_arn, now, problem: RefCell::default() }
    }

    /// Says what could not be written.
    pub(crate) fn finish(self) {
        if let Some(problem) = self.problem.into_inner() {
            output::print_warning(&format!("the cache is not complete: {problem}"));
        }
    }

    fn path(&self, execution: &PipelineExecution) -> Option<PathBuf> {
        let directory = self.directory.as_ref().filter(|_| is_folder(&execution.id))?;
        Some(directory.join(format!("{}.json", execution.id)))
    }
}

/// Whether a name can be one of a folder or a file, and of nothing above it.
fn is_folder(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "@-_.".contains(c))
        && name.chars().any(|c| c != '.')
}

impl Memory for Cache {
    fn recall(&self, execution: &PipelineExecution) -> Option<Vec<ActionExecution>> {
        let path = self.path(execution)?;
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => None,
            Ok(bytes) => String::from_utf8(bytes).ok(),
        };
        match text
            .map_or(Err(Unusable::Damaged), |text| actions_of(&text, &self.pipeline_arn, execution))
        {
            Ok(actions) => Some(actions),
            Err(Unusable::Outdated) => None,
            Err(Unusable::Damaged) => {
                output::print_note(&format!(
                    "`{}` of the cache is damaged, so AWS was asked again",
                    path.display()
                ));
                None
            }
        }
    }

    fn keep(&self, execution: &PipelineExecution, actions: &[ActionExecution]) {
        let Some((directory, path)) = self.directory.as_ref().zip(self.path(execution)) else {
            return;
        };
        let Some(text) = entry(&self.pipeline_arn, execution, actions, self.now) else { return };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let file = File { name: name.unwrap_or_default(), text, executable: false };
        if let Err(error) = files::write(directory, &[file]) {
            self.problem.borrow_mut().get_or_insert(names::with_sources(&error));
        }
    }
}
