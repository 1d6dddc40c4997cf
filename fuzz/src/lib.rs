//! Fuzz targets: one for each parser that takes bytes from outside.
//!
//! A target does not only read its input. It also asserts what must hold for everything that was
//! read, and panics if it does not. `tests/fuzz` builds the targets, makes their seeds from what
//! the repository has, and runs them under libFuzzer. `cargo test -p fuzz` gives the targets the
//! kept inputs of `fuzz/corpus` without a fuzzer.
//!
//! Some parsers are in crates that need the AWS SDK, which would take minutes to build with the
//! fuzzer's instrumentation. These parsers are files without dependencies, so they are compiled
//! here a second time, from where they are.

pub mod account;
pub mod arn;
pub mod cloudtrail;
// Files of `reviews` name these three by their paths from the root of their crate.
#[path = "../../reviews/src/consensus.rs"]
#[expect(unreachable_pub, reason = "it is public in its own crate")]
mod consensus;
pub mod desk;
pub mod event;
pub mod feedback;
pub mod file;
pub mod forge;
#[path = "../../reviews/src/history.rs"]
#[expect(dead_code, unreachable_pub, reason = "its own crate uses all of it")]
mod history;
mod json;
#[path = "../../reviews/src/judge/mod.rs"]
#[expect(dead_code, unreachable_pub, unused_imports, reason = "its own crate uses all of it")]
mod judge;
pub mod key;
pub mod parameters;
pub mod pipeline;
pub mod policy;
pub mod proof;
pub mod relay;
pub mod replies;
pub mod request;
pub mod rule;
pub mod seal;
pub mod signature;
pub mod token;

pub use json::{Fuzzer, mutate};
// A link in `history` names it.
use judge::judge;

/// Reads an input, and panics if something does not hold that must.
pub type Check = fn(&[u8]);

/// The targets by their names.
pub const TARGETS: [(&str, Check); 20] = [
    ("account", account::check),
    ("arn", arn::check),
    ("cloudtrail", cloudtrail::check),
    ("desk", desk::check),
    ("event", event::check),
    ("feedback", feedback::check),
    ("file", file::check),
    ("forge", forge::check),
    ("key", key::check),
    ("parameters", parameters::check),
    ("pipeline", pipeline::check),
    ("policy", policy::check),
    ("proof", proof::check),
    ("relay", relay::check),
    ("replies", replies::check),
    ("request", request::check),
    ("rule", rule::check),
    ("seal", seal::check),
    ("signature", signature::check),
    ("token", token::check),
];

/// The program that runs a target under libFuzzer.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! fuzz {
    ($target:ident) => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max: usize, seed: u32| {
            $crate::mutate(data, size, max, seed, libfuzzer_sys::fuzzer_mutate)
        });
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$target::check(data));
    };
}
