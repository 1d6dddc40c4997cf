//! What the API takes and gives, checked against AWS's own model. The network is not here, but in the server.

mod input;
mod model;
mod output;
mod service;
mod validate;

pub use model::{Kind, Model, OperationModel, Pattern, Shape};
pub use service::Service;
