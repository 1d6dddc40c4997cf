//! What `policygen audit` reads: the account from a file, from standard input or from AWS, and what
//! it refuses.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::audit::{GRACE, audit, codes, patched, several, sound};
use crate::checker::{AUDIT, found};
use crate::program::{Ran, policygen, policygen_reading};
use crate::server;

#[test]
fn what_the_api_sends_gives_what_the_cli_prints() {
    let mut encoded = several();
    encode(&mut encoded);
    assert!(encoded.to_string().contains("%22Statement%22"));
    for format in ["human", "json"] {
        assert_eq!(
            audit(&encoded, &["--format", format]).stdout,
            audit(&several(), &["--format", format]).stdout
        );
    }
}

/// With every policy document as text, URL-encoded after RFC 3986.
fn encode(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if ["PolicyDocument", "Document", "AssumeRolePolicyDocument"]
                    .contains(&key.as_str())
                {
                    *value = json!(
                        utf8_percent_encode(&value.to_string(), NON_ALPHANUMERIC).to_string()
                    );
                } else {
                    encode(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(encode),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_account_can_come_from_standard_input() {
    let read = policygen_reading(
        &several().to_string(),
        &["audit", "--account-file", "-", "--format", "json"],
    );
    assert_eq!(read.code, 10);
    assert_eq!(read.stdout, audit(&several(), &["--format", "json"]).stdout);
}

/// What is refused, and the words that say why.
fn refused(content: &str, words: &[&str]) {
    let ran = AUDIT.run_text(content, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{words:?}: {}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
}

#[test]
fn what_is_no_account_is_refused() {
    const NOT: &str = "not what `aws iam get-account-authorization-details` prints";
    refused("{", &[NOT, "EOF"]);
    refused("users:", &[NOT]);
    refused("[]", &[NOT]);
    refused("{}", &[NOT, "none of UserDetailList"]);
    refused(r#"{"Account": "111122223333"}"#, &[NOT, "none of UserDetailList"]);
    refused(r#"{"UserDetailList": {}}"#, &[NOT]);
    let whole = several().to_string();
    refused(whole.get(..whole.len() / 2).unwrap(), &[NOT]);
    let ran = policygen(&["audit", "--account-file", "no-such-file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
}

#[test]
fn a_part_of_an_account_is_refused() {
    let with = |key: &str, value: Value| {
        let mut account = sound();
        account[key] = value;
        account.to_string()
    };
    refused(&with("IsTruncated", json!(true)), &["only a part of the account", "--no-paginate"]);
    refused(&with("NextToken", json!("eyJNYXJr")), &["only a part of the account", "--max-items"]);
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        let mut account = sound();
        account.as_object_mut().unwrap().remove(list);
        refused(&account.to_string(), &["only a part of the account", list, "--filter"]);
    }
    // What is not truncated says so, too.
    assert_eq!(
        audit(&serde_json::from_str(&with("IsTruncated", json!(false))).unwrap(), &[]).code,
        0
    );
    assert_eq!(audit(&serde_json::from_str(&with("NextToken", json!(null))).unwrap(), &[]).code, 0);
}

/// What cannot be decided about a subject, in words, though the rest is judged.
fn not_decided(account: &Value, subject: &str, words: &[&str]) {
    let (ran, report) = AUDIT.examine(account, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""), "{subject}");
    let findings = report["findings"].as_array().unwrap().iter();
    let of_subject = |finding: &&Value| {
        let arn = finding["subject"]["arn"].as_str().unwrap();
        finding["code"] == "not-decided" && arn.ends_with(subject)
    };
    let found: Vec<&Value> = findings.filter(of_subject).collect();
    let [found] = found.as_slice() else { panic!("{subject}: {report}") };
    let message = found["message"].as_str().unwrap();
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_a_finding_about_those_who_have_it() {
    let odd = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Permit", "Action": "*", "Resource": "*"}]});
    let inline = json!([{"PolicyName": "Odd", "PolicyDocument": odd}]);
    let add = |path: &str, value: &Value| {
        let mut account = several();
        let (list, member) = path.rsplit_once('/').unwrap();
        account.pointer_mut(list).unwrap()[member] = value.clone();
        account
    };
    let several = several();
    let list = |path: &str, with: &Value| add(path, with);
    not_decided(
        &list("/UserDetailList/6/UserPolicyList", &inline),
        "user/grace",
        &["`Odd`", "`grace`", "Permit"],
    );
    not_decided(
        &list("/GroupDetailList/0/GroupPolicyList", &inline),
        several["GroupDetailList"][0]["Arn"].as_str().unwrap(),
        &["`Odd`", "Permit"],
    );
    not_decided(
        &list("/RoleDetailList/0/RolePolicyList", &inline),
        several["RoleDetailList"][0]["Arn"].as_str().unwrap(),
        &["`Odd`", "Permit"],
    );
    not_decided(
        &list("/RoleDetailList/0/AssumeRolePolicyDocument", &odd),
        several["RoleDetailList"][0]["Arn"].as_str().unwrap(),
        &["trust policy", "Permit"],
    );
    let version = "/Policies/0/PolicyVersionList/0";
    let named = several["Policies"][0]["PolicyName"].as_str().unwrap();
    let holders = several["GroupDetailList"].as_array().unwrap().iter();
    let holders =
        holders.filter(|group| group["AttachedManagedPolicies"].to_string().contains(named));
    let holder = holders.map(|group| group["Arn"].as_str().unwrap()).next().unwrap();
    not_decided(&list(&format!("{version}/Document"), &odd), holder, &["version v1", "Permit"]);
    not_decided(
        &list(&format!("{version}/IsDefaultVersion"), &json!(false)),
        holder,
        &["no default version"],
    );
}

/// Of what `--filter` leaves out the AWS CLI prints an empty list.
#[test]
fn a_file_without_roles_is_warned_of() {
    let mut account = sound();
    account["RoleDetailList"] = json!([]);
    let ran = audit(&account, &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.starts_with("warning: the file has no roles"), "{}", ran.stderr);
}

#[test]
fn an_empty_account_is_not_clean() {
    let empty =
        json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
    let ran = audit(&empty, &["--format", "json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("nothing to audit"), "{}", ran.stderr);
}

#[test]
fn a_boundary_that_is_not_in_the_file_bounds_nobody_and_is_warned_of() {
    let mut account = AUDIT.case("sound", "boundary").input;
    assert_eq!(codes(&account, GRACE, &[]), [""; 0]);
    account["Policies"].as_array_mut().unwrap().pop();
    let (ran, report) = AUDIT.examine(&account, &[]);
    assert_eq!(found(&report)[0].code, "can-approve-both-if");
    assert_eq!(
        ran.stderr,
        "warning: the permission boundary `arn:aws:iam::111122223333:policy/OnlyA` is not in the snapshot, so the \
         principals that have it are treated as unbounded\n"
    );
}

#[test]
fn thousands_of_boundaries_that_are_not_in_the_file_are_counted() {
    let mut account = AUDIT.case("sound", "boundary").input;
    account["Policies"].as_array_mut().unwrap().pop();
    let users = account["UserDetailList"].as_array_mut().unwrap();
    let mut bounded =
        users.iter().find(|user| user["PermissionsBoundary"].is_object()).unwrap().clone();
    for number in 1..=2_000 {
        let arn = format!("arn:aws:iam::111122223333:user/made-{number}");
        let limit = format!("arn:aws:iam::111122223333:policy/limit-{number}");
        bounded["UserName"] = json!(format!("made-{number}"));
        (bounded["UserId"], bounded["Arn"]) = (json!(format!("AIDA{number}")), json!(arn));
        bounded["PermissionsBoundary"]["PermissionsBoundaryArn"] = json!(limit);
        users.push(bounded.clone());
    }
    let (ran, _) = AUDIT.examine(&account, &[]);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.stderr);
    assert!(lines[2].contains("`arn:aws:iam::111122223333:policy/limit-2`"), "{}", lines[2]);
    assert_eq!(lines[3], "warning: 1998 more permission boundaries are not in the snapshot");
}

#[test]
fn the_permissions_that_it_needs_are_one() {
    let ran = policygen(&["audit", "--print-permissions"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let policy: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        policy["Statement"],
        json!([{
            "Sid": "ReadWhoMayDoWhat", "Effect": "Allow", "Action": "iam:GetAccountAuthorizationDetails", "Resource": "*",
        }])
    );
}

/// `audit` against a server that answers each request with the next of these, as IAM would.
fn live(answers: Vec<(u16, String)>, arguments: &[&str]) -> Ran {
    let mut answers = answers.into_iter();
    let answer = move |asked: &str| {
        assert!(asked.contains("action=getaccountauthorizationdetails"), "{asked}");
        answers.next().unwrap()
    };
    server::live("text/xml", answer, &[&["audit"], arguments].concat())
}

/// A page of the account, with one user and its marker if there is another page.
fn page(user: &str, marker: Option<&str>) -> (u16, String) {
    let rest = match marker {
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
        Some(marker) => format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
    };
    let policy = utf8_percent_encode(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"codepipeline:*","Resource":"*"}}"#,
        NON_ALPHANUMERIC,
    );
    let body = format!(
        "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <GetAccountAuthorizationDetailsResult><UserDetailList><member><UserName>{user}</UserName><UserId>AIDA{user}</UserId>\
         <Path>/</Path><Arn>arn:aws:iam::111122223333:user/{user}</Arn><CreateDate>2026-01-05T09:00:00Z</CreateDate>\
         <UserPolicyList><member><PolicyName>Own</PolicyName><PolicyDocument>{policy}</PolicyDocument></member></UserPolicyList>\
         </member></UserDetailList>{rest}</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
    );
    (200, body)
}

/// IAM has no regions: none need be configured, and `--region` says what is audited.
#[test]
fn a_live_account_is_read_page_by_page_without_a_region() {
    let ran = live(vec![page("alice", Some("2")), page("bob", None)], &["--format", "json"]);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    assert_eq!(
        report["checked"],
        "2 users, 0 groups, 0 roles and 2 policies of account 111122223333"
    );
    let both = found(&report).into_iter().filter(|finding| finding.code == "can-approve-both");
    let subjects: Vec<String> = both.map(|finding| finding.subject).collect();
    assert_eq!(
        subjects,
        ["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"]
    );
}

#[test]
fn what_aws_refuses_names_the_permission() {
    let denied = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
                  <Code>AccessDenied</Code><Message>not alice</Message></Error></ErrorResponse>";
    let ran = live(vec![(403, denied.to_owned())], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(
        ran.stderr,
        "error: AWS refuses iam:GetAccountAuthorizationDetails: not alice; give the caller this permission\n"
    );
}

/// Of AWS's own example of the AWS CLI's output.
#[test]
fn a_list_of_one_may_stand_without_brackets() {
    let mut account = sound();
    let attached = account["GroupDetailList"][0]["AttachedManagedPolicies"][0].clone();
    let whole = audit(&account, &["--format", "json"]);
    account["GroupDetailList"][0]["AttachedManagedPolicies"] = attached;
    assert_eq!(audit(&account, &["--format", "json"]).stdout, whole.stdout);
}

/// AWS takes them.
#[test]
fn null_resources_and_dates_that_are_not_documented_are_read() {
    let with = |statement: Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let policies = json!([{"PolicyName": "Own", "PolicyDocument": document}]);
        patched(
            json!([{"op": "add", "path": "/UserDetailList/6/UserPolicyList", "value": policies}]),
        )
    };
    let approve = "codepipeline:PutApprovalResult";
    let nothing = with(json!({"Effect": "Allow", "Action": approve, "Resource": [null]}));
    assert_eq!(codes(&nothing, GRACE, &[]), [""; 0]);
    let both = with(json!({"Effect": "Allow", "Action": approve, "Resource": [null, "*"]}));
    assert_eq!(codes(&both, GRACE, &[]), ["approver-without-mfa", "can-approve-both"]);
    // What it means is open.
    let dated = with(json!({
        "Effect": "Allow", "Action": approve, "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "01T"}},
    }));
    assert_eq!(codes(&dated, GRACE, &[]), ["approver-without-mfa", "can-approve-both-if"]);
}

/// In the same words each time: with the accounts, and a principal that is not of the first.
#[test]
fn a_file_of_several_accounts_is_refused_in_the_same_words() {
    let mut account = sound();
    account["UserDetailList"][2]["Arn"] = json!("arn:aws:iam::444455556666:user/carol");
    account["UserDetailList"][3]["Arn"] = json!("arn:aws:iam::000011112222:user/dan");
    for _ in 0..5 {
        refused(
            &account.to_string(),
            &[
                "the file has the principals of several accounts (000011112222, 111122223333, 444455556666): \
               `arn:aws:iam::444455556666:user/carol` is not of the account 111122223333",
            ],
        );
    }
}

/// AWS leaves deprecated policies out of its answer, though they are in force.
#[test]
fn a_policy_of_aws_that_is_not_in_the_file_is_judged_by_its_text_or_taken_for_the_worst() {
    let with = |name: &str| {
        let policy = format!("arn:aws:iam::aws:policy/{name}");
        let attached = json!([{"PolicyName": name, "PolicyArn": policy}]);
        patched(
            json!([{"op": "add", "path": "/UserDetailList/6/AttachedManagedPolicies", "value": attached}]),
        )
    };
    let known = codes(&with("AWSCodePipelineFullAccess"), GRACE, &[]);
    assert!(known.contains(&"can-approve-both".to_owned()), "{known:?}");
    assert!(!known.contains(&"not-decided".to_owned()), "{known:?}");
    assert_eq!(codes(&with("AWSLambdaReadOnlyAccess"), GRACE, &[]), [""; 0]);
    let unknown = with("AWSForgotten");
    not_decided(&unknown, GRACE, &["AWSForgotten", "AWS leaves deprecated policies out"]);
    assert!(codes(&unknown, GRACE, &[]).contains(&"can-approve-both".to_owned()));
}

/// What is attached but not in the file may be anything.
#[test]
fn a_policy_or_a_group_that_is_not_in_the_file_is_taken_for_the_worst_and_ends_no_report() {
    let unattached = patched(json!([{"op": "remove", "path": "/Policies/1"}]));
    let words = ["`TwoPersonRule-ApprovalA (not in the snapshot)`", "although it is attached"];
    not_decided(&unattached, "group/TwoPersonRule-ApprovalA", &words);
    let no_group = patched(json!([{"op": "remove", "path": "/GroupDetailList/0"}]));
    let words = ["`that of the group Developers`", "the group is not in the snapshot"];
    not_decided(&no_group, GRACE, &words);
    assert!(codes(&no_group, GRACE, &[]).contains(&"can-approve-both".to_owned()));
}

/// Windows PowerShell's `>` writes UTF-16, its `Out-File -Encoding utf8` a byte order mark.
#[test]
fn what_powershell_writes_is_read() {
    let text = several().to_string();
    let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        let units = text.encode_utf16().flat_map(unit);
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    let marked = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    let read = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        policygen(&["audit", "--format", "json", "--account-file", file.path().to_str().unwrap()])
    };
    let plain = read(text.as_bytes()).stdout;
    assert!(plain.contains("findings"));
    for bytes in
        [marked, wide(u16::to_le_bytes, [0xFF, 0xFE]), wide(u16::to_be_bytes, [0xFE, 0xFF])]
    {
        assert_eq!(read(&bytes).stdout, plain);
    }
    for broken in [
        &[0xFF, 0xFE, b'{'][..],
        &[0xFF, 0xFE, 0x00, 0xD8],
        &[0xEF, 0xBB, 0xBF, 0xFF],
        &[b'{', 0xFF],
    ] {
        let ran = read(broken);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains("it is not a text in UTF-"), "{}", ran.stderr);
    }
}
