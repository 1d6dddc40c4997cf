//! Sealed files: encrypted in CI, and opened in production for the release that was approved.
//!
//! A sealed file is one line of JSON, the [`Header`], and then the encrypted contents of its files.
//! Each content is cut into chunks of [`CHUNK`] bytes. A file has at least one chunk, and only its
//! last one may be shorter. Each chunk is encrypted by AES-256-GCM, and followed by its tag of 16
//! bytes:
//!
//! - The key is the data key, which is used for this sealed file only.
//! - The nonce says which chunk it is: the position of the file in the header (4 bytes) and the
//!   number of the chunk in the file (7 bytes), big-endian and from 0, and 1 for the last chunk of
//!   the file, otherwise 0 (1 byte).
//! - The additional data is the line of the header without its line feed.
//!
//! So nobody can change a name, a size, the context or a wrapped key, or move, drop, add or
//! exchange a chunk or a file: nothing opens then.
//!
//! Pure functions: the caller asks KMS for the data key, and opens the files.

mod base64_text;
mod chunk;
mod cipher;
mod context;
mod error;
mod exact;
mod file;
mod header;
mod key;
mod limits;
mod open;
mod write;

pub use chunk::CHUNK;
pub use context::{Context, ContextText};
pub use error::{HeaderError, OpenError, SealError};
pub use file::{File, FileName};
pub use header::Header;
pub use key::{DataKey, WrappedKey, are_related};
pub use limits::{MAX_FILES, MAX_HEADER};
pub use open::{Checked, Sealed};
pub use write::seal;
