//! Session names that software generates, which do not say who is behind a session.

/// Whether services or SDKs generate session names like this one. It is never the name of a person
/// who uses a trusted role.
///
/// Sources: `RoleSessionName` defaults of botocore (`botocore-session-`, `AWS-CLI-session-`), of
/// the AWS SDKs for Go (`aws-go-sdk-`, or the time in nanoseconds), Java (`aws-sdk-java-`),
/// JavaScript (`aws-sdk-js-`), PHP (`aws-sdk-php-`), .NET (`aws-dotnet-sdk-session-`), Ruby
/// (`default_session`) and Rust (`assume-role-provider-`, `web-identity-token-`); EC2 instance
/// profiles (the instance id), Systems Manager (`mi-`), CodeBuild (`AWSCodeBuild-`), CodePipeline
/// (the time in milliseconds), ECS (32 hexadecimal digits), Step Functions (32 letters, such as
/// `pUBglYSipyAbyPsehEoWHmOFMDviUKzd`), IAM Roles Anywhere (the serial number of the certificate in
/// hexadecimal digits), API Gateway (`BackplaneAssumeRoleSession`), EKS Pod Identity (`eks-`),
/// CloudFormation, Cognito, Glue, SageMaker and GitHub Actions.
pub(crate) fn is_generated(name: &str) -> bool {
    const PREFIXES: [&str; 15] = [
        "botocore-session-",
        "aws-cli-session-",
        "aws-go-sdk-",
        "aws-dotnet-sdk-",
        "aws-sdk-",
        "assume-role-provider-",
        "assume-role-from-profile-",
        "web-identity-token-",
        "awscodebuild-",
        "codebuild-",
        "awscodepipeline-",
        "eks-",
        "ecs-",
        "aws-chatbot-",
        "terraform-",
    ];
    const NAMES: [&str; 15] = [
        "backplaneassumerolesession",
        "awscloudformation",
        "awscodepipeline",
        "cognitoidentitycredentials",
        "default_session",
        "defaultsession",
        "default-session",
        "dotnetsession",
        "githubactions",
        "gluejobrunnersession",
        "sagemaker",
        "sagemakerstudio",
        "assumerolesession",
        "aws-sdk",
        "terraform",
    ];
    let name = name.to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.contains(&name.as_str())
        || is_id(&name, "i-", &[8, 17])
        || is_id(&name, "mi-", &[8, 17])
        || is_random(&name)
        || is_time(&name)
}

/// `prefix` and then hexadecimal digits, as many as one of `lengths`.
fn is_id(name: &str, prefix: &str, lengths: &[usize]) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|id| lengths.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Exactly 32 letters or digits, or one long hexadecimal number. People's names of that length
/// contain a `.`, `-`, `_` or `@`.
fn is_random(name: &str) -> bool {
    (name.len() == 32 && name.bytes().all(|b| b.is_ascii_alphanumeric()))
        || (name.len() >= 16 && name.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Only seconds, milliseconds or nanoseconds since 1970: 10 digits or more. Staff numbers are
/// shorter.
fn is_time(name: &str) -> bool {
    name.len() >= 10 && name.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_are_distinguished_from_names_of_people() {
        for name in [
            "botocore-session-1732300000",
            "AWS-CLI-session-1732300000",
            "aws-go-sdk-1732300000000000000",
            "aws-sdk-js-session-1732300000000",
            "i-0123456789abcdef0",
            "i-01234567",
            "mi-0123456789abcdef0",
            "AWSCodeBuild-7f3c1b9e-0000-4000-8000-0123456789ab",
            "1732300000000",
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcdef01234567",
            "pUBglYSipyAbyPsehEoWHmOFMDviUKzd",
            "aws-dotnet-sdk-session-636238288466144357",
            "BackplaneAssumeRoleSession",
            "CognitoIdentityCredentials",
            "GitHubActions",
        ] {
            assert!(is_generated(name), "{name}");
        }
        for name in [
            "alice",
            "alice@example.com",
            "i-ng@example.com",
            "ekströmeks",
            "eva-sdk@example.com",
            "1234567@example.com",
            "123456789",
            "i-am-bob",
            "i-christen",
            "i-abe",
            "christopher.montgomery-smithson1",
            "deadbeef",
        ] {
            assert!(!is_generated(name), "{name}");
        }
    }
}
