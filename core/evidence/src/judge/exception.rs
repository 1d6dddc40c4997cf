//! What an auditor should look at in an execution.

use findings::{Catalog, Check, Disposition, Severity};

/// Defines the codes once: for the enum, for the catalogue and for the order of the documentation.
macro_rules! exception_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $severity:ident, $title:literal, $help:literal;)*) => {
        /// The stable codes. Each has an anchor of the same name in `docs/evidence.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ExceptionCode {
            $($(#[$doc])* $variant,)*
        }

        impl ExceptionCode {
            pub(crate) const fn check(self) -> &'static Check {
                match self {
                    $(Self::$variant => &Check {
                        code: $code,
                        severity: Severity::$severity,
                        title: $title,
                        find: (),
                    },)*
                }
            }

            /// What to do about it: a sentence.
            pub(crate) fn help(self) -> &'static str {
                match self {
                    $(Self::$variant => $help,)*
                }
            }
        }

        /// The codes of exceptions, for accept files and SARIF.
        pub const CATALOG: Catalog = Catalog {
            page: "docs/evidence.md",
            checks: &[$(*ExceptionCode::$variant.check(),)*],
        };
    };
}

exception_codes! {
    /// The execution released something, and the gate never ran in it.
    NoGate = "no-gate", Error,
        "The execution was released, and the gate never ran in it",
        "Find out who removed the gate from the pipeline, or rolled back, and have the release \
         reviewed.";
    /// The execution released something without enough persons by the rule.
    UnsatisfiedRelease = "unsatisfied-release", Error,
        "The execution was released without enough persons by the rule",
        "Check first that --rule is the gate's rule. Then have the release reviewed.";
    /// The execution released something although the gate's action did not succeed.
    WentPastGate = "went-past-gate", Error,
        "The execution was released although the gate did not let it pass",
        "Look for a changed pipeline or an overridden stage.";
    /// The gate reported another verdict than today's evaluation.
    VerdictDiffers = "verdict-differs", Error,
        "The gate reported another verdict than today's evaluation",
        "Compare --rule with the function's rule, and the function's version. Then find out who \
         else could report in its place.";
    /// The gate's action succeeded without a verdict.
    SuccessWithoutVerdict = "success-without-verdict", Error,
        "The gate's action succeeded without reporting a verdict",
        "Find the call of PutJobSuccessResult in CloudTrail.";
    /// CloudTrail names another principal than CodePipeline.
    PrincipalDiffers = "principal-differs", Error,
        "CloudTrail names another approver than CodePipeline",
        "Compare the two records.";
    /// CloudTrail shows one human behind two persons, and the quorum needs both.
    SameHuman = "same-human", Error,
        "CloudTrail shows one human behind two counted persons",
        "Have the release reviewed. Take the role away from the approvers, or leave `sharedRoles` \
         at `reject`.";
    /// CloudTrail shows that somebody else started, and named, the trusted session of a person.
    TakenByAnother = "taken-by-another", Error,
        "Somebody else started and named the session of a counted person",
        "Have the release reviewed, and correct who may assume the role.";
    /// Two persons' sessions have the same source identity.
    SharedSourceIdentity = "shared-source-identity", Error,
        "The sessions of two counted persons have the same source identity",
        "Find out who this source identity is.";
    /// An approval came through a role that only looks like one of IAM Identity Center.
    LookAlikeRole = "look-alike-role", Error,
        "An approval came through a role that only looks like one of IAM Identity Center",
        "Find out who created the role, and do not trust it.";
    /// An action behind the gate ran under another version of the pipeline than the gate.
    StructureChangedAfterGate = "structure-changed-after-gate", Error,
        "The pipeline's structure changed between the gate and the release",
        "Find the call of UpdatePipeline in CloudTrail, and have the release reviewed.";
    /// The execution cannot be evaluated, and it released something or may have.
    NotEvaluated = "not-evaluated", Error,
        "An execution that was released, or may have been, cannot be evaluated",
        "Do what the message says, and run the report again.";
    /// A pipeline among several cannot be read or judged.
    NotJudged = "not-judged", Error,
        "A pipeline could not be read or judged, so it may hold anything",
        "Do what the message says, and run the report again.";
    /// The reviews function said no, or nothing that it said is believed.
    UnreviewedRelease = "unreviewed-release", Error,
        "The execution was released, and not every change in it was reviewed",
        "Have the changes reviewed. If the function of `reviews` did not run, check the pipeline \
         with `policygen doctor`.";
    /// The execution cannot be evaluated, and it released nothing.
    StoppedUnevaluated = "stopped-unevaluated", Warning,
        "An execution that was not released cannot be evaluated",
        "Do what the message says, and run the report again.";
    /// The gate counted other persons than today's evaluation.
    ApproversDiffer = "approvers-differ", Warning,
        "The gate counted other persons than today's evaluation",
        "Compare --rule with the function's rule at that time.";
    /// An approver wrote or pushed what was released.
    AuthorApproved = "author-approved", Warning,
        "An author of what was released approved it",
        "Have somebody else review the release. With `excludeAuthors` in the rule, the gate does \
         not count authors.";
    /// The gate reported another rule than the report's.
    RuleDiffers = "rule-differs", Warning,
        "The gate judged by another rule than this report",
        "Give --rule the rule of that time, or find out who changed it, and when.";
    /// The verdict depends on an assumption that the rule allows and nothing proves.
    RestsOnAssumption = "rests-on-assumption", Warning,
        "The verdict depends on an assumption that the rule allows",
        "Decide whether the assumption holds, or make the rule stricter.";
    /// An action behind the gate began when an approval was older than the rule allows.
    ReleasedLongAfterApproval = "released-long-after-approval", Warning,
        "The release began when an approval was older than the rule allows",
        "Find out what the execution waited for after its approval.";
    /// The gate failed without a verdict, and today's evaluation is satisfied.
    GateFailed = "gate-failed", Note,
        "The gate failed without a verdict",
        "Read the gate's message and its log.";
    /// CloudTrail was asked and has no event of an answer.
    NoTrail = "no-trail", Note,
        "CloudTrail has no event of an answer",
        "Give older events with --cloudtrail-file.";
}

