//! The scenarios, by what they are about. A scenario is a function that puts its own pieces into an
//! account and says what is to be found in them: all of it, so that what is found besides is wrong.
//! Where it says nothing, nothing is to be found.

mod aws_managed;
mod boundary;
mod bypass;
mod chain;
mod condition;
mod denial;
mod grant;
mod grant_near_miss;
mod group;
mod machine;
mod names;
mod overlap;
mod second;
mod shared;
mod tag;
mod trust;
mod version;
mod wildcard;

use super::plot::Plot;

/// One pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    /// Its name: its file and its function.
    pub(super) name: &'static str,
    /// Plants it.
    pub(super) plant: fn(&mut Plot<'_>),
}

/// The table of a file's scenarios.
macro_rules! scenarios {
    ($file:literal: $($name:ident),* $(,)?) => {
        pub(super) const TABLE: &[$crate::scenario::Scenario] = &[$(
            $crate::scenario::Scenario { name: concat!($file, "::", stringify!($name)), plant: $name },
        )*];
    };
}
use scenarios;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    [
        aws_managed::TABLE,
        boundary::TABLE,
        bypass::TABLE,
        chain::TABLE,
        condition::TABLE,
        denial::TABLE,
        grant::TABLE,
        grant_near_miss::TABLE,
        group::TABLE,
        machine::TABLE,
        names::TABLE,
        overlap::TABLE,
        second::TABLE,
        shared::TABLE,
        tag::TABLE,
        trust::TABLE,
        version::TABLE,
        wildcard::TABLE,
    ]
    .concat()
}
