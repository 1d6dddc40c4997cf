//! The pipelines that the policies are about, and the stage of the approvals.

use iam::Pattern;

use super::name::{AccountGlob, FunctionName, PipelineGlob, RoleRef, StageGlob};
use super::partition::{Partition, Region};

/// The pipelines that the policies are about, and the stage of the approvals.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    partition: Partition,
    regions: Vec<Region>,
    accounts: Vec<AccountGlob>,
    pipelines: Vec<PipelineGlob>,
    stage: StageGlob,
}

/// Why the pipelines are not determined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// An option is missing.
    #[error("no {what} is given; give `{flag}`, or `{flag} '*'` to mean any")]
    Missing {
        /// What the option gives.
        what: &'static str,
        /// The option.
        flag: &'static str,
    },
    /// A region of another partition.
    #[error(
        "the region `{region}` is not in the partition `{partition}`; give `--partition {right}` or another region"
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

impl Targets {
    pub(crate) fn new(
        partition: Option<Partition>,
        regions: Vec<Region>,
        accounts: Vec<AccountGlob>,
        pipelines: Vec<PipelineGlob>,
        stage: Option<StageGlob>,
    ) -> Result<Self, TargetError> {
        let missing = |what, flag| TargetError::Missing { what, flag };
        if regions.is_empty() {
            return Err(missing("region", "--region"));
        }
        if accounts.is_empty() {
            return Err(missing("account", "--account"));
        }
        if pipelines.is_empty() {
            return Err(missing("pipeline", "--pipeline"));
        }
        // `*` is in every partition. Without another region, the commercial partition is meant.
        let partition =
            partition.or_else(|| regions.iter().find_map(Partition::of)).unwrap_or(Partition::Aws);
        for region in &regions {
            if let Some(right) = Partition::of(region)
                && !partition.has(region)
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
            stage: stage.ok_or_else(|| missing("stage", "--stage"))?,
        })
    }

    pub(crate) fn partition(&self) -> Partition {
        self.partition
    }

    pub(crate) fn regions(&self) -> &[Region] {
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
        self.in_every_place("codepipeline", self.pipelines.iter().map(ToString::to_string))
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`, the resource of PutApprovalResult
    /// (Service Authorization Reference, CodePipeline).
    pub(crate) fn action_arns(&self, action: &str) -> Vec<String> {
        let actions =
            self.pipelines.iter().map(|pipeline| format!("{pipeline}/{}/{action}", self.stage));
        self.in_every_place("codepipeline", actions)
    }

    /// The function without its versions and aliases.
    pub(crate) fn function_arns(&self, function: &FunctionName) -> Vec<String> {
        self.in_every_place("lambda", [format!("function:{function}")].into_iter())
    }

    /// The function with all its versions and aliases.
    pub(crate) fn function_and_version_arns(&self, function: &FunctionName) -> Vec<String> {
        let forms = [format!("function:{function}"), format!("function:{function}:*")];
        self.in_every_place("lambda", forms.into_iter())
    }

    /// The log group of a function, with its streams.
    pub(crate) fn log_arns(&self, function: &FunctionName) -> Vec<String> {
        let group = format!("log-group:/aws/lambda/{function}");
        self.in_every_place("logs", [group.clone(), format!("{group}:*")].into_iter())
    }

    /// `arn:P:iam::ACCT:RESOURCE`.
    pub(crate) fn iam_arns(&self, resource: &str) -> Vec<String> {
        let partition = self.partition;
        let arn = |account| format!("arn:{partition}:iam::{account}:{resource}");
        self.accounts.iter().map(arn).collect()
    }

    /// A role as `aws:PrincipalArn` shows it.
    pub(crate) fn role_arns(&self, role: &RoleRef) -> Vec<String> {
        if role.starts_with("arn:") {
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
        let account = self.accounts.first().filter(|account| ***account != *"*");
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

    fn in_every_place(
        &self,
        service: &str,
        resources: impl Iterator<Item = String> + Clone,
    ) -> Vec<String> {
        let mut arns = Vec::new();
        for region in &self.regions {
            for account in &self.accounts {
                let partition = self.partition;
                let arn =
                    |resource| format!("arn:{partition}:{service}:{region}:{account}:{resource}");
                arns.extend(resources.clone().map(arn));
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
