//! The pipelines that the policies are about, and the stage of the approvals.

use iam::Pattern;
use names::{AccountGlob, Arn, FunctionRef, Partition, PipelineGlob, StageGlob};

use super::name::{RegionOrAny, RoleRef};

/// The pipelines that the policies are about, and the stage of the approvals.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    partition: Partition,
    regions: Vec<RegionOrAny>,
    accounts: Vec<AccountGlob>,
    pipelines: Vec<PipelineGlob>,
    stage: StageGlob,
}

/// Why the pipelines are not determined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Options are missing.
    #[error("no {} is given; give {}, or `'*'` as the value to mean any", whats(.0), flags(.0))]
    Missing(Vec<Missing>),
    /// A region of another partition.
    #[error(
        "the region `{region}` is not in the partition `{partition}`; give `--partition {right}` \
         or another region"
    )]
    WrongPartition {
        /// The region.
        region: String,
        /// The given partition.
        partition: Partition,
        /// The region's partition.
        right: Partition,
    },
}

/// An option that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    what: &'static str,
    flag: &'static str,
}

fn whats(missing: &[Missing]) -> String {
    listed(missing.iter().map(|it| it.what.to_owned()))
}

fn flags(missing: &[Missing]) -> String {
    listed(missing.iter().map(|it| format!("`{}`", it.flag)))
}

