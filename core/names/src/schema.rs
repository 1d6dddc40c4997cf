//! The JSON Schemas of names, for editors and other programs: what the parsers check, as regular
//! expressions.

use crate::{
    AccountGlob, AccountId, ActionGlob, ActionName, FunctionRef, KmsKeyArn, Object, Partition,
    PipelineGlob, S3Uri, StageGlob, StageName,
};

/// Declares the JSON Schema of types that are read from a text: a string that matches a pattern,
/// and not another one. The patterns have no look-ahead, which some engines lack.
#[macro_export]
macro_rules! text_schema {
    ($($name:ty => $pattern:expr $(, not $other:expr)?;)+) => {$(
        impl $crate::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $crate::schemars::json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    $("not": { "type": "string", "pattern": $other },)?
                })
            }
        }
    )+};
}

/// The characters of names of CodePipeline.
const NAME: &str = "^[A-Za-z0-9.@_-]{1,100}$";
const GLOB: &str = "^[A-Za-z0-9.@_*?-]{1,100}$";

text_schema! {
    AccountGlob => r"^([0-9]{12}|\*)$";
    AccountId => "^[0-9]{12}$";
    ActionGlob => GLOB;
    ActionName => NAME;
    FunctionRef => concat!(
        r"^(arn:aws(-[a-z-]+)?:lambda:[a-z0-9-]+:[0-9]{12}:function:",
        r"|([a-z]+(-[a-z]+)+-[0-9]+:)?([0-9]{12}:)?(function:)?)",
        r"[A-Za-z0-9_-]{1,64}(:(\$LATEST(\.PUBLISHED)?|[A-Za-z0-9_-]{1,128}))?$",
    );
    KmsKeyArn => "^arn:aws(-[a-z-]+)?:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$";
    PipelineGlob => GLOB;
    S3Uri => concat!(
        r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        r"(/[^\u0000-\u001f\u007f-\u009f]{0,1024})?$",
    ), not r"^s3://[^/]*\.\.";
    StageGlob => GLOB;
    StageName => NAME;
}

/// The schema of the value itself.
impl<T: schemars::JsonSchema> schemars::JsonSchema for Object<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// The pattern of the regions of all partitions, without `^` and `$`.
#[must_use]
pub fn region_pattern() -> String {
    let prefixes = Partition::ALL.into_iter().flat_map(Partition::region_prefixes);
    let prefixes: Vec<&str> = prefixes.copied().collect();
    format!("({})-[a-z]+-[0-9]+", prefixes.join("|"))
}
