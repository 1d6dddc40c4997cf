//! What somebody could try who holds a key, a browser or a comment, but not the right ones.

mod client_data;
mod comment;
mod device;
mod keys;
mod sign_in;