/// `a, b and c`.
fn listed(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    match (words.pop(), words.is_empty()) {
        (Some(last), false) => format!("{} and {last}", words.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

impl Targets {
    pub(crate) fn new(
        partition: Option<Partition>,
        regions: Vec<RegionOrAny>,
        accounts: Vec<AccountGlob>,
        pipelines: Vec<PipelineGlob>,
        stage: Option<StageGlob>,
    ) -> Result<Self, TargetError> {
        let given = [
            ("region", "--region", !regions.is_empty()),
            ("account", "--account", !accounts.is_empty()),
            ("pipeline", "--pipeline", !pipelines.is_empty()),
            ("stage", "--stage", stage.is_some()),
        ];
        let missing = given.into_iter().filter(|(.., is_given)| !is_given);
        let missing: Vec<_> = missing.map(|(what, flag, _)| Missing { what, flag }).collect();
        let Some(stage) = stage.filter(|_| missing.is_empty()) else {
            return Err(TargetError::Missing(missing));
        };
        // `*` is in every partition. Without another region, the commercial partition is meant.
        let partition = partition
            .or_else(|| regions.iter().find_map(RegionOrAny::partition))
            .unwrap_or(Partition::Aws);
        for region in &regions {
            if let Some(right) = region.partition()
                && right != partition
            {
                return Err(TargetError::WrongPartition {
                    region: region.to_string(),
                    partition,
                    right,
                });
            }
        }
        Ok(Self {
            partition,
            regions: distinct(regions),
            accounts: distinct(accounts),
            pipelines: distinct(pipelines),
            stage,
        })
    }

    pub(crate) fn partition(&self) -> Partition {
        self.partition
    }

    pub(crate) fn regions(&self) -> &[RegionOrAny] {
        &self.regions
    }

    pub(crate) fn accounts(&self) -> &[AccountGlob] {
        &self.accounts
    }

    pub(crate) fn pipelines(&self) -> &[PipelineGlob] {
        &self.pipelines
    }

    pub(crate) fn stage(&self) -> &StageGlob {
        &self.stage
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE`.
    pub(crate) fn pipeline_arns(&self) -> Vec<String> {
        let pipelines: Vec<String> = self.pipelines.iter().map(ToString::to_string).collect();
        self.in_every_place("codepipeline", &pipelines)
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`, the resource of PutApprovalResult
    /// (Service Authorization Reference, CodePipeline).
    pub(crate) fn action_arns(&self, action: &str) -> Vec<String> {
        let actions =
            self.pipelines.iter().map(|pipeline| format!("{pipeline}/{}/{action}", self.stage));
        self.in_every_place("codepipeline", &actions.collect::<Vec<_>>())
    }

    /// Whether the policies are about a pipeline in this region and account. `*` stands for an
    /// unknown one.
    pub(crate) fn has_place(&self, region: &str, account: &str) -> bool {
        let is_region = |own: &RegionOrAny| own.is_any() || own == region;
        let is_account = |own: &AccountGlob| own == "*" || own == account;
        (region == "*" || self.regions.iter().any(is_region))
            && (account == "*" || self.accounts.iter().any(is_account))
    }

    /// Whether a function can be in the region and account of one of the pipelines.
    pub(crate) fn may_hold(&self, function: &FunctionRef) -> bool {
        let has_region = self.regions.iter().any(|region| match function.region() {
            Some(own) if region.is_any() => self.partition.has_region(own),
            Some(own) => region == own.as_str(),
            None => true,
        });
        let has_account = self.accounts.iter().any(|account| {
            account == "*" || function.account().is_none_or(|own| account == own.as_str())
        });
        has_region && has_account
    }

    /// The function, or the version or alias that the reference names.
    pub(crate) fn function_arns(&self, function: &FunctionRef) -> Vec<String> {
        let version = function.qualifier().map(|qualifier| format!(":{qualifier}"));
        let version = version.unwrap_or_default();
        self.of_function("lambda", function, &[format!("function:{}{version}", function.name())])
    }

    /// The function with all its versions and aliases.
    pub(crate) fn function_and_version_arns(&self, function: &FunctionRef) -> Vec<String> {
        let name = function.name();
        let forms = [format!("function:{name}"), format!("function:{name}:*")];
        self.of_function("lambda", function, &forms)
    }

    /// The function that tells people what awaits them at the desk, with all its versions and
    /// aliases.
    pub(crate) fn notifying_function_arns(&self, desk: &FunctionRef) -> Vec<String> {
        let name = desk.name();
        let forms = [format!("function:{name}-notify"), format!("function:{name}-notify:*")];
        self.of_function("lambda", desk, &forms)
    }

    /// Every version of the layer that holds the rule of the gate (`templates/rule-pipeline.yaml`).
    pub(crate) fn rule_layer_arns(&self, gate: &FunctionRef) -> Vec<String> {
        self.of_function("lambda", gate, &[format!("layer:{}-rule:*", gate.name())])
    }

    /// The CodeBuild project that changes the rule of the gate (`templates/rule-pipeline.yaml`).
    pub(crate) fn rule_project_arns(&self, gate: &FunctionRef) -> Vec<String> {
        self.of_function("codebuild", gate, &[format!("project/{}-rule-deploy", gate.name())])
    }

    /// The log group of a function, with its streams.
    pub(crate) fn log_arns(&self, function: &FunctionRef) -> Vec<String> {
        let group = format!("log-group:/aws/lambda/{}", function.name());
        self.of_function("logs", function, &[group.clone(), format!("{group}:*")])
    }

    /// `arn:P:iam::ACCT:RESOURCE`.
    pub(crate) fn iam_arns(&self, resource: &str) -> Vec<String> {
        let partition = self.partition;
        let arn = |account| format!("arn:{partition}:iam::{account}:{resource}");
        self.accounts.iter().map(arn).collect()
    }

    /// A role as `aws:PrincipalArn` shows it.
    pub(crate) fn role_arns(&self, role: &RoleRef) -> Vec<String> {
        if Arn::parse(role).is_some() {
            return vec![role.to_string()];
        }
        self.iam_arns(&format!("role/{role}"))
    }

    /// The ARN of an action in one of these pipelines, with a plain text in place of each wildcard.
    pub(crate) fn example_action_arn(&self, action: &str) -> String {
        let concrete = |pattern: &str| {
            let pattern = Pattern::new(pattern);
            pattern
                .witness(&pattern)
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "x".to_owned())
        };
        let region = self.regions.first().filter(|region| !region.is_any());
        let account = self.accounts.first().filter(|account| **account != "*");
        let pipeline: &str = self.pipelines.first().map_or("*", |pipeline| pipeline);
        format!(
            "arn:{}:codepipeline:{}:{}:{}/{}/{action}",
            self.partition,
            region.map_or(self.partition.example_region(), |region| region),
            account.map_or("111122223333", |account| account),
            concrete(pipeline),
            concrete(&self.stage),
        )
    }

    /// Resources of a service in every region and account.
    fn in_every_place(&self, service: &str, resources: &[String]) -> Vec<String> {
        let regions: Vec<&str> = self.regions.iter().map(|region| region.as_str()).collect();
        let accounts: Vec<&str> = self.accounts.iter().map(|account| account.as_str()).collect();
        self.in_places(service, &regions, &accounts, resources)
    }

    /// Resources of the gate's function. If the reference names its region or account, only there.
    fn of_function(
        &self,
        service: &str,
        function: &FunctionRef,
        resources: &[String],
    ) -> Vec<String> {
        let regions: Vec<&str> = match function.region() {
            Some(region) => vec![region],
            None => self.regions.iter().map(|region| region.as_str()).collect(),
        };
        let accounts: Vec<&str> = match function.account() {
            Some(account) => vec![account],
            None => self.accounts.iter().map(|account| account.as_str()).collect(),
        };
        self.in_places(service, &regions, &accounts, resources)
    }

    fn in_places(
        &self,
        service: &str,
        regions: &[&str],
        accounts: &[&str],
        resources: &[String],
    ) -> Vec<String> {
        let partition = self.partition.as_str();
        let mut arns = Vec::new();
        for region in regions {
            for account in accounts {
                let arn =
                    |resource| Arn { partition, service, region, account, resource }.to_string();
                arns.extend(resources.iter().map(|resource| arn(resource)));
            }
        }
        arns
    }

    #[cfg(test)]
    pub(crate) fn example() -> Self {
        Self {
            partition: Partition::Aws,
            regions: vec!["us-east-1".parse().unwrap()],
            accounts: vec!["111122223333".parse().unwrap()],
            pipelines: vec!["payments".parse().unwrap()],
            stage: "Release".parse().unwrap(),
        }
    }
}

/// Removes repeated items and keeps the order.
fn distinct<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}
