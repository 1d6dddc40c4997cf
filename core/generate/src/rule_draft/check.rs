//! Lists what a human must check before a drafted rule becomes the gate's.

use rule::RESERVED_PATH;

use super::Draft;

/// The maximum number of names in one sentence.
const LISTED: usize = 5;

/// Lambda's limit for all environment variables of a function, in bytes (AWS Lambda Developer
/// Guide, "Lambda quotas").
const ENVIRONMENT: usize = 4096;

impl Draft {
    /// What a human must check, one sentence each. `json` is the text of the rule.
    pub fn to_check(&self, json: &str) -> Vec<String> {
        let mut to_check = vec![self.people_to_check()];
        to_check.extend(self.joined());
        to_check.extend(self.identity_center());
        to_check.extend(self.look_alikes());
        to_check.extend(self.other_roles());
        to_check.extend(self.place());
        if json.len() > ENVIRONMENT {
            to_check.push(
                "the rule is longer than Lambda's limit for environment variables (4 KB): put it \
                 into a layer (`templates/package --rule`) and name its file in \
                 TWO_PERSON_RULE_FILE"
                    .to_owned(),
            );
        }
        to_check
    }

    fn people_to_check(&self) -> String {
        match self.people.len() {
            0 => "no IAM user may approve, so `people` is empty and with `onlyPeople` nobody \
                counts yet"
                .to_owned(),
            count => format!(
                "`people` has {count} {}: make sure that each is one human, that no human has two, \
                 and that none is a \
                 machine; name the users of machines in `notPeople` instead",
                if count == 1 { "entry, and the gate needs two" } else { "entries" }
            ),
        }
    }

    /// Entries that have several users because their names are the same.
    fn joined(&self) -> Option<String> {
        let joined = self.people.iter().filter(|(_, arns)| arns.len() > 1);
        let names: Vec<&str> = joined.map(|(name, _)| name.as_str()).collect();
        let have = match names.len() {
            0 => return None,
            1 => "has",
            _ => "each have",
        };
        Some(format!(
            "{} {have} several users with the same name, who count as one human; if they are not, \
             give each user an entry",
            listed(&names)
        ))
    }

    /// Users of IAM Identity Center, who are not in an account's snapshot.
    fn identity_center(&self) -> Option<String> {
        // With several roles, a pattern is enough: `trustedSessionRoles` has their exact names.
        let role = match self.trusted.len() {
            0 => return None,
            1 => self.trusted.first()?,
            _ => "AWSReservedSSO_*",
        };
        Some(format!(
            "users of IAM Identity Center are not in the file, and do not count until you add them \
             to `people`: \
             \"NAME\": [\"arn:{}:sts::{}:assumed-role/{role}/NAME@example.com\"], with the user \
             name of IAM Identity Center after the last `/`; \
             if a person also has an IAM user, put both into one entry",
            self.partition, self.account_id
        ))
    }

    /// Roles whose names look like those of IAM Identity Center.
    fn look_alikes(&self) -> Option<String> {
        let names: Vec<&str> = self.untrusted().filter(|name| is_called_reserved(name)).collect();
        (!names.is_empty()).then(|| {
            format!(
                "{} may approve and is not under the path {RESERVED_PATH}, so IAM Identity Center \
                 did not create it, although its name looks \
                 like that: find out who did, and do not trust it",
                listed(&names)
            )
        })
    }

    fn other_roles(&self) -> Option<String> {
        let names: Vec<&str> = self.untrusted().filter(|name| !is_called_reserved(name)).collect();
        let (are, it) = match names.len() {
            0 => return None,
            1 => ("the role", "it"),
            _ => ("the roles", "them"),
        };
        Some(format!(
            "{are} {} may also approve, and approvals through {it} do not count; if an identity \
             provider sets the session names of one, \
             add its exact name to `trustedSessionRoles` and its people to `people`",
            listed(&names),
        ))
    }

    fn untrusted(&self) -> impl Iterator<Item = &str> {
        self.untrusted.iter().map(String::as_str)
    }

    fn place(&self) -> Option<String> {
        let missing = match (&self.wanted.stage, self.wanted.actions.is_empty()) {
            (Some(_), false) => return None,
            (None, true) => "`stage` and `actions` are",
            (None, false) => "`stage` is",
            (Some(_), true) => "`actions` is",
        };
        Some(format!(
            "{missing} left out, so anyone who edits the pipeline has more choices; give --stage \
             and --slot if the gate serves one pipeline"
        ))
    }
}

fn is_called_reserved(role: &str) -> bool {
    role.to_ascii_lowercase().starts_with("awsreservedsso_")
}

/// The first names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(LISTED).map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
