//! The relay's executable: `bootstrap` in the Lambda package, and `relay run` in the container.

use std::process::ExitCode;

fn main() -> ExitCode {
    relay::main()
}
