//! How much a header may hold.

/// The most files in a sealed file.
pub const MAX_FILES: usize = 1000;
/// The longest header, in bytes.
pub const MAX_HEADER: usize = 1 << 20;
/// The most KMS keys.
pub(crate) const MAX_KEYS: usize = 10;
/// The longest `CiphertextBlob` of KMS, in bytes (KMS API model, `CiphertextType`).
pub(crate) const MAX_WRAPPED: usize = 6144;
