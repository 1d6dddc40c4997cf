//! The API without a network: inputs and replies, checked against AWS's own model.

mod handlers;
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
