//! How large a sealed file may be, apart from its contents.

/// The most files in a sealed file.
pub const MAX_FILES: usize = 1000;
/// The longest header, in bytes.
pub const MAX_HEADER: usize = 1 << 20;
