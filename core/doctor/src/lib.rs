//! The checks of `policygen doctor`: what is wrong with the structure of a pipeline, and with the
//! gate's rule.

mod behind;
mod buckets;
mod checks;
mod gate;
pub mod pipeline;
mod place;
mod reviews;
pub mod self_mutation;
mod structure;
pub mod template;
mod topology;

use std::collections::BTreeSet;

use findings::{Evidence, Finding, Location};
use names::FunctionRef;
use rule::{Rule, RuleError};

use self::pipeline::Pipeline;
use self::template::{Declared, Variant};
use self::topology::Topology;

pub use behind::{AroundGate, around_gate};
pub use checks::CATALOG;

/// Examines one pipeline. `floor` is the rule of the gate's own environment.
pub fn examine(pipeline: &Pipeline, function: &FunctionRef, floor: &Rule) -> Vec<Finding> {
    checks::find(&Topology::new(pipeline, function, floor))
}

/// Examines a pipeline as the file `file` declares it. What is found only under some assumptions
/// names them.
pub fn examine_declared(
    declared: &Declared,
    file: &str,
    function: &FunctionRef,
    floor: &Rule,
) -> Vec<Finding> {
    let [Variant { pipeline, .. }] = declared.variants.as_slice() else {
        return examine_variants(declared, file, function, floor);
    };
    let mut findings = examine(pipeline, function, floor);
    findings.iter_mut().for_each(|finding| locate(finding, pipeline, declared, file));
    findings
}

/// Examines each variant. A finding of several is there once.
fn examine_variants(
    declared: &Declared,
    file: &str,
    function: &FunctionRef,
    floor: &Rule,
) -> Vec<Finding> {
    let mut merged: Vec<(Finding, BTreeSet<usize>)> = Vec::new();
    for (index, Variant { pipeline, .. }) in declared.variants.iter().enumerate() {
        for mut finding in examine(pipeline, function, floor) {
            locate(&mut finding, pipeline, declared, file);
            let same = |(known, _): &&mut (Finding, BTreeSet<usize>)| {
                (known.code, &known.subject, &known.location)
                    == (finding.code, &finding.subject, &finding.location)
            };
            match merged.iter_mut().find(same) {
                Some((_, variants)) => {
                    variants.insert(index);
                }
                None => merged.push((finding, BTreeSet::from([index]))),
            }
        }
    }
    let everywhere = declared.variants.len();
    let findings = merged.into_iter().map(|(mut finding, variants)| {
        if variants.len() < everywhere
            && let Some(variant) = variants.first().and_then(|at| declared.variants.get(*at))
        {
            finding.evidence.extend(variant.assumed.iter().map(|(comparison, holds)| {
                let detail = if *holds { "if this is so" } else { "if this is not so" };
                Evidence::new("condition", comparison, detail)
            }));
        }
        finding
    });
    findings.collect()
}

/// Says where a finding is written: in the line of its subject.
fn locate(finding: &mut Finding, pipeline: &Pipeline, declared: &Declared, file: &str) {
    // A check that looks at one value knows its line better.
    let known = finding.location.take().and_then(|location| location.line);
    let line = known.or_else(|| pipeline.lines.get(&finding.subject).copied());
    finding.location =
        declared.id.clone().map(|id| Location { file: file.to_owned(), line, id: Some(id) });
}

/// The gate's rule, or the reason why the gate would refuse it.
pub type GivenRule = Result<Rule, RuleError>;

/// Examines the gate's rule itself.
pub fn examine_rule(given: &GivenRule) -> Vec<Finding> {
    checks::find_in_rule(given)
}
