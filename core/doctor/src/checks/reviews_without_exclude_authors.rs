//! `reviews-without-exclude-authors`: the rule knows who says who wrote it, and does not exclude
//! them.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "reviews-without-exclude-authors",
    severity: Severity::Note,
    title: "`reviews` without `excludeAuthors`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    let reviews = rule.reviews().filter(|_| !rule.excludes_authors())?;
    Some(CHECK.finding(
        about_rule("excludeAuthors"),
        format!(
            "The rule names `{}`, which says who wrote and reviewed what is released, but it does not exclude the authors. People can \
             approve what they wrote, and what nobody reviewed: desk and evidence show it, and the gate lets it pass.",
            reviews.function()
        ),
        "Set `excludeAuthors` to true once `people` has everybody's login of the forge. If the UserParameters of a pipeline set it, \
         accept this finding."
            .to_owned(),
    ))
}
