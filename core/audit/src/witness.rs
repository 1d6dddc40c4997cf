//! Witnesses that people can read.
//!
//! The search for a resource finds a shortest one, with `x` for whatever its name may be. A witness
//! with a region of AWS and with ordinary names shows the same, if the policies allow that too.

use iam::account::PolicyId;
use iam::{Frame, Part, Truth};
use names::Arn;

/// The regions of each partition, the most usual first (AWS General Reference, "AWS CodePipeline
/// endpoints and quotas").
const REGIONS: [(&str, &[&str]); 3] = [
    (
        "aws",
        &[
            "eu-west-1",
            "us-east-1",
            "eu-central-1",
            "us-east-2",
            "us-west-2",
            "us-west-1",
            "eu-west-2",
            "eu-west-3",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-central-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-east-1",
            "ca-central-1",
            "ca-west-1",
            "sa-east-1",
            "af-south-1",
            "il-central-1",
            "me-south-1",
            "me-central-1",
            "mx-central-1",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", &["us-gov-west-1", "us-gov-east-1"]),
];

/// Names of a pipeline, a stage and an action.
const NAMES: [&str; 3] = ["payments", "Release", "Deploy"];

/// A witness that shows the same as the found text: the frame has it and all parts allow it, with
/// `open` perhaps under conditions. It is the text itself if no other is found.
pub(crate) fn readable(
    text: String,
    frame: &Frame,
    parts: &[Part<'_, '_, PolicyId>],
    open: bool,
) -> String {
    let shows = |candidate: &str| {
        frame.has(candidate)
            && parts.iter().all(|part| {
                match part.clauses.allow(&format!("{candidate}{}", part.suffix)) {
                    Truth::Yes => true,
                    Truth::Unknown => open,
                    Truth::No => false,
                }
            })
    };
    let found = Arn::parse(&text).and_then(|arn| candidates(arn).into_iter().find(|it| shows(it)));
    found.unwrap_or(text)
}

/// ARNs like this one, the most ordinary first.
fn candidates(arn: Arn<'_>) -> Vec<String> {
    let Some((_, regions)) = REGIONS.iter().find(|(partition, _)| *partition == arn.partition)
    else {
        return Vec::new();
    };
    let own = [arn.region];
    // A region of AWS is what the policies name, and IAM has none.
    let regions: &[&str] =
        if arn.region.is_empty() || regions.contains(&arn.region) { &own } else { regions };
    let mut resources = vec![String::new()];
    if arn.service == "codepipeline" {
        for (at, segment) in arn.resource.split('/').enumerate() {
            let slash = if at == 0 { "" } else { "/" };
            let names = NAMES.get(at).copied().into_iter().chain([segment]);
            let longer = |name: &str| -> Vec<String> {
                resources.iter().map(|resource| format!("{resource}{slash}{name}")).collect()
            };
            resources = names.flat_map(longer).collect();
        }
    } else {
        resources = vec![arn.resource.to_owned()];
    }
    let of_region = |region: &&str| -> Vec<String> {
        let with = |resource: &String| Arn { region, resource, ..arn }.to_string();
        resources.iter().map(with).collect()
    };
    let others = own.iter().filter(|_| regions != own);
    regions.iter().chain(others).flat_map(of_region).collect()
}

#[cfg(test)]
mod tests {
    use iam::account::Account;
    use iam::{Context, Grants, Limits, Policy};

    use super::*;

    /// The witness for a resource that a policy allows, in all pipelines.
    fn witness(resource: &str) -> String {
        let account = Account::parse(
            r#"{"UserDetailList": [{
                "UserName": "ann", "UserId": "AIDAANN", "Arn": "arn:aws:iam::111122223333:user/ann"
            }], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#,
        );
        let account = account.unwrap();
        let scope = crate::Scope::of_all(
            vec!["A".parse().unwrap(), "B".parse().unwrap()],
            "gate".parse().unwrap(),
        );
        let frame = scope.resources(&account, crate::action::On::Stages);
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Action": "*", "Resource": "{resource}"}},
                {{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:codepipeline:eu-west-1:*"}}
            ]}}"#
        );
        let policy = Policy::identity(&policy).unwrap();
        let identity = vec![(PolicyId::SUPPOSED, &policy)];
        let grants = Grants { identity, limits: Limits::default() };
        let clauses = grants.about("codepipeline:putapprovalresult", &Context::new());
        let part = Part { suffix: "/A", clauses: &clauses };
        crate::equivalence_class::shortest(&frame, &[part]).unwrap().unwrap().witness
    }

    #[test]
    fn a_witness_has_a_region_of_aws_and_ordinary_names_if_the_policies_let_it() {
        for (resource, expected) in [
            ("*", "us-east-1:111122223333:payments/Release"),
            ("arn:aws:codepipeline:*:*:*/A", "us-east-1:111122223333:payments/Release"),
            ("arn:aws:codepipeline:ap-*:*:pay*/A", "ap-southeast-1:111122223333:payments/Release"),
            ("arn:aws:codepipeline:us-west-2:*:web/*", "us-west-2:111122223333:web/Release"),
            ("arn:aws:codepipeline:*:*:web-?/Prod*/A", "us-east-1:111122223333:web-x/Prod"),
            ("arn:aws:codepipeline:zz-*:*:*/A", "zz-:111122223333:payments/Release"),
        ] {
            assert_eq!(witness(resource), format!("arn:aws:codepipeline:{expected}"), "{resource}");
        }
    }
}
