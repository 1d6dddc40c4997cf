//! The JSON Schemas of the settings' values, for editors: what the parsers check, as far as a
//! schema can say it. A test of `policygen` compares the two over random settings.

use names::{region_pattern, text_schema};

use crate::name::{
    BucketName, IdentityCenter, Prefix, RegionOrAny, RoleName, RoleRef, SamlProvider,
};
use crate::settings::MfaAge;
use crate::slot::{SlotName, SlotPattern};
use crate::topic::SlotTopic;

text_schema! {
    BucketName => "^[a-z0-9.-]{3,63}$";
    IdentityCenter => plain_arn("sso", "instance/(ssoins|ins)-");
    // What units a time may have, and that it has at most 36 hours, is checked by the parser alone.
    MfaAge => "[0-9]";
    Prefix => "^[A-Za-z0-9_+=,.@-]{1,32}$";
    RegionOrAny => format!(r"^(\*|{})$", region_pattern());
    RoleName => "^[A-Za-z0-9_+=,.@-]{1,64}$";
    RoleRef => format!("^[A-Za-z0-9_+=,.@-]{{1,64}}$|{}", plain_arn("iam", "role/"));
    SamlProvider => plain_arn("iam", "saml-provider/");
    SlotName => "^[A-Za-z0-9.@_-]{1,100}$";
    SlotPattern => "^[A-Za-z0-9.@_-]{1,100}=[A-Za-z0-9.@_*?-]{1,100}$";
    SlotTopic => "^[^=]+=arn:[^:]*:sns:[^:]*:[^:]*:[^:]*$";
}

/// The ARN of a resource of a service, without wildcards and characters that a shell or a template
/// would expand.
fn plain_arn(service: &str, resource: &str) -> String {
    // The characters from `!` to `~` without `*?'"` and the backtick, `$` and the backslash; and in
    // the first fields without the colon.
    let field = "[!#%&(-)+-9;->@-\\[\\]-_a-~]";
    let any = "[!#%&(-)+->@-\\[\\]-_a-~]";
    format!("^arn:{field}+:{service}:{field}*:{field}*:{resource}{any}+$")
}
