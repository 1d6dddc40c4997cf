//! Verifies signatures for programs in other languages: one JSON object a line on standard input,
//! one answer a line on standard output.
//!
//! ```sh
//! jq --compact-output '.[]' core/signing/tests/vectors.json |
//!   cargo run --quiet -p signing --example verify
//! ```
//!
//! A line has the members `signingKey`, `desk` (for passkeys), `facts` and `comment`, like the
//! entries of `core/signing/tests/vectors.json`. An answer is `{"ok":true}` with what the signature
//! shows about its key, or `{"ok":false,"error":"…"}`.

#![expect(clippy::disallowed_methods, reason = "a program, unlike the crate")]

use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};
use signing::Proof;

#[path = "../tests/signatures/case.rs"]
mod case;

use case::Case;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: Result<Case, _> = serde_json::from_str(&line?);
        let proof = case.map_err(|e| format!("the line: {e}")).and_then(|case| case.verify());
        writeln!(out, "{}", answer(proof))?;
    }
    out.flush()
}

fn answer(proof: Result<Proof, String>) -> Value {
    match proof {
        Ok(Proof { kind, user_verified, backup_eligible, backed_up, counter }) => json!({
            "ok": true,
            "kind": kind.as_str(),
            "userVerified": user_verified,
            "backupEligible": backup_eligible,
            "backedUp": backed_up,
            "counter": counter,
        }),
        Err(error) => json!({"ok": false, "error": error}),
    }
}
