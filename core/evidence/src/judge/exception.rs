//! What an auditor should look at in an execution.

use findings::{Catalog, Check, Severity};

/// Defines the codes once: for the enum, for the catalogue and for the order of the documentation.
macro_rules! exception_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $severity:ident, $title:literal;)*) => {
        /// The stable codes. Each has an anchor of the same name in `docs/evidence.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum ExceptionCode {
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
        "The execution went on without ever passing the gate";
    /// The execution released something without enough persons by the rule.
    UnsatisfiedRelease = "unsatisfied-release", Error,
        "The execution went on without enough persons by the rule";
    /// The execution released something although the gate's action did not succeed.
    WentPastGate = "went-past-gate", Error,
        "The execution went on although the gate had not let it pass";
    /// The gate reported another verdict than today's evaluation.
    VerdictDiffers = "verdict-differs", Error,
        "The gate reported another verdict than today's evaluation";
    /// The gate's action succeeded without a verdict.
    SuccessWithoutVerdict = "success-without-verdict", Error,
        "The gate's action succeeded without reporting a verdict";
    /// CloudTrail names another principal than CodePipeline.
    PrincipalDiffers = "principal-differs", Error,
        "CloudTrail names another approver than CodePipeline";
    /// CloudTrail shows one human behind two persons, and the quorum needs both.
    SameHuman = "same-human", Error,
        "CloudTrail shows one human behind two counted persons";
    /// CloudTrail shows that somebody else started, and named, the trusted session of a person.
    TakenByAnother = "taken-by-another", Error,
        "Somebody else started and named the session of a counted person";
    /// Two persons' sessions have the same source identity.
    SharedSourceIdentity = "shared-source-identity", Error,
        "The sessions of two counted persons have the same source identity";
    /// An approval came through a role that only looks like one of IAM Identity Center.
    LookAlikeRole = "look-alike-role", Error,
        "An approval came through a role that only looks like one of IAM Identity Center";
    /// An action behind the gate ran under another version of the pipeline than the gate.
    StructureChangedAfterGate = "structure-changed-after-gate", Error,
        "The pipeline's structure changed between the gate and the release";
    /// There is no verdict, and the execution released something or may have.
    NotEvaluated = "not-evaluated", Error,
        "An execution that went on, or may have, cannot be evaluated";
    /// There is no verdict, and the execution released nothing.
    StoppedUnevaluated = "stopped-unevaluated", Warning,
        "An execution that did not go on cannot be evaluated";
    /// The gate counted other persons than today's evaluation.
    ApproversDiffer = "approvers-differ", Warning,
        "The gate counted other persons than today's evaluation";
    /// The verdict depends on an assumption that the rule allows and nothing proves.
    RestsOnAssumption = "rests-on-assumption", Warning,
        "The verdict depends on an assumption that the rule allows";
    /// An action behind the gate began when an approval was older than the rule allows.
    ReleasedLongAfterApproval = "released-long-after-approval", Warning,
        "The release began when an approval was older than the rule allows";
    /// The gate failed without a verdict, and today's evaluation is satisfied.
    GateFailed = "gate-failed", Note,
        "The gate failed without a verdict";
    /// CloudTrail was asked and has no event of an answer.
    NoTrail = "no-trail", Note,
        "CloudTrail has no event of an answer";
}

impl ExceptionCode {
    pub(crate) fn as_str(self) -> &'static str {
        self.check().code
    }

    pub(crate) fn severity(self) -> Severity {
        self.check().severity
    }

    /// Whether a satisfied verdict cannot stand if there is such an exception.
    pub(crate) fn unsettles_verdict(self) -> bool {
        matches!(self, Self::SameHuman | Self::TakenByAnother)
    }
}

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) code: ExceptionCode,
    /// What is wrong: whole sentences.
    pub(crate) message: String,
}

impl Exception {
    pub(crate) fn new(code: ExceptionCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Whether summaries count it. They leave out notes.
    pub(crate) fn is_exceptional(&self) -> bool {
        self.code.severity() > Severity::Note
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