impl ExceptionCode {
    /// The code.
    pub fn as_str(self) -> &'static str {
        self.check().code
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        self.check().severity
    }

    /// Whether a satisfied verdict cannot stand if there is such an exception.
    pub(crate) fn unsettles_verdict(self) -> bool {
        matches!(self, Self::SameHuman | Self::TakenByAnother)
    }
}

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// What kind of thing it is.
    pub code: ExceptionCode,
    /// What is wrong: whole sentences.
    pub message: String,
    /// The disposition in the accept file, if it is valid today.
    pub(crate) acceptance: Option<Disposition>,
    /// The disposition in the accept file, if it was valid until an earlier day.
    pub(crate) expired: Option<Disposition>,
}

impl Exception {
    pub(crate) fn new(code: ExceptionCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), acceptance: None, expired: None }
    }

    /// Whether nobody accepts it.
    pub(crate) fn is_open(&self) -> bool {
        self.acceptance.is_none()
    }

    /// Whether summaries count it. They leave out notes and accepted exceptions.
    pub(crate) fn is_exceptional(&self) -> bool {
        self.is_open() && self.code.severity() > Severity::Note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_anchor_and_its_severity_in_the_documentation() {
        let documentation = include_str!("../../../../docs/evidence.md");
        let section = documentation.split_once("## Exceptions").unwrap().1;
        let section = section.split("\n## ").next().unwrap();
        let documented: Vec<(&str, &str)> = section
            .split("\n### ")
            .skip(1)
            .filter_map(|text| {
                let (code, rest) = text.split_once("\n\n*")?;
                Some((code, rest.split_once("*.")?.0))
            })
            .collect();
        let checks = CATALOG.checks.iter();
        let defined: Vec<_> = checks.map(|check| (check.code, check.severity.as_str())).collect();
        assert_eq!(documented, defined);
    }
}
