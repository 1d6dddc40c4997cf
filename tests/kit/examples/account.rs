//! Writes a generated account to stdout: `cargo run -p kit --example account -- small|middle|large
//! [SEED]`.

use std::io::Write as _;
use std::process::ExitCode;

use kit::{LARGE, MIDDLE, SMALL, generate};

fn main() -> std::io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let size = arguments.next().and_then(|name| match name.as_str() {
        "small" => Some(SMALL),
        "middle" => Some(MIDDLE),
        "large" => Some(LARGE),
        _ => None,
    });
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse());
    let (Some(size), Ok(seed), None) = (size, seed, arguments.next()) else {
        writeln!(std::io::stderr(), "usage: account small|middle|large [SEED]")?;
        return Ok(ExitCode::from(2));
    };
    std::io::stdout().write_all(&generate(size, seed).json())?;
    Ok(ExitCode::SUCCESS)
}
