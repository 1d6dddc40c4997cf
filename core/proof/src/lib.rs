//! A proof: one file that shows a satisfied release to somebody who trusts neither us nor the
//! pipeline's account.
//!
//! It is an in-toto Statement v1 in a DSSE envelope, with the predicate of the Simple Verification
//! Result. It names what is released and has the facts that the gate judged. A verifier judges
//! them again by a rule that the verifier trusts.
//!
//! Pure functions: no clock, no files, no network. The caller signs.
//!
//! | file | purpose |
//! |---|---|
//! | `envelope` | the DSSE envelope: what is signed, and the signatures |
//! | `statement` | what the gate states about a satisfied release |
//! | `predicate` | the form of its predicate |
//! | `subject` | what is released: source revisions and artifacts |
//! | `sha256` | a SHA-256 |
//! | `public_key` | the public half of the gate's key |
//! | `verify` | what a proof shows by the verifier's own rule |
//! | `problem` | why a proof does not show it |

mod envelope;
mod predicate;
mod problem;
mod public_key;
mod sha256;
mod statement;
mod subject;
mod verify;

pub use envelope::{Envelope, EnvelopeError, EnvelopeSignature};
pub use predicate::{PREDICATE_TYPE, SATISFIED};
pub use problem::{Problem, ProblemCode};
pub use public_key::{NotAPublicKey, PublicKey};
pub use sha256::{NotASha256, Sha256};
pub use statement::{Made, StatementError, statement};
pub use subject::Artifact;
pub use verify::{Expect, Given, Verified, verify};
