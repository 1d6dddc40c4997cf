//! The id of an execution, as AWS looks for it.

names::checked_text!(
    /// `pipelineExecutionId` (API model, `PipelineExecutionId`).
    pub(crate) ExecutionId,
    "the id of an execution: a UUID in lower case",
    |text| {
        let digits = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(digits)
    }
);
