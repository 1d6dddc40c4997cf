//! The functions that `emulator serve` runs in addition to the gate, and their secrets.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use names::FunctionName;

use super::gate_files::runnable;
use crate::server::{Function, Secrets, is_reserved, is_variable_name};

/// The options that describe functions and their secrets.
#[derive(Debug, clap::Args)]
pub(super) struct FunctionArgs {
    /// Another function, with the program that runs as it, such as a built `bootstrap`; repeatable
    #[arg(long = "function", value_name = "NAME=PROGRAM", value_parser = program)]
    programs: Vec<(FunctionName, PathBuf)>,
    /// Environment variable of a function of --function; repeatable
    #[arg(
        long = "function-env",
        value_name = "NAME:VARIABLE=VALUE",
        value_parser = variable,
        requires = "programs"
    )]
    variables: Vec<Variable>,
    /// Secret of Secrets Manager that functions can read, with the file that has its text;
    /// repeatable
    #[arg(long = "secret", value_name = "NAME=FILE", value_parser = secret)]
    secrets: Vec<(String, PathBuf)>,
    /// Seconds after which an invocation ends, at the latest [default: 30 in the gate, 300 in other
    /// functions]
    #[arg(long = "function-timeout", value_name = "SECONDS", value_parser = timeout)]
    timeout: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Variable {
    function: FunctionName,
    name: String,
    value: String,
}

/// Why the functions cannot be run.
#[derive(Debug, thiserror::Error)]
pub(super) enum FunctionsError {
    #[error("--function gives `{0}` two programs; give each function one")]
    Twice(FunctionName),
    #[error(
        "the function `{name}` cannot be run: `{}` ({problem}); give --function a program for this \
         machine, such as a built `bootstrap`",
        path.display()
    )]
    Program { name: FunctionName, path: PathBuf, problem: io::Error },
    #[error("--function-env is for `{0}`, and no --function has that name")]
    Unknown(FunctionName),
    #[error("Lambda sets `{0}` itself; leave it out of --function-env")]
    Reserved(String),
    #[error("--secret gives `{0}` two files; give each secret one")]
    SecretTwice(String),
    #[error("the file `{}` of the secret `{name}` cannot be read ({problem}); check the path", path.display())]
    Secret { name: String, path: PathBuf, problem: io::Error },
}

impl FunctionArgs {
    /// Reads the options. Every program has been started once.
    pub(super) fn read(&self) -> Result<Vec<Function>, FunctionsError> {
        let mut functions: BTreeMap<&FunctionName, Function> = BTreeMap::new();
        for (name, path) in &self.programs {
            let broken = |problem| FunctionsError::Program {
                name: name.clone(),
                path: path.clone(),
                problem,
            };
            let program = runnable(path).map_err(broken)?;
            let function = Function { name: name.clone(), program, variables: BTreeMap::new() };
            if functions.insert(name, function).is_some() {
                return Err(FunctionsError::Twice(name.clone()));
            }
        }
        for Variable { function, name, value } in &self.variables {
            if is_reserved(name) {
                return Err(FunctionsError::Reserved(name.clone()));
            }
            let unknown = || FunctionsError::Unknown(function.clone());
            let known = functions.get_mut(function).ok_or_else(unknown)?;
            known.variables.insert(name.clone(), value.clone());
        }
        Ok(functions.into_values().collect())
    }

    /// The time that an invocation may take.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Reads the files of the secrets. A line break at the end of a file is not part of its text.
    pub(super) fn secrets(&self) -> Result<Secrets, FunctionsError> {
        let mut secrets = Secrets::default();
        for (name, path) in &self.secrets {
            let text = std::fs::read_to_string(path).map_err(|problem| FunctionsError::Secret {
                name: name.clone(),
                path: path.clone(),
                problem,
            })?;
            if !secrets.add(name, text.trim_end_matches(['\r', '\n']).to_owned()) {
                return Err(FunctionsError::SecretTwice(name.clone()));
            }
        }
        Ok(secrets)
    }
}

fn program(text: &str) -> Result<(FunctionName, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("write NAME=PROGRAM")?;
    Ok((name.parse().map_err(|error: names::NameError| error.to_string())?, path.into()))
}

/// Lambda allows whole seconds up to 15 minutes (CreateFunction, `Timeout`).
fn timeout(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (1..=900).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "write a whole number of seconds from 1 to 900".to_owned())
}

/// Names have letters, digits and `/_+=.@-` (Secrets Manager API reference, CreateSecret). Here a
/// `=` ends the name.
fn secret(text: &str) -> Result<(String, PathBuf), String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/_+.@-".contains(letter);
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty() && name.chars().all(plain))
        .map(|(name, path)| (name.to_owned(), path.into()))
        .ok_or_else(|| "write NAME=FILE, with a name of letters, digits and `/_+.@-`".to_owned())
}

fn variable(text: &str) -> Result<Variable, String> {
    let (function, (name, value)) = text
        .split_once(':')
        .and_then(|(function, variable)| Some((function, variable.split_once('=')?)))
        .filter(|(_, (name, _))| is_variable_name(name))
        .ok_or(
            "write NAME:VARIABLE=VALUE, with a variable of two or more letters, digits and `_`",
        )?;
    let function = function.parse().map_err(|error: names::NameError| error.to_string())?;
    Ok(Variable { function, name: name.to_owned(), value: value.to_owned() })
}
