//! What a human signs when they answer an approval, and whether a signature is theirs.
//!
//! A verifier writes the [`Statement`] again from its own facts, never from the signature, and
//! needs only the human's public [`SigningKey`]. An administrator who can call PutApprovalResult as
//! anybody therefore cannot make a signature, and an auditor can verify one offline, years later.
//!
//! ```
//! use signing::{Answer, Approval, Signature, SigningKey};
//!
//! # let comment = "ok [2pr1.s.bmrQd4ily64.qljWt0H27SbmgjsnXhUVnw.AAAAC3NzaC1lZDI1NTE5AAAAQJPPUlxWz7sQ8nB1zbv7ev_43ozfQMaITwgra3ftb3vRH8Wc54bXw0cdaYDU4Vgk5J6YaqBfLuanv0OIy6EZuwc]";
//! let approval = Approval {
//!     pipeline: "payments",
//!     execution: "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
//!     stage: "Release",
//!     action: "ApprovalA",
//!     attempt: "7d27f861-a187-4140-9485-44d76b5aa3e8",
//!     answer: Answer::Approved,
//!     revisions: &["5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e", "UPBw5fG.TEoeT0MC4FZr8AgSXuvKJ39t"],
//! };
//! let key: SigningKey =
//!     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD".parse()?;
//! let signature = Signature::from_comment(comment)?.ok_or("the comment has no signature")?;
//! assert_eq!(signature.key_id(), key.id());
//! key.verify(&approval, &signature, None)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Pure functions: no clock, environment, I/O or randomness. The caller draws the [`Nonce`].

mod algorithm;
mod challenge;
mod encoding;
mod error;
mod key;
mod key_error;
mod key_id;
mod nonce;
mod passkey;
mod sign_in;
mod signature;
mod small_order;
mod ssh;
mod sshsig;
mod statement;
mod verify;
mod wire;

pub use algorithm::p256_of_pem;
pub use error::BadSignature;
pub use key::{KeyKind, SigningKey};
pub use key_error::KeyError;
pub use key_id::KeyId;
pub use nonce::Nonce;
pub use passkey::{Desk, DeskError};
pub use sign_in::SignIn;
pub use signature::{Assertion, CommentError, Signature};
pub use ssh::NAMESPACE;
pub use sshsig::SshsigError;
pub use statement::{Answer, Approval, Statement, StatementError, in_one_line};
pub use verify::Proof;
