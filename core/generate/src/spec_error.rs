//! Why settings do not fit together.

use names::{FunctionRefError, NameError, Partition};

use super::slot::SlotsError;
use super::target::TargetError;
use super::topic::TopicsError;

/// Why settings do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The pipelines.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The slots.
    #[error(transparent)]
    Slots(#[from] SlotsError),
    /// The topics.
    #[error(transparent)]
    Topics(#[from] TopicsError),
    /// A name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The gate's function.
    #[error(transparent)]
    Function(#[from] FunctionRefError),
    /// The gate's function is where no pipeline can invoke it.
    #[error(
        "the function `{0}` is not in a region and account of the pipelines, so they cannot invoke \
         it; \
         give its name alone, or another `--region` or `--account`"
    )]
    GateElsewhere(String),
    /// Two places for one stage.
    #[error("`before` and `after` are two places for one stage; leave one of them out")]
    TwoPlaces,
    /// An option depends on another one that is missing.
    #[error("`{option}` means nothing without `{needs}`; add that, or leave it out")]
    Needs {
        /// The option.
        option: &'static str,
        /// The missing one.
        needs: &'static str,
    },
    /// Roles without exactly one kind of principals to trust.
    #[error(
        "the mechanism `roles` needs exactly one way in: give one of `--trust-saml`, \
         `--trust-account` and `--identity-center`"
    )]
    Trust,
    /// One role with several kinds of principals to trust.
    #[error(
        "the mechanism `{0}` needs at most one way in: give one of `--trust-saml`, \
         `--trust-account` and `--identity-center`, or none for a group"
    )]
    SeveralWaysIn(&'static str),
    /// AWS does not publish the audience for this partition.
    #[error(
        "the audience of SAML sign-ins to the partition `{0}` is not known; use \
         `--identity-center` or `--trust-account`"
    )]
    SamlAudience(Partition),
    /// A second factor that no session could prove.
    #[error(
        "`--require-mfa` would let nobody approve: federated sessions carry no second factor; \
         require it at the identity provider, and leave it out here"
    )]
    FederatedMfa,
    /// A pattern where a slot needs the name of an action.
    #[error(
        "the slot `{0}` is a pattern, and {1} needs the name of one action; give the slot as a \
         plain name"
    )]
    PatternSlot(String, &'static str),
    /// A pattern where the stage needs a name.
    #[error(
        "the stage `{0}` is a pattern, and a stage needs a name; give `--stage` as a plain name"
    )]
    PatternStage(String),
}

impl SpecError {
    /// Whether options are missing that each command line needs.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Target(TargetError::Missing(_)))
    }

    /// An option depends on another one that is missing.
    pub(crate) fn needs(option: &'static str, needs: &'static str) -> Self {
        Self::Needs { option, needs }
    }
}
