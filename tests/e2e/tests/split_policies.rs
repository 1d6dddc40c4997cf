//! The policies of `policygen generate`, in force: a whole release through `emulator serve
//! --account`, for each mechanism that separates the slots. A member of one slot is denied the
//! other, and the approval stays open. Two people of two slots pass the gate, which has only the
//! generated permissions.

#![cfg(test)]

use std::collections::BTreeMap;
use std::process::Command;

use e2e::{Emulator, PIPELINE, STAGE, Setup, binary};
use emulator::aws::{Caller, Ended};
use lambda::aws::sdk::error::ProvideErrorMetadata;
use lambda::aws::sdk::types::{ApprovalResult, ApprovalStatus};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const DEFAULTS: &str = "{}";
/// From the notes of `policygen generate`.
const TRUSTED: &str = r#"{"trustedSessionRoles": ["TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB", "AWSReservedSSO_TwoPersonRule-Approval*"]}"#;

const DENIES: &str = "with an explicit deny in an identity-based policy";
const DOES_NOT_ALLOW: &str =
    "because no identity-based policy allows the codepipeline:PutApprovalResult action";

/// An account with the generated policies, and the callers.
struct Company {
    documents: BTreeMap<String, Value>,
    users: Vec<Value>,
    groups: Vec<Value>,
    roles: Vec<Value>,
    principals: BTreeMap<String, String>,
}

impl Company {
    /// An account with the generated role of the gate; a manager, who may do everything except
    /// approve or report on a job; and a user without permissions.
    fn new(mechanism: &[&str]) -> Self {
        let target = [
            "--region",
            "us-east-1",
            "--account",
            ACCOUNT,
            "--pipeline",
            PIPELINE,
            "--stage",
            STAGE,
        ];
        let output = Command::new(binary("policygen"))
            .arg("generate")
            .args(target)
            .args(mechanism)
            .args(["--gate", "--guardrails", "--format", "json"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut company = Self {
            documents: serde_json::from_slice(&output.stdout).unwrap(),
            users: Vec::new(),
            groups: Vec::new(),
            roles: Vec::new(),
            principals: BTreeMap::new(),
        };
        company.role("TwoPersonRule-Gate", &["TwoPersonRule-Gate"]);
        company.user("stranger", &[], &[]);
        company.user("manager", &[], &[]);
        company.allow(
            "manager",
            json!({"NotAction": ["codepipeline:PutApprovalResult", "codepipeline:PutJob*"], "Resource": "*"}),
        );
        company
    }

    /// Adds a group with the policy of the same name.
    fn group(&mut self, name: &str) {
        self.groups.push(json!({
            "GroupName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:group/{name}"), "GroupPolicyList": [],
            "AttachedManagedPolicies": attached(&[name, "TwoPersonRule-Guardrails"]),
        }));
    }

    /// Adds a user, whose access key id is its name.
    fn user(&mut self, name: &str, groups: &[&str], tags: &[(&str, &str)]) {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        let tags: Vec<Value> =
            tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        self.users.push(json!({
            "UserName": name, "UserId": format!("AIDA{name}"), "Arn": arn, "GroupList": groups, "Tags": tags,
            "UserPolicyList": [], "AttachedManagedPolicies": [],
        }));
        self.principals.insert(name.to_owned(), arn);
    }

    /// Gives a user another permission.
    fn allow(&mut self, name: &str, mut statement: Value) {
        let user = self.users.iter_mut().find(|user| user["UserName"] == name).unwrap();
        statement["Effect"] = json!("Allow");
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let policies = user["UserPolicyList"].as_array_mut().unwrap();
        policies.push(json!({"PolicyName": "Own", "PolicyDocument": document}));
    }

    /// Adds a generated role with its generated trust policy.
    fn role(&mut self, name: &str, policies: &[&str]) {
        let trust = self.documents[&format!("{name}.trust.json")].clone();
        self.roles.push(json!({
            "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            "AssumeRolePolicyDocument": trust, "RolePolicyList": [], "AttachedManagedPolicies": attached(policies),
        }));
    }

    /// Adds the role that IAM Identity Center creates for a permission set.
    fn permission_set(&mut self, name: &str) {
        let role = format!("AWSReservedSSO_{name}_0123456789abcdef");
        let inline = self.documents[&format!("{name}.permission-set.json")].clone();
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE")},
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }]});
        self.roles.push(json!({
            "RoleName": role, "RoleId": format!("AROA{name}"),
            "Arn": format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{role}"),
            "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": attached(&["TwoPersonRule-Guardrails"]),
            "RolePolicyList": [{"PolicyName": "AwsSSOInlinePolicy", "PolicyDocument": inline}],
        }));
    }

    /// Adds a session of a role.
    fn session(&mut self, key_id: &str, role: &str, session: &str) {
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}");
        self.principals.insert(key_id.to_owned(), arn);
    }

    /// The account as `aws iam get-account-authorization-details` prints it.
    fn snapshot(&self) -> Value {
        let policies = self.documents.iter().filter_map(|(file, document)| {
            let name = file.strip_suffix(".policy.json")?;
            let version = json!({"VersionId": "v1", "IsDefaultVersion": true, "Document": document});
            Some(json!({"PolicyName": name, "Arn": policy_arn(name), "PolicyVersionList": [version]}))
        });
        json!({
            "UserDetailList": self.users, "GroupDetailList": self.groups, "RoleDetailList": self.roles,
            "Policies": policies.collect::<Vec<_>>(),
        })
    }

    /// An emulator in which this account decides, with an execution that waits for its approvals.
    async fn release(&self, rule: &'static str) -> Release<'_> {
        let [account, principals] = [self.snapshot(), json!(self.principals)].map(|content| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), content.to_string()).unwrap();
            file
        });
        let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
        let emulator = Emulator::start(&Setup {
            rule: Some(rule),
            arguments: vec![
                "--account".to_owned(),
                path(&account),
                "--principals".to_owned(),
                path(&principals),
            ],
            ..Setup::default()
        });
        emulator.create_pipeline_as("manager", None).await;
        let execution_id = emulator.start_execution("manager").await;
        Release { company: self, emulator, execution_id }
    }
}

fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

fn attached(policies: &[&str]) -> Vec<Value> {
    let policies = policies.iter();
    policies.map(|name| json!({"PolicyName": name, "PolicyArn": policy_arn(name)})).collect()
}

struct Release<'a> {
    company: &'a Company,
    emulator: Emulator,
    execution_id: String,
}

impl Release<'_> {
    fn caller(&self, key_id: &str) -> Caller {
        self.emulator.caller(key_id)
    }

    /// The token of an approval, as soon as it is open.
    async fn token(&self, slot: &str) -> String {
        let caller = self.caller("manager");
        for _ in 0..2_000 {
            let state = caller.client().get_pipeline_state().name(PIPELINE).send().await.unwrap();
            let actions = state.stage_states().iter().flat_map(|stage| stage.action_states());
            let run = actions
                .filter(|action| action.action_name() == Some(slot))
                .find_map(|action| action.latest_execution());
            if let Some(token) = run.and_then(|run| run.token()) {
                return token.to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{slot} does not open");
    }

    /// A caller tries a slot: IAM denies it, and the approval stays open.
    async fn denied(&self, key_id: &str, slot: &str, why: &str) {
        let token = self.token(slot).await;
        let approved =
            ApprovalResult::builder().summary("mine too").status(ApprovalStatus::Approved);
        let caller = self.caller(key_id);
        let call = caller.client().put_approval_result();
        let call = call.pipeline_name(PIPELINE).stage_name(STAGE).action_name(slot).token(&token);
        let error = call.result(approved.build().unwrap()).send().await.expect_err(key_id);
        assert_eq!(error.code(), Some("AccessDeniedException"), "{key_id} {slot}");
        let arn = &self.company.principals[key_id];
        let message = format!(
            "User: {arn} is not authorized to perform: codepipeline:PutApprovalResult on resource: \
             arn:aws:codepipeline:us-east-1:{ACCOUNT}:{PIPELINE}/{STAGE}/{slot} {why}"
        );
        assert_eq!(error.message(), Some(message.as_str()));
        assert_eq!(self.token(slot).await, token, "{slot} stays open");
    }

    async fn approve(&self, key_id: &str, slot: &str) {
        let approved = self.caller(key_id).approve(PIPELINE, STAGE, slot).await;
        approved.unwrap_or_else(|error| panic!("{key_id} {slot}: {error:?}"));
    }

    async fn end(&self) -> Ended {
        let caller = self.caller("manager");
        caller.end_of(PIPELINE, &self.execution_id, "Gate").await.unwrap()
    }

    async fn passes(&self) {
        let ended = self.end().await;
        assert!(ended.succeeded && ended.done.contains(&"Deploy".to_owned()), "{}", ended.gate);
        assert_eq!(ended.variables["Verdict"], "satisfied", "{}", ended.gate);
    }

    async fn is_refused(&self, reason: &str) {
        let ended = self.end().await;
        assert!(!ended.succeeded && !ended.done.contains(&"Deploy".to_owned()));
        assert!(ended.gate.contains(&format!("- {reason}: ")), "{}", ended.gate);
    }

    /// One person for each slot: neither may serve the other's slot, and together they pass.
    async fn two_people_pass(&self, a: &str, b: &str, why: &str) {
        self.denied("stranger", "ApprovalA", DOES_NOT_ALLOW).await;
        self.denied("manager", "ApprovalB", DOES_NOT_ALLOW).await;
        self.denied(a, "ApprovalB", why).await;
        self.denied(b, "ApprovalA", why).await;
        self.approve(a, "ApprovalA").await;
        self.denied(a, "ApprovalB", why).await;
        self.approve(b, "ApprovalB").await;
        self.passes().await;
    }
}

fn groups(options: &[&str]) -> Company {
    let mut company = Company::new(&[&["--mechanism", "groups"], options].concat());
    let [a, b] = ["TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"];
    company.group(a);
    company.group(b);
    company.user("alice", &[a], &[]);
    company.user("bob", &[b], &[]);
    company.user("carol", &[a, b], &[]);
    company
}

#[tokio::test]
async fn a_group_for_each_slot() {
    let company = groups(&["--exclusive"]);
    let release = company.release(DEFAULTS).await;
    for slot in ["ApprovalA", "ApprovalB"] {
        release.denied("carol", slot, DENIES).await;
    }
    release.two_people_pass("alice", "bob", DENIES).await;
}

/// A broad policy, such as AWSCodePipelineApproverAccess, does not give anybody a second slot.
#[tokio::test]
async fn a_group_for_each_slot_and_an_approver_of_everything() {
    let mut company = groups(&["--exclusive"]);
    company.allow("alice", json!({"Action": "codepipeline:*", "Resource": "*"}));
    let release = company.release(DEFAULTS).await;
    release.two_people_pass("alice", "bob", DENIES).await;
}

/// Then nothing denies a second slot, and only the gate can see that there is one person.
#[tokio::test]
async fn groups_that_do_not_exclude_leave_it_to_the_gate() {
    let company = groups(&["--no-exclusive"]);
    let release = company.release(DEFAULTS).await;
    release.two_people_pass("alice", "bob", DOES_NOT_ALLOW).await;

    let release = company.release(DEFAULTS).await;
    release.approve("carol", "ApprovalA").await;
    release.approve("carol", "ApprovalB").await;
    release.is_refused("same-person").await;
}

/// Requests with long-term access keys have no second factor.
#[tokio::test]
async fn nobody_approves_by_an_access_key_where_a_second_factor_is_required() {
    let company = groups(&["--require-mfa"]);
    let release = company.release(DEFAULTS).await;
    release.denied("alice", "ApprovalA", DENIES).await;
    release.denied("bob", "ApprovalB", DENIES).await;
}

#[tokio::test]
async fn a_tag_for_each_slot() {
    let mut company = Company::new(&["--mechanism", "tag"]);
    let group = "TwoPersonRule-Approvers";
    company.group(group);
    company.user("alice", &[group], &[("ApprovalSlot", "A")]);
    company.user("bob", &[group], &[("ApprovalSlot", "B")]);
    company.user("carol", &[group], &[]);
    company.user("dave", &[group], &[("ApprovalSlot", "*")]);
    let release = company.release(DEFAULTS).await;
    for key_id in ["carol", "dave"] {
        for slot in ["ApprovalA", "ApprovalB"] {
            release.denied(key_id, slot, DENIES).await;
        }
    }
    release.two_people_pass("alice", "bob", DENIES).await;
}

/// A role for each slot: alice and bob pass. IAM cannot see that alice has assumed both roles, but
/// the gate does.
async fn a_role_for_each_slot(mut company: Company, roles: [&str; 2], names: [&str; 2]) {
    company.session("a-alice", roles[0], names[0]);
    company.session("b-alice", roles[1], names[0]);
    company.session("b-bob", roles[1], names[1]);
    let release = company.release(TRUSTED).await;
    release.two_people_pass("a-alice", "b-bob", DENIES).await;

    let release = company.release(TRUSTED).await;
    release.approve("a-alice", "ApprovalA").await;
    release.approve("b-alice", "ApprovalB").await;
    release.is_refused("same-person").await;
}

const ROLES: [&str; 2] = ["TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"];

fn generated_roles(trust: &[&str]) -> Company {
    let mut company = Company::new(&[&["--mechanism", "roles"], trust].concat());
    for name in ROLES {
        company.role(name, &[name, "TwoPersonRule-Guardrails"]);
    }
    company
}

#[tokio::test]
async fn a_role_for_each_slot_assumed_from_an_account() {
    let company = generated_roles(&["--trust-account", ACCOUNT, "--require-mfa"]);
    a_role_for_each_slot(company, ROLES, ["alice", "bob"]).await;
}

#[tokio::test]
async fn a_role_for_each_slot_assumed_through_saml() {
    let company =
        generated_roles(&["--trust-saml", "arn:aws:iam::111122223333:saml-provider/Example"]);
    a_role_for_each_slot(company, ROLES, ["alice@example.com", "bob@example.com"]).await;
}

#[tokio::test]
async fn a_permission_set_for_each_slot() {
    let instance = "arn:aws:sso:::instance/ssoins-1234567890abcdef";
    let mut company = Company::new(&["--mechanism", "roles", "--identity-center", instance]);
    for name in ROLES {
        company.permission_set(name);
    }
    let roles = [
        "AWSReservedSSO_TwoPersonRule-ApprovalA_0123456789abcdef",
        "AWSReservedSSO_TwoPersonRule-ApprovalB_0123456789abcdef",
    ];
    a_role_for_each_slot(company, roles, ["alice@example.com", "bob@example.com"]).await;
}

/// An approver with all other permissions can neither remove the gate from the pipeline nor report
/// in its place.
#[tokio::test]
async fn guardrails_hold_who_may_do_everything_else() {
    let mut company = groups(&[]);
    company.allow("alice", json!({"Action": "*", "Resource": "*"}));
    let release = company.release(DEFAULTS).await;
    let caller = release.caller("alice");
    let client = caller.client();
    let pipeline = client.get_pipeline().name(PIPELINE).send().await.unwrap().pipeline;
    let error = client.update_pipeline().set_pipeline(pipeline).send().await.unwrap_err();
    let arn = &company.principals["alice"];
    assert_eq!(
        error.message().unwrap(),
        format!(
            "User: {arn} is not authorized to perform: codepipeline:UpdatePipeline on resource: \
             arn:aws:codepipeline:us-east-1:{ACCOUNT}:{PIPELINE} {DENIES}"
        )
    );
    let job = "00000000-0000-4000-8000-000000000000";
    let error = client.put_job_success_result().job_id(job).send().await.unwrap_err();
    assert_eq!(
        error.message().unwrap(),
        format!(
            "User: {arn} is not authorized to perform: codepipeline:PutJobSuccessResult {DENIES}"
        )
    );
}

/// IAM also decides for the gate: without permission to read the history it has no verdict.
#[tokio::test]
async fn a_gate_with_less_than_the_generated_permissions_lets_nothing_pass() {
    let mut company = groups(&[]);
    let policy = company.documents.get_mut("TwoPersonRule-Gate.policy.json").unwrap();
    let statements = policy["Statement"].as_array_mut().unwrap();
    let seeing =
        statements.iter_mut().find(|statement| statement["Sid"] == "SeeApprovals").unwrap();
    seeing["Action"] = json!("codepipeline:GetPipelineState");
    let release = company.release(DEFAULTS).await;
    release.approve("alice", "ApprovalA").await;
    release.approve("bob", "ApprovalB").await;
    let ended = release.end().await;
    assert!(
        !ended.succeeded && ended.gate.contains("codepipeline:ListActionExecutions"),
        "{}",
        ended.gate
    );
}
