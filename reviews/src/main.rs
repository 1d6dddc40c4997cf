//! The executable of the reviews function: `bootstrap` in the Lambda package.

use std::process::ExitCode;

fn main() -> ExitCode {
    reviews::main()
}
