//! The functions of the script, each of which creates something or updates what is there.

/// Creates a policy, or makes this document its default version. Old versions are deleted: a policy
/// has at most five, and nobody should be able to go back to an earlier one (IAM User Guide,
/// "Versioning IAM policies").
pub(super) const POLICY: &str = r#"
put_policy() { # NAME DESCRIPTION DOCUMENT; sets arn
  local versions version
  arn=$(aws iam list-policies --scope Local \
    --query "Policies[?PolicyName=='$1'].Arn" --output text | tr -d '[:space:]')
  if [ -z "$arn" ]; then
    arn=$(aws iam create-policy --policy-name "$1" --description "$2" \
      --policy-document "$3" --query Policy.Arn --output text)
    return
  fi
  versions=$(aws iam list-policy-versions --policy-arn "$arn" \
    --query 'Versions[?IsDefaultVersion==`false`].VersionId' --output text)
  for version in $versions; do
    aws iam delete-policy-version --policy-arn "$arn" --version-id "$version"
  done
  version=$(aws iam get-policy --policy-arn "$arn" --query Policy.DefaultVersionId --output text)
  aws iam create-policy-version --policy-arn "$arn" --policy-document "$3" \
    --set-as-default --output text >/dev/null
  aws iam delete-policy-version --policy-arn "$arn" --version-id "$version"
}
"#;

/// Creates a group if it does not exist.
pub(super) const GROUP: &str = r#"
put_group() { # NAME
  if ! aws iam get-group --group-name "$1" --output text >/dev/null 2>&1; then
    aws iam create-group --group-name "$1" --output text >/dev/null
  fi
}
"#;

/// Creates a role, or gives it this trust policy.
pub(super) const ROLE: &str = r#"
put_role() { # NAME DESCRIPTION TRUST
  if aws iam get-role --role-name "$1" --output text >/dev/null 2>&1; then
    aws iam update-assume-role-policy --role-name "$1" --policy-document "$3"
  else
    aws iam create-role --role-name "$1" --description "$2" \
      --assume-role-policy-document "$3" --output text >/dev/null
  fi
}
"#;

/// Creates a permission set, or finds it. A change has to reach the accounts where it is assigned.
pub(super) const PERMISSION_SET: &str = r#"
put_permission_set() { # INSTANCE NAME DESCRIPTION DOCUMENT
  local sets set name arn=
  sets=$(aws sso-admin list-permission-sets --instance-arn "$1" --query PermissionSets --output text)
  for set in $sets; do
    name=$(aws sso-admin describe-permission-set --instance-arn "$1" \
      --permission-set-arn "$set" --query PermissionSet.Name --output text)
    if [ "$name" = "$2" ]; then arn=$set; fi
  done
  if [ -z "$arn" ]; then
    arn=$(aws sso-admin create-permission-set --instance-arn "$1" --name "$2" \
      --description "$3" --query PermissionSet.PermissionSetArn --output text)
  else
    echo "$2 was there: run aws sso-admin provision-permission-set for it" >&2
  fi
  aws sso-admin put-inline-policy-to-permission-set --instance-arn "$1" \
    --permission-set-arn "$arn" --inline-policy "$4" --output text >/dev/null
}
"#;

/// Creates a service control policy, or gives it this document.
pub(super) const SCP: &str = r#"
put_scp() { # NAME DESCRIPTION DOCUMENT
  local id
  id=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY \
    --query "Policies[?Name=='$1'].Id" --output text | tr -d '[:space:]')
  if [ -z "$id" ]; then
    aws organizations create-policy --type SERVICE_CONTROL_POLICY --name "$1" \
      --description "$2" --content "$3" --output text >/dev/null
  else
    aws organizations update-policy --policy-id "$id" --content "$3" --output text >/dev/null
  fi
}
"#;

/// Names the policies that begin like those of the script and that it does not write, for example
/// the second part of a policy that was too long before. They may still allow or deny something.
pub(super) const OTHERS: &str = r#"
name_others() { # KIND FOUND WRITTEN
  local name
  for name in $2; do
    case " $3 " in
      *" $name "*) ;;
      *) echo "$1 $name is there, and not in this script: delete it if nothing else uses it" >&2 ;;
    esac
  done
}
"#;
