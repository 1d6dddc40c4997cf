//! The JSON Schemas of a rule's values, for editors and other programs: what the parsers check, as
//! far as a schema can say it. A test of `policygen` compares the two over random rules.

use names::{ActionName, text_schema};
use schemars::{Schema, SchemaGenerator, json_schema};

use crate::glob::NameGlob;
use crate::handle::Affix;
use crate::pattern::PrincipalPattern;
use crate::proof::Environment;
use crate::strict::WholeNumber;
use crate::trusted_role::TrustedRole;

const IAM_NAME: &str = "^[A-Za-z0-9_+=,.@-]+$";
const ROSTER_ENTRY: &str = r"^(\*|([Rr][Oo][Ll][Ee]/)?[A-Za-z0-9_+=,.@-]+)$";
/// AWS writes it in lower case. A person may have typed it otherwise.
const EXECUTION_ID: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
/// What the base64 holds is checked by the parser alone.
const SIGNING_KEY: &str = concat!(
    r"^\s*(passkey:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+",
    r"|(ssh-ed25519|ecdsa-sha2-nistp256",
    r"|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)",
    r"[ \t]+[A-Za-z0-9+/]+={0,2}([ \t][^\r\n]*)?)\s*$",
);

text_schema! {
    Environment => "^[A-Za-z0-9._-]{1,64}$";
    Affix => "^([-_.=,+][A-Za-z0-9_.=,+-]*[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9_.=,+-]*[-_.=,+])$";
    NameGlob => "[^*?]";
    PrincipalPattern => concat!(
        r"^(arn:[^:]*:(iam::[^:]*:(user|role)/([\s\S]*/)?|sts::[^:]*:assumed-role/[^/]+/)",
        r"[A-Za-z0-9_+=,.@-]+",
        r"|(github|gitlab):([A-Za-z0-9._-]{1,255}|[A-Za-z0-9._-]{1,250}\[bot\])",
        r"(/(0|[1-9][0-9]{0,19}))?)$",
    );
    TrustedRole => concat!(
        r"^([A-Za-z0-9_+=,.@-]+",
        r"|[Aa][Ww][Ss][Rr][Ee][Ss][Ee][Rr][Vv][Ee][Dd][Ss][Ss][Oo][^*?]*[*?][\s\S]*)$",
    );
}

/// An object of lists that have at least one item each.
fn lists_by_name(name: &Schema, item: &Schema) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": name,
        "additionalProperties": { "type": "array", "items": item, "minItems": 1 },
    })
}

fn text(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern })
}

pub(crate) fn people(generator: &mut SchemaGenerator) -> Schema {
    lists_by_name(&text(IAM_NAME), &generator.subschema_for::<PrincipalPattern>())
}

pub(crate) fn signing_keys(_: &mut SchemaGenerator) -> Schema {
    lists_by_name(&text(IAM_NAME), &text(SIGNING_KEY))
}

pub(crate) fn roster(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": generator.subschema_for::<ActionName>(),
        "additionalProperties": {
            "type": "array",
            "items": text(ROSTER_ENTRY),
            "minItems": 1,
            // `*` is anybody, so other entries would have no effect.
            "if": { "type": "array", "contains": { "const": "*" } },
            "then": { "type": "array", "items": { "const": "*" } },
        },
    })
}

pub(crate) fn rp_id(_: &mut SchemaGenerator) -> Schema {
    text("^[a-z0-9.-]+$")
}

/// A browser leaves out the usual port. A port above 65535 is refused by the parser alone.
pub(crate) fn origin(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^(https://[a-z0-9.-]+|http://localhost)(:(0|[1-9][0-9]{0,4}))?$",
        "not": { "type": "string", "pattern": "^(https://[^:]+:443|http://[^:]+:80)$" },
    })
}

pub(crate) fn execution_id(_: &mut SchemaGenerator) -> Schema {
    text(EXECUTION_ID)
}

pub(crate) fn repositories(_: &mut SchemaGenerator) -> Schema {
    let reviewers = json_schema!({ "type": "integer", "minimum": 1, "maximum": u32::MAX });
    json_schema!({ "type": "object", "additionalProperties": reviewers })
}

impl schemars::JsonSchema for WholeNumber {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WholeNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}
