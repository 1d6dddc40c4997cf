//! Properties of generated policies for random inputs: they are evaluated by IAM's rules and
//! compared with brute force over names.

use std::collections::BTreeSet;

use iam::{Document, Effect, Pattern, Resources, Statement};
use proptest::prelude::*;

use super::approval::APPROVE;
use super::mechanism::tag::TAG;
use super::plan::Plan;
use super::settings::{MechanismName, Settings};
use super::spec::Spec;
use super::spec_error::SpecError;
use super::{advice, plan_for};

/// All names of one to three letters, from two letters.
fn names() -> Vec<String> {
    let mut names: Vec<String> = vec![String::new()];
    for length in 1..=3 {
        let shorter: Vec<String> =
            names.iter().filter(|name| name.len() == length - 1).cloned().collect();
        for name in shorter {
            names.extend(["a", "b"].map(|letter| format!("{name}{letter}")));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn settings(slots: &[String], pipelines: &[String], stage: &str) -> Settings {
    Settings {
        region: vec!["us-east-1".parse().unwrap(), "eu-west-1".parse().unwrap()],
        account: vec!["111122223333".parse().unwrap()],
        pipeline: pipelines.iter().map(|pipeline| pipeline.parse().unwrap()).collect(),
        stage: Some(stage.parse().unwrap()),
        slot: slots.iter().filter_map(|slot| slot.parse().ok()).collect(),
        slot_pattern: slots.iter().filter_map(|slot| slot.parse().ok()).collect(),
        ..Settings::default()
    }
}

/// Whether a principal with all of these documents and this tag may approve: an Allow matches and
/// no Deny does (IAM User Guide, "Policy evaluation logic").
fn allowed(documents: &[&Document], arn: &str, tag: Option<&str>) -> bool {
    let matching = |effect: Effect| {
        let statements = documents.iter().flat_map(|document| &document.statements);
        statements
            .filter(|statement| {
                statement.effect == effect
                    && statement.action.iter().any(|action| action == APPROVE)
            })
            .any(|statement| concerns(statement, arn, tag) && holds(statement, tag))
    };
    matching(Effect::Allow) && !matching(Effect::Deny)
}

fn concerns(statement: &Statement, arn: &str, tag: Option<&str>) -> bool {
    let variable = format!("${{aws:PrincipalTag/{TAG}}}");
    let Some(Resources::These(patterns)) = &statement.resources else {
        panic!("{statement:?}");
    };
    patterns.iter().any(|pattern| match (pattern.contains(&variable), tag) {
        (false, _) => Pattern::new(pattern).matches(arn),
        (true, Some(tag)) => Pattern::new(&pattern.replace(&variable, tag)).matches(arn),
        (true, None) => false,
    })
}

fn holds(statement: &Statement, tag: Option<&str>) -> bool {
    statement.condition.iter().all(|(operator, keys)| {
        keys.iter().all(|(key, values)| {
            assert_eq!(key, &format!("aws:PrincipalTag/{TAG}"));
            let is_one_of = tag.is_some_and(|tag| values.iter().any(|value| value == tag));
            match operator.as_str() {
                "StringEquals" => is_one_of,
                "StringNotEquals" => !is_one_of,
                other => panic!("{other}"),
            }
        })
    })
}

/// The documents of a group's policies.
fn held<'a>(plan: &'a Plan, group: &str) -> Vec<&'a Document> {
    let group = plan.groups.iter().find(|candidate| candidate.name == group).unwrap();
    let of_group =
        |name: &String| plan.policies.iter().find(|policy| &policy.name == name).unwrap();
    group.policies.iter().map(|name| &of_group(name).document).collect()
}

fn arn(region: &str, pipeline: &str, stage: &str, action: &str) -> String {
    format!("arn:aws:codepipeline:{region}:111122223333:{pipeline}/{stage}/{action}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_slot_policy_allows_its_own_actions_and_no_others(
        patterns in prop::collection::btree_set("[ab*?]{1,3}", 2..4),
        pipelines in prop::collection::vec("[ab]{0,1}[ab*?]", 1..3),
        stage in "[ab]{0,1}[ab*?]",
        exclusive: bool,
    ) {
        let patterns: Vec<String> = patterns.into_iter().collect();
        let slots: Vec<String> = patterns.iter().enumerate().map(|(at, pattern)| format!("S{at}={pattern}")).collect();
        let meant = |name: &str| -> Vec<usize> {
            (0..patterns.len()).filter(|at| Pattern::new(&patterns[*at]).matches(name)).collect()
        };
        let asked = Settings { exclusive: Some(exclusive), ..settings(&slots, &pipelines, &stage) };
        let spec = match Spec::new(asked) {
            Ok(spec) => spec,
            Err(SpecError::Slots(_)) => {
                // Refused only if some name is in two slots. Two patterns of three characters then
                // share one of at most six letters.
                let overlap = patterns.iter().enumerate().any(|(at, a)| {
                    patterns[at + 1..].iter().any(|b| Pattern::new(a).witness(&Pattern::new(b)).is_some())
                });
                prop_assert!(overlap);
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let plan = plan_for(&spec).unwrap();
        for name in names() {
            let owners = meant(&name);
            prop_assert!(owners.len() <= 1, "{name} is in {owners:?}");
            for at in 0..patterns.len() {
                let group = held(&plan, &format!("TwoPersonRule-S{at}"));
                for pipeline in names().iter().filter(|name| name.len() <= 2) {
                    let covered = pipelines.iter().any(|glob| Pattern::new(glob).matches(pipeline));
                    for stage_name in ["a", "ab", "b"] {
                        let covered = covered && Pattern::new(&stage).matches(stage_name);
                        let may = allowed(&group, &arn("eu-west-1", pipeline, stage_name, &name), None);
                        prop_assert_eq!(may, covered && owners == [at], "{} {} {}", pipeline, stage_name, name);
                    }
                }
                prop_assert!(!allowed(&group, &arn("ap-south-1", "a", "a", &name), None));
            }
        }
    }

    #[test]
    fn a_member_of_every_group_can_approve_nothing(count in 2usize..5, names in prop::collection::btree_set("[a-z]{1,6}", 5)) {
        let slots: Vec<String> = names.into_iter().take(count).collect();
        let spec = Spec::new(settings(&slots, &["payments".into()], "Release")).unwrap();
        let plan = plan_for(&spec).unwrap();
        for (first, second) in slots.iter().zip(&slots[1..]) {
            let both: Vec<&Document> = [first, second].iter().flat_map(|slot| held(&plan, &format!("TwoPersonRule-{slot}"))).collect();
            for slot in &slots {
                prop_assert!(!allowed(&both, &arn("us-east-1", "payments", "Release", slot), None));
            }
        }
    }

    #[test]
    fn a_tag_gives_its_slot_and_no_other(slots in prop::collection::btree_set("[ab]{1,3}", 2..5), exclusive: bool) {
        let slots: Vec<String> = slots.into_iter().collect();
        let spec = Spec::new(Settings {
            mechanism: Some(MechanismName::Tag),
            exclusive: Some(exclusive),
            ..settings(&slots, &["payments".into()], "*")
        }).unwrap();
        let plan = plan_for(&spec).unwrap();
        let documents = held(&plan, "TwoPersonRule-Approvers");
        let may = |action: &str, tag: Option<&str>| allowed(&documents, &arn("us-east-1", "payments", "Release", action), tag);
        let tags: BTreeSet<String> = names().into_iter().collect();
        let mut given = Vec::new();
        for tag in &tags {
            let allowed: Vec<&String> = slots.iter().filter(|slot| may(slot, Some(tag))).collect();
            prop_assert!(allowed.len() <= 1, "{tag} gives {allowed:?}");
            given.extend(allowed);
        }
        for slot in &slots {
            prop_assert!(given.contains(&slot), "no tag gives {slot}");
            prop_assert!(!may(slot, None));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn signed_allows_every_slot_and_no_other_action(
        slots in prop::collection::btree_set("[ab]{1,3}", 2..5),
        pipeline in "[ab]{0,1}[ab*?]",
    ) {
        let slots: Vec<String> = slots.into_iter().collect();
        let spec = Spec::new(Settings {
            mechanism: Some(MechanismName::Signed),
            ..settings(&slots, std::slice::from_ref(&pipeline), "Release")
        }).unwrap();
        let plan = plan_for(&spec).unwrap();
        let documents = held(&plan, "TwoPersonRule-Approvers");
        for name in names() {
            for other in ["a", "b", "aa", "ab", "bb", "aab"] {
                let covered = Pattern::new(&pipeline).matches(other);
                let may = allowed(&documents, &arn("us-east-1", other, "Release", &name), None);
                prop_assert_eq!(may, covered && slots.contains(&name), "{} {}", other, name);
                prop_assert!(!allowed(&documents, &arn("us-east-1", other, "Deploy", &name), None));
            }
        }
    }
}

#[test]
fn many_pipelines_are_split_and_lose_nothing() {
    let pipelines: Vec<String> = (0..94).map(|at| format!("pipeline-number-{at}")).collect();
    let slots = ["ApprovalA".to_owned(), "ApprovalB".to_owned()];
    let spec = Spec::new(settings(&slots, &pipelines, "Release")).unwrap();
    let plan = plan_for(&spec).unwrap();
    assert!(plan.groups[0].policies.len() > 1);
    assert!(plan.notes.iter().any(|note| note.contains("6144")));
    for policy in &plan.policies {
        let text = serde_json::to_string(&policy.document).unwrap();
        assert!(text.chars().filter(|c| !c.is_whitespace()).count() <= 6144);
    }
    let documents = held(&plan, "TwoPersonRule-ApprovalA");
    for pipeline in &pipelines {
        assert!(allowed(&documents, &arn("us-east-1", pipeline, "Release", "ApprovalA"), None));
        assert!(!allowed(&documents, &arn("us-east-1", pipeline, "Release", "ApprovalB"), None));
    }
}

#[test]
fn the_two_policies_of_the_article_come_out_exactly() {
    let any = || vec!["*".parse().unwrap()];
    let spec = Spec::new(Settings {
        region: any_region(),
        account: any(),
        pipeline: vec!["*".parse().unwrap()],
        stage: Some("*".parse().unwrap()),
        exclusive: Some(false),
        ..Settings::default()
    })
    .unwrap();
    let plan = plan_for(&spec).unwrap();
    for slot in ["ApprovalA", "ApprovalB"] {
        let documents = held(&plan, &format!("TwoPersonRule-{slot}"));
        let written = serde_json::to_value(documents[0]).unwrap();
        let approving: Vec<&serde_json::Value> = written["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|statement| statement.to_string().contains("PutApprovalResult"))
            .collect();
        assert_eq!(approving.len(), 1);
        assert_eq!(approving[0]["Effect"], "Allow");
        assert_eq!(approving[0]["Action"], "codepipeline:PutApprovalResult");
        assert_eq!(approving[0]["Resource"], format!("arn:aws:codepipeline:*:*:*/*/{slot}"));
    }
    assert_eq!(advice::warnings(&spec).len(), 5);
}

fn any_region() -> Vec<super::name::RegionOrAny> {
    vec!["*".parse().unwrap()]
}

/// Every option for the generated policies is a key of the TOML file with the same name. Only the
/// file names people, so that each change of them is a change of code.
#[test]
fn the_file_is_equal_in_power_to_the_flags() {
    use clap::{Args as _, Command};

    let command = Settings::augment_args(Command::new("generate"));
    let flags = command.get_arguments().filter_map(|argument| argument.get_long());
    let flags: BTreeSet<&str> = flags.filter(|flag| *flag != "no-exclusive").collect();
    let error = Settings::from_toml("no-such-key = 1").unwrap_err().to_string();
    let mut keys: BTreeSet<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(keys.remove("members"), "{error}");
    assert_eq!(flags, keys, "{error}");
}
