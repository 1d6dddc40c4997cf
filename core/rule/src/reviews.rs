//! The rule's `reviews`: which function says who wrote and reviewed what is released.

use std::collections::BTreeMap;

use names::{FunctionRef, Object};
use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::strict::{NoRepeats, WholeNumber, present};

/// The value of `reviews`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviews {
    function: FunctionRef,
    required: u32,
    repositories: BTreeMap<String, u32>,
}

/// The function that says who wrote and reviewed what is released.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Reviews"))]
pub(crate) struct ReviewsFile {
    /// The reviews function: its name or its ARN.
    #[cfg_attr(feature = "schema", schemars(with = "FunctionRef"))]
    function: String,
    /// How many others must have reviewed each change.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1), extend("default" = 1)))]
    required: Option<WholeNumber>,
    /// The repositories that ask for more, such as `{"acme/shop": 2}`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema::repositories", extend("default" = {}))
    )]
    repositories: Option<NoRepeats<WholeNumber>>,
}

/// `reviews` as the record shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewsRecord {
    /// The function.
    pub function: String,
    /// How many others must have reviewed each change.
    pub required: u32,
    /// The repositories that ask for more.
    pub repositories: BTreeMap<String, u32>,
}

impl Reviews {
    pub(crate) fn parse(Object(file): &Object<ReviewsFile>) -> Result<Self, RuleError> {
        let required = file.required.map_or(1, |WholeNumber(required)| required);
        if required == 0 {
            return Err(RuleError::value(
                "reviews.required",
                "0 would ask for no review; write 1 or more, or leave it out for 1",
            ));
        }
        let function = file.function.parse();
        let function: FunctionRef = function.map_err(|problem: names::FunctionRefError| {
            RuleError::value("reviews.function", problem.to_string())
        })?;
        // Forges compare names of repositories without case.
        let mut repositories = BTreeMap::new();
        let written = file.repositories.iter().flat_map(|NoRepeats(written)| written);
        for (repository, WholeNumber(reviewers)) in written {
            let key = format!("reviews.repositories.{repository}");
            if *reviewers < required {
                let problem = format!(
                    "{reviewers} is fewer than `reviews.required`, {required}, and a repository \
                     can only ask for more"
                );
                return Err(RuleError::value(key, problem));
            }
            if repositories.insert(repository.to_lowercase(), *reviewers).is_some() {
                return Err(RuleError::value(key, "is there twice, in different cases"));
            }
        }
        Ok(Self { function, required, repositories })
    }

    /// The reviews function.
    #[must_use]
    pub fn function(&self) -> &FunctionRef {
        &self.function
    }

    /// How many others must have reviewed each change of a repository, such as `acme/shop`.
    #[must_use]
    pub fn required_for(&self, repository: &str) -> u32 {
        let own = self.repositories.get(&repository.to_lowercase());
        own.copied().unwrap_or(self.required)
    }

    pub(crate) fn record(&self) -> ReviewsRecord {
        ReviewsRecord {
            function: self.function.to_string(),
            required: self.required,
            repositories: self.repositories.clone(),
        }
    }
}
