//! One pipeline of a report over several.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use findings::{Judged, Severity};
use jiff::Timestamp;
use names::{Arn, Partition};

use crate::answer::Tally;
use crate::cover::Source;
use crate::judge::exception::Exception;
use crate::read::Counts;
use crate::render::causes::causes;
use crate::report::Report;

/// Where a pipeline is. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The pipeline's name. `None` is every pipeline of the account and region.
    pub pipeline: Option<String>,
}

impl Place {
    /// The place of an ARN, with `*` for what is not known.
    pub(super) fn from_arn(arn: &str) -> Self {
        let known = |text: &str| Some(text.to_owned()).filter(|text| text != "*");
        let arn = Arn::parse(arn);
        Self {
            account: arn.as_ref().and_then(|arn| known(arn.account)),
            region: arn.as_ref().and_then(|arn| known(arn.region)),
            pipeline: arn.as_ref().and_then(|arn| known(arn.resource)),
        }
    }

    /// The ARN, with `*` for what is not known.
    pub fn arn(&self) -> String {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "*".to_owned());
        let (region, account) = (known(&self.region), known(&self.account));
        Arn {
            partition: Partition::from_region(&region).map_or("aws", Partition::as_str),
            service: "codepipeline",
            region: &region,
            account: &account,
            resource: &known(&self.pipeline),
        }
        .to_string()
    }
}

/// How a pipeline stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Its answer is no, and nobody has justified all of it.
    No,
    /// It could not be judged.
    NotJudged,
    /// Its answer is no, and all of it is justified.
    Justified,
    /// Its answer is yes.
    Yes,
    /// It has no execution.
    Empty,
}

impl Standing {
    /// The answer, as programs read it.
    pub(crate) fn answer(self) -> &'static str {
        match self {
            Self::No | Self::Justified => "no",
            Self::Yes => "yes",
            Self::NotJudged | Self::Empty => "none",
        }
    }

    /// The words for it, for people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::NotJudged => "not judged",
            Self::Justified => "no, justified",
            Self::Yes => "yes",
            Self::Empty => "none",
        }
    }
}

/// Exceptions of one cause, without the record of their executions.
#[derive(Debug)]
pub(crate) struct RowCause {
    pub(crate) exception: Exception,
    /// The ids and the starts of the executions, newest first.
    pub(crate) executions: Vec<(String, Option<Timestamp>)>,
}

/// One pipeline: the numbers of its report and its exceptions. The report itself is not kept, so
/// that thousands of executions of hundreds of pipelines do not have to fit into memory.
#[derive(Debug)]
pub struct Row {
    place: Place,
    tally: Tally,
    pub(crate) satisfied: usize,
    pub(crate) exceptional: usize,
    pub(crate) accepted: usize,
    pub(crate) quorums: BTreeSet<u32>,
    pub(crate) covered: Option<(Timestamp, Timestamp)>,
    pub(crate) causes: Vec<RowCause>,
    pub(crate) notes: Vec<String>,
    pub(crate) counts: Counts,
    pub(crate) sources: Vec<Source>,
    worst: Option<Severity>,
    judged: Option<Judged>,
    problem: Option<String>,
}

impl Row {
    /// The row of a pipeline. `judged` is the result of [`Report::accept`], and `sources` what was
    /// read for this pipeline alone. The region is the report's, or the one that is given.
    pub fn new(
        report: &Report,
        region: Option<&str>,
        judged: Judged,
        sources: Vec<Source>,
    ) -> Self {
        let mut place = Place::from_arn(&report.pipeline_arn);
        place.region = place.region.or_else(|| region.map(str::to_owned));
        let executions = report.executions.iter();
        let exceptions = executions.flat_map(|evaluated| &evaluated.exceptions);
        let open = exceptions.filter(|exception| exception.is_open());
        let causes = causes(report).into_iter().map(|cause| RowCause {
            exception: cause.exception.clone(),
            executions: cause
                .executions
                .iter()
                .map(|(_, it)| (it.execution.id.clone(), it.execution.started))
                .collect(),
        });
        Self {
            place,
            tally: report.tally(),
            satisfied: report.satisfied_releases(),
            exceptional: report.exceptional().count(),
            accepted: report.accepted(),
            quorums: report.quorums(),
            covered: report.covered(),
            causes: causes.collect(),
            notes: report.notes.clone(),
            counts: report.counts,
            sources,
            worst: open.map(|exception| exception.code.severity()).max(),
            judged: Some(judged),
            problem: None,
        }
    }

    /// The row of a pipeline that could not be read or judged. `problem` says why, without a full
    /// stop.
    pub fn not_judged(place: Place, problem: String) -> Self {
        Self {
            place,
            tally: Tally::default(),
            satisfied: 0,
            exceptional: 0,
            accepted: 0,
            quorums: BTreeSet::new(),
            covered: None,
            causes: Vec::new(),
            notes: Vec::new(),
            counts: Counts::default(),
            sources: Vec::new(),
            worst: Some(Severity::Error),
            judged: None,
            problem: Some(problem),
        }
    }

    /// Why it could not be judged.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What was read for this pipeline alone.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn worst(&self) -> Option<Severity> {
        self.worst
    }

    pub(super) fn take_judged(&mut self) -> Judged {
        let nothing = || Judged { open: Vec::new(), accepted: Vec::new(), unused: Vec::new() };
        self.judged.take().unwrap_or_else(nothing)
    }

    /// Says whether somebody accepts that it could not be judged.
    pub(super) fn set_accepted(&mut self, accepted: bool) {
        self.worst = (!accepted).then_some(Severity::Error);
    }

    /// How it stands.
    pub(crate) fn standing(&self) -> Standing {
        let Tally { executions, justified, .. } = self.tally;
        let against = self.tally.of_no();
        match () {
            () if self.problem.is_some() => Standing::NotJudged,
            () if executions == 0 => Standing::Empty,
            () if against > justified => Standing::No,
            () if against > 0 => Standing::Justified,
            () => Standing::Yes,
        }
    }

    /// The worst first, then by place.
    pub(super) fn rank(&self) -> (Standing, Reverse<usize>, Reverse<usize>, &Place) {
        (self.standing(), Reverse(self.tally.of_no()), Reverse(self.exceptional), &self.place)
    }
}
