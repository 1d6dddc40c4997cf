//! `source-without-authors`: the rule excludes authors, and nobody can tell who wrote what a source
//! delivers.

use findings::{Check, Finding, Severity};
use rule::ActionKind;

use super::Find;
use crate::pipeline::is_open;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "source-without-authors",
    severity: Severity::Error,
    title: "`excludeAuthors` with a source that no forge shows",
    find: Find::Pipeline(find),
};

/// The providers of Source actions that deliver a commit of GitHub, GitLab or CodeCommit
/// (CodePipeline User Guide, "Source action integrations"). A connection can also be one to
/// Bitbucket: the pipeline does not say.
const OF_FORGES: [&str; 3] = ["CodeCommit", "CodeStarSourceConnection", "GitHub"];

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(reviewing) = topology.reviewing.as_ref().filter(|it| it.excludes_authors) else {
        return Vec::new();
    };
    let sources = topology.places().filter(|place| place.action.kind() == ActionKind::Source);
    let unknown = sources.filter(|place| {
        let provider = place.action.action_type_id.provider.as_str();
        !is_open(provider) && !OF_FORGES.contains(&provider)
    });
    let findings = unknown.map(|place| Finding {
        evidence: vec![topology.evidence(place)],
        ..CHECK.finding(
            topology.arn(place),
            format!(
                "The rule excludes authors, and `{}` does not deliver a commit of GitHub, GitLab or CodeCommit: `{}` cannot tell who \
                 wrote what it delivers. Nobody counts, and the gate never passes.",
                place.action.name, reviewing.function
            ),
            "Take the source from its repository, and build the rest in the pipeline. Or leave `excludeAuthors` out of the rule of this \
             pipeline."
                .to_owned(),
        )
    });
    findings.collect()
}
