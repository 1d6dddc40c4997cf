//! What a report says about itself: when, by which program and from what it was made.

use jiff::Timestamp;

/// Where a report comes from. The program that reads the files and asks AWS knows it.
#[derive(Clone, Debug)]
pub struct Cover {
    /// When the report was made.
    pub made_at: Timestamp,
    /// The version of the program, with its commit if that is known.
    pub version: String,
    /// The rule that the executions were judged by.
    pub rule: RuleSource,
    /// The region that the user or the connection named.
    pub region: Option<String>,
    /// The gate's function, as it was given.
    pub gate: String,
    /// Whether CloudTrail's events were asked for.
    pub asked_trail: bool,
    /// Everything that was read, in the order of reading.
    pub sources: Vec<Source>,
}

/// The rule of a report, as somebody wrote it.
#[derive(Clone, Debug)]
pub struct RuleSource {
    /// The file, or `None` if no rule was given and the default rule applies.
    pub file: Option<String>,
    /// Its JSON.
    pub json: String,
}

/// Something that was read.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file.
    File {
        /// Its path, as it was given.
        path: String,
        /// What it is for.
        role: Role,
        /// The SHA-256 of its bytes as they are on disk, in hexadecimal.
        sha256: String,
        /// Its size on disk.
        bytes: u64,
    },
    /// What earlier runs have read.
    Cache {
        /// The directory, as it was given.
        path: String,
        /// The number of executions that were not asked for again.
        executions: usize,
    },
    /// Calls to AWS.
    Calls {
        /// The operation, for example `codepipeline:ListPipelineExecutions`.
        operation: &'static str,
        /// The number of requests. Each page of a list is one.
        requests: usize,
        /// The number of entries in all replies.
        entries: usize,
    },
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A list of executions or of action executions.
    History,
    /// The rule.
    Rule,
    /// The snapshot of the account.
    Account,
    /// CloudTrail's events.
    CloudTrail,
    /// The exceptions that somebody accepts.
    Accept,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::History, Self::Rule, Self::Account, Self::CloudTrail, Self::Accept];

    /// The option that names such a file, without its dashes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::History => "input",
            Self::Rule => "rule",
            Self::Account => "account-file",
            Self::CloudTrail => "cloudtrail-file",
            Self::Accept => "accept",
        }
    }
}

/// The limits that every report has, one sentence each.
pub const LIMITS: [&str; 4] = [
    "All executions are judged by the rule above. CodePipeline does not keep the rule of the time. \
     Only a gate that reports the digest of its rule shows that it had the same one.",
    "What ran before the gate is not judged. A pipeline that deploys first and asks later has \
     approved releases.",
    "CodePipeline keeps its history for 12 months, and it is believed about who approved unless \
     the rule requires signatures.",
    "CodePipeline notices an answer up to 35 seconds after it is given. Times are UTC.",
];
