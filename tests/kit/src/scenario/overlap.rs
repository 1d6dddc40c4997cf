//! Two patterns overlap if they share a region, a pipeline and a stage. Only then are both slots in
//! reach.

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, B, a, approve, b, in_region, policy};

scenarios![
    "overlap": one_pipeline, different_pipelines, different_stages, different_regions, beginning_and_end, beginning_and_end_that_exclude, lengths_that_exclude,
    lengths_that_meet, regions_that_meet, regions_that_exclude, stage_and_pipeline_meet, many_pairs_none_meets, many_pairs_one_meets, star_and_one,
];

fn both(plot: &mut Plot<'_>, resources: &[String], witness: &str) {
    let user = plot.user();
    plot.inline(user, policy([approve(resources)]));
    plot.expect_witness(Code::CanApproveBoth, user, witness);
    plot.expect(Code::ApproverWithoutMfa, user);
}

fn never_both(plot: &mut Plot<'_>, resources: &[String]) {
    let user = plot.user();
    plot.inline(user, policy([approve(resources)]));
    plot.expect(Code::ApproverWithoutMfa, user);
}

fn one_pipeline(plot: &mut Plot<'_>) {
    both(plot, &[a("payments", "Release"), b("payments", "Release")], ":payments/Release/");
}

fn different_pipelines(plot: &mut Plot<'_>) {
    never_both(plot, &[a("payments", "*"), b("ledger", "*")]);
}

fn different_stages(plot: &mut Plot<'_>) {
    never_both(plot, &[a("*", "Release"), b("*", "Approve")]);
}

fn different_regions(plot: &mut Plot<'_>) {
    never_both(plot, &[in_region(A, "eu-west-1"), in_region(B, "us-east-1")]);
}

/// Only names such as `payroll` match both patterns.
fn beginning_and_end(plot: &mut Plot<'_>) {
    both(plot, &[a("pay*", "*"), b("*roll", "*")], ":payroll/");
}

fn beginning_and_end_that_exclude(plot: &mut Plot<'_>) {
    never_both(plot, &[a("pay*", "*"), b("bill*", "*")]);
}

fn lengths_that_exclude(plot: &mut Plot<'_>) {
    never_both(plot, &[a("prod-?", "*"), b("prod-??", "*")]);
}

fn lengths_that_meet(plot: &mut Plot<'_>) {
    both(plot, &[a("prod-??", "*"), b("*-7?", "*")], ":prod-7");
}

fn regions_that_meet(plot: &mut Plot<'_>) {
    both(plot, &[in_region(A, "eu-*"), in_region(B, "*-west-1")], ":eu-west-1:");
}

fn regions_that_exclude(plot: &mut Plot<'_>) {
    never_both(plot, &[in_region(A, "eu-west-?"), in_region(B, "*-central-1")]);
}

/// One pattern names the pipeline and the other the stage.
fn stage_and_pipeline_meet(plot: &mut Plot<'_>) {
    both(plot, &[a("payments", "*"), b("*", "Release")], ":payments/Release/");
}

fn many_pairs_none_meets(plot: &mut Plot<'_>) {
    let pipelines = ["claims", "fraud", "loans", "tax"];
    let resources: Vec<String> = pipelines
        .iter()
        .zip(["data", "ledger", "orders", "web"])
        .flat_map(|(for_a, for_b)| [a(for_a, "*"), b(for_b, "*")])
        .collect();
    never_both(plot, &resources);
}

fn many_pairs_one_meets(plot: &mut Plot<'_>) {
    let resources = [
        a("claims", "*"),
        a("fraud", "*"),
        a("loans-eu", "*"),
        b("data", "*"),
        b("tax", "*"),
        b("loans-*", "*"),
    ];
    both(plot, &resources, ":loans-eu/");
}

fn star_and_one(plot: &mut Plot<'_>) {
    both(plot, &[A.to_owned(), b("ledger", "Approve")], ":ledger/Approve/");
}
