//! What the API takes and gives, checked against AWS's own model. The network is not here, but in
//! the server.

mod history;
mod input;
mod model;
mod output;
mod service;
mod state;
mod validate;
mod wire;

pub use model::{Kind, Model, OperationModel, Pattern, Shape};
pub use service::Service;
