//! The operations of the API that the emulator serves.

/// Declares the operations once: the enum, its list and its names.
macro_rules! operations {
    ($($name:ident),+ $(,)?) => {
        /// An operation of CodePipeline, by its name in the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation { $($name),+ }

        impl Operation {
            /// All operations, sorted by name.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns `None` if the emulator does not serve the operation.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// The name in the API.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

operations! {
    CreatePipeline,
    DeletePipeline,
    GetJobDetails,
    GetPipeline,
    GetPipelineExecution,
    GetPipelineState,
    ListActionExecutions,
    ListPipelineExecutions,
    ListPipelines,
    PutApprovalResult,
    PutJobFailureResult,
    PutJobSuccessResult,
    RetryStageExecution,
    RollbackStage,
    StartPipelineExecution,
    StopPipelineExecution,
    UpdatePipeline,
}
