//! The gate's executable: `bootstrap` in the Lambda package.

use std::process::ExitCode;

fn main() -> ExitCode {
    lambda::main()
}
