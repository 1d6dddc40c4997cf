//! The resources that a statement names.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use crate::arn::Resource;
use crate::context::Context;
use crate::template::{Resolved, Template};

/// The resources that a statement names.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    templates: Vec<Template>,
    /// Their patterns, once they have been asked for. Only those without policy variables are kept:
    /// they are the same in every context.
    patterns: OnceLock<Vec<Resource>>,
}

impl Resources {
    /// The resources as a policy writes them.
    pub(crate) fn new(templates: Vec<Template>) -> Self {
        Self { templates, patterns: OnceLock::new() }
    }

    /// The texts of the policy.
    #[must_use]
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The resources in a context. One whose variable has no value matches nothing, so it is left
    /// out.
    pub(crate) fn that_match(&self, context: &Context) -> Cow<'_, [Resource]> {
        self.read(context, Vec::new)
    }

    /// The resources in a context, each of which may match.
    pub(crate) fn that_may_match(&self, context: &Context) -> Cow<'_, [Resource]> {
        self.read(context, || vec![Resource::unknown()])
    }

    fn read(
        &self,
        context: &Context,
        without_value: impl Fn() -> Vec<Resource>,
    ) -> Cow<'_, [Resource]> {
        let read = || {
            let resources = self.templates.iter().flat_map(|template| {
                match template.resolve_resource(context) {
                    Resolved::Pieces(pieces) => Resource::from_pieces(&pieces),
                    Resolved::NoValue => without_value(),
                }
            });
            resources.collect()
        };
        match self.templates.iter().any(Template::has_variables) {
            true => Cow::Owned(read()),
            false => Cow::Borrowed(self.patterns.get_or_init(read)),
        }
    }
}

impl PartialEq for Resources {
    fn eq(&self, other: &Self) -> bool {
        self.templates == other.templates
    }
}

impl Eq for Resources {}

impl Hash for Resources {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.templates.hash(state);
    }
}
