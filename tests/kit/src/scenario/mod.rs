//! The scenarios, by subject. A scenario is a function that adds pieces to an account and declares
//! all findings about them. Any other finding is wrong.

mod aws_managed;
mod boundary;
mod bypass;
mod chain;
mod condition;
mod denial;
mod further;
mod grant;
mod grant_near_miss;
mod group;
mod machine;
mod names;
mod overlap;
mod running;
mod second;
mod second_factor;
mod shared;
mod tag;
mod trust;
mod version;
mod wildcard;

use super::plot::Plot;

/// A pattern to plant in an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    /// Its name: that of its file, and that of its function.
    pub(super) name: &'static str,
    /// Plants it in an account.
    pub(super) plant: fn(&mut Plot<'_>),
}

/// Declares the table of a file's scenarios.
macro_rules! scenarios {
    ($file:literal: $($name:ident),* $(,)?) => {
        pub(super) const TABLE: &[$crate::scenario::Scenario] = &[$(
            $crate::scenario::Scenario { name: concat!($file, "::", stringify!($name)), plant: $name },
        )*];
    };
}
use scenarios;

/// The scenarios that are planted in separate accounts.
pub(super) fn alone() -> &'static [Scenario] {
    running::TABLE
}

/// All other scenarios.
pub(super) fn all() -> Vec<Scenario> {
    [
        aws_managed::TABLE,
        boundary::TABLE,
        bypass::TABLE,
        chain::TABLE,
        condition::TABLE,
        denial::TABLE,
        further::TABLE,
        grant::TABLE,
        grant_near_miss::TABLE,
        group::TABLE,
        machine::TABLE,
        names::TABLE,
        overlap::TABLE,
        second::TABLE,
        second_factor::TABLE,
        shared::TABLE,
        tag::TABLE,
        trust::TABLE,
        version::TABLE,
        wildcard::TABLE,
    ]
    .concat()
}
