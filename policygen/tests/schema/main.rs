//! The committed schemas are what the program prints, and they agree with the parsers.

#![cfg(test)]

mod agree;
mod approvers;
mod book;
mod committed;
mod records;
mod rule;

use boon::{Compiler, Schemas};
use serde_json::Value;

/// A schema of `docs/schema`, ready to validate.
struct Validator {
    schemas: Schemas,
    index: boon::SchemaIndex,
}

impl Validator {
    fn new(name: &str) -> Self {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        let address = format!("https://example.com/{name}.json");
        compiler.add_resource(&address, committed::json(name)).unwrap();
        // Compiling it also validates it by the schema of schemas.
        let index = compiler.compile(&address, &mut schemas).unwrap();
        Self { schemas, index }
    }

    /// The first line is enough to see what is wrong.
    fn validate(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|error| format!("{error:#}"))
    }
}
