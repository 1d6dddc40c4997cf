//! The program `emulator`.

use std::process::ExitCode;

fn main() -> ExitCode {
    emulator::cli::run()
}
