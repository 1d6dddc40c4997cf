//! Names of pipelines, stages and actions, and ids of executions.

/// Whether CodePipeline allows a character in names of pipelines, stages and actions:
/// `[A-Za-z0-9.@\-_]` (CodePipeline API model, `PipelineName`, `StageName`, `ActionName`).
#[must_use]
pub fn is_pipeline_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".@_-".contains(c)
}

/// 1 to 100 of these characters (same source).
fn has_name_length(text: &str) -> bool {
    (1..=100).contains(&text.len())
}

fn is_name(text: &str) -> bool {
    has_name_length(text) && text.chars().all(is_pipeline_name_char)
}

fn is_glob(text: &str) -> bool {
    has_name_length(text) && text.chars().all(|c| is_pipeline_name_char(c) || "*?".contains(c))
}

crate::checked_text!(
    /// The name of a pipeline.
    pub PipelineName,
    "the name of a pipeline: 1 to 100 of A-Z a-z 0-9 . @ - _",
    is_name
);

crate::checked_text!(
    /// The name of a stage.
    pub StageName,
    "the name of a stage: 1 to 100 of A-Z a-z 0-9 . @ - _",
    is_name
);

crate::checked_text!(
    /// The name of an action.
    pub ActionName,
    "the name of an action: 1 to 100 of A-Z a-z 0-9 . @ - _",
    is_name
);

crate::checked_text!(
    /// The name of a pipeline, or a pattern with `*` and `?`.
    pub PipelineGlob,
    "a pipeline name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?",
    is_glob
);

crate::checked_text!(
    /// The name of a stage, or a pattern with `*` and `?`.
    pub StageGlob,
    "a stage name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?",
    is_glob
);

crate::checked_text!(
    /// The name of an action, or a pattern with `*` and `?`.
    pub ActionGlob,
    "an action name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?",
    is_glob
);

crate::checked_text!(
    /// The id of an execution of a pipeline (CodePipeline API model, `PipelineExecutionId`).
    pub ExecutionId,
    "the id of an execution: a UUID of 0-9 a-f",
    is_uuid
);

fn is_uuid(text: &str) -> bool {
    let is_digits = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_globs_differ_in_wildcards_alone() {
        for text in ["payments-eu", "Approval.A@1_b", &"x".repeat(100)] {
            assert!(ActionName::is_valid(text) && ActionGlob::is_valid(text), "{text:?}");
        }
        for text in ["payments-*", "Approval?", "*"] {
            assert!(!PipelineName::is_valid(text) && PipelineGlob::is_valid(text), "{text:?}");
        }
        for text in ["", "a b", "a/b", "a:b", "ä", "a'b", "$(id)", &"x".repeat(101)] {
            assert!(!StageName::is_valid(text) && !StageGlob::is_valid(text), "{text:?}");
        }
    }

    #[test]
    fn the_id_of_an_execution_is_what_aws_would_look_for() {
        assert!(ExecutionId::is_valid("d9ad4937-06fa-421e-beaf-42beb430ec44"));
        for text in [
            "",
            "d9ad4937-06fa-421e-beaf-42beb430ec4",
            "D9AD4937-06FA-421E-BEAF-42BEB430EC44",
            "d9ad493706fa421ebeaf42beb430ec44----",
            "------------------------------------",
            "d9ad4937-06fa-421e-beaf-42beb430ec4\u{e9}",
            "../../../../../../../../../sign-out/",
        ] {
            assert!(!ExecutionId::is_valid(text), "{text:?}");
        }
    }
}
