use std::cell::Cell;

use evidence::history::PipelineExecution;
use signing::Answer;

use super::*;
use crate::open::OpenRun;
use crate::pipeline::{Action, Approval, Kind, Pipeline};
use crate::port::{Execution, Listed, Page, Run};

/// A Lambda with these functions and their rules.
#[derive(Default)]
struct Functions {
    rules: Vec<(&'static str, &'static [(&'static str, &'static str)])>,
    asked: Cell<usize>,
}

impl Aws for Functions {
    async fn environment(&self, function: &FunctionRef) -> Environment {
        self.asked.set(self.asked.get() + 1);
        let known = self.rules.iter().find(|(name, _)| **function.name() == **name);
        let owned = |pair: &(&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        known.map(|(_, variables)| Some(variables.iter().map(owned).collect())).ok_or_else(|| {
            CallError::AccessDenied {
                operation: GET_FUNCTION_CONFIGURATION,
                message: "no".to_owned(),
            }
        })
    }

    async fn caller(&self) -> Result<String, CallError> {
        unused()
    }

    async fn pipelines(&self, _: Option<&str>) -> Result<Page<Listed>, CallError> {
        unused()
    }

    async fn pipeline(&self, _: &str) -> Result<Pipeline, CallError> {
        unused()
    }

    async fn runs(&self, _: &str, _: Option<&str>) -> Result<Page<Run>, CallError> {
        unused()
    }

    async fn execution(&self, _: &str, _: &str) -> Result<Execution, CallError> {
        unused()
    }

    async fn past(&self, _: &str, _: i32) -> Result<Vec<PipelineExecution>, CallError> {
        unused()
    }

    async fn answer(&self, _: &str, _: &OpenRun, _: Answer, _: &str) -> Result<(), CallError> {
        unused()
    }
}

fn unused<T>() -> Result<T, CallError> {
    panic!("only functions are looked up")
}

/// A stage with an approval, and after it Lambda actions of these functions.
fn stage(functions: &[&str], user_parameters: Option<&str>) -> Stage {
    let action = |name: &str, run_order, kind| Action { name: name.to_owned(), run_order, kind };
    let lambda = |function: &&str| {
        let function = function.parse().ok();
        let user_parameters = user_parameters.map(str::to_owned);
        action("Gate", 2, Kind::Lambda { function, user_parameters })
    };
    let approval = action("ApprovalA", 1, Kind::Approval(Approval::default()));
    let actions = [approval].into_iter().chain(functions.iter().map(lambda)).collect();
    Stage { name: "Release".to_owned(), actions }
}

async fn found(
    file: Option<&str>,
    functions: &Functions,
    stage: &Stage,
) -> Result<StageRule, String> {
    let of_file = |json: &str| RuleFile { rule: Rule::floor(json).unwrap(), json: json.to_owned() };
    let source = RuleSource::new(file.map(of_file));
    let budget = Budget::of(std::time::Duration::from_secs(5));
    source.of_stage(functions, stage, budget).await.map_err(|unknown| unknown.to_string())
}

const THREE: &[(&str, &str)] = &[(RULE, r#"{"quorum": 3}"#)];

#[tokio::test]
async fn the_rule_is_that_of_the_function_tightened_by_the_parameters() {
    let functions = Functions { rules: vec![("gate", THREE)], ..Functions::default() };
    let rule = found(None, &functions, &stage(&["gate"], None)).await.unwrap();
    assert_eq!(rule.rule.quorum().get(), 3);
    assert_eq!(rule.from, Origin::Function("gate".to_owned()));
    let parameters =
        r##"{"quorum": 4, "pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"}"##;
    let rule = found(None, &functions, &stage(&["gate"], Some(parameters))).await.unwrap();
    assert_eq!(rule.rule.quorum().get(), 4);
}

#[tokio::test]
async fn a_file_takes_the_place_of_the_function_and_is_tightened_too() {
    let functions = Functions::default();
    let stage = stage(&["gate"], Some(r#"{"quorum": 4}"#));
    let rule = found(Some("{}"), &functions, &stage).await.unwrap();
    assert_eq!((rule.rule.quorum().get(), rule.from), (4, Origin::File));
    assert_eq!(functions.asked.get(), 0);
}

#[tokio::test]
async fn of_two_lambda_actions_the_gate_is_the_one_with_a_rule() {
    let rules = vec![("gate", THREE), ("smoke-test", &[][..])];
    let functions = Functions { rules, ..Functions::default() };
    let both = stage(&["smoke-test", "gate"], None);
    assert_eq!(found(None, &functions, &both).await.unwrap().rule.quorum().get(), 3);
    let unclear = found(None, &functions, &stage(&["gate", "secret"], None)).await.unwrap_err();
    assert!(unclear.contains("several Lambda actions"), "{unclear}");
}

#[tokio::test]
async fn a_rule_that_nobody_knows_is_never_the_default() {
    let rules: Vec<(_, &[(&str, &str)])> = vec![
        ("no-rule", &[]),
        ("in-package", &[(RULE_FILE, "/opt/rule.json")]),
        ("broken", &[(RULE, r#"{"quorum": 1}"#)]),
    ];
    let functions = Functions { rules, ..Functions::default() };
    for (names, parameters, why) in [
        (&[][..], None, "no Lambda action runs after the approvals"),
        (&["no-rule"][..], None, "has no TWO_PERSON_RULE"),
        (&["in-package"], None, "from a file in its package"),
        (&["secret"], None, "give the rule with --rule"),
        (&["broken"], None, "is one that the gate refuses: `quorum`"),
        (&["no-rule"], Some(r#"{"quorum": 0}"#), "has no TWO_PERSON_RULE"),
    ] {
        let stage = stage(names, parameters);
        let unknown = found(None, &functions, &stage).await.unwrap_err();
        assert!(unknown.contains(why), "{unknown}");
    }
    for (parameters, why) in [
        (r##"{"quorum": #{variables.quorum}}"##, "depend on a variable"),
        (r#"{"people": {}}"#, "the gate refuses the UserParameters of Gate"),
    ] {
        let stage = stage(&["gate"], Some(parameters));
        let unknown = found(Some("{}"), &functions, &stage).await.unwrap_err();
        assert!(unknown.contains(why), "{unknown}");
    }
}

#[tokio::test]
async fn the_gate_of_a_pipeline_is_its_only_function_after_approvals_or_the_one_with_a_rule() {
    let rules = vec![("gate", THREE), ("smoke-test", &[][..])];
    let functions = Functions { rules, ..Functions::default() };
    let deploy =
        Stage { name: "Deploy".to_owned(), actions: stage(&["deploy"], None).actions.split_off(1) };
    let find = async |rule: &str, stages: &[&Stage]| {
        let pipeline = Pipeline {
            name: "payments".to_owned(),
            account: "111122223333".to_owned(),
            is_parallel: false,
            stages: stages.iter().map(|it| (*it).clone()).collect(),
        };
        let file = RuleFile { rule: Rule::floor(rule).unwrap(), json: rule.to_owned() };
        let source = RuleSource::new(Some(file));
        let budget = Budget::of(std::time::Duration::from_secs(5));
        let gate = source.gate(&functions, &pipeline, budget).await;
        gate.map(|gate| gate.name().to_string()).map_err(|unknown| unknown.to_string())
    };
    let (one, none) = (stage(&["gate"], None), stage(&[], None));
    assert_eq!(find("{}", &[&one, &one, &deploy]).await.unwrap(), "gate");
    assert_eq!(functions.asked.get(), 0);
    let both = stage(&["smoke-test", "gate"], None);
    assert_eq!(find("{}", &[&both, &deploy]).await.unwrap(), "gate");
    let unclear = find("{}", &[&stage(&["gate", "secret"], None)]).await.unwrap_err();
    assert!(unclear.contains("several Lambda actions"), "{unclear}");
    // A function in a stage without approvals is the gate only if the rule has another stage.
    assert!(find("{}", &[&none, &deploy]).await.unwrap_err().contains("no Lambda action"));
    assert_eq!(find(r#"{"stage": "Release"}"#, &[&none, &deploy]).await.unwrap(), "deploy");
}
