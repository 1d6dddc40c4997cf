//! What proves a release to those who do not believe the gate's account.
//!
//! Others rely on the key, the place, the environment and the time, so any other value of the first
//! three loosens: nobody can decide here that it is as good.

use super::change::{Compared, listed};
use crate::proof::ProofSettings;

const KEY: &str = "proof";

pub(super) fn compare(compared: &mut Compared<'_>) {
    match (compared.old.proof(), compared.new.proof()) {
        (None, None) => {}
        (Some(_), None) => compared.loosens(KEY, "a release passes without a proof"),
        (None, Some(new)) => {
            let message = format!(
                "a release passes only with a proof, signed by `{}` and stored in `{}`",
                new.key(),
                new.store()
            );
            compared.tightens(KEY, message);
        }
        (Some(old), Some(new)) => both(compared, old, new),
    }
}

fn both(compared: &mut Compared<'_>, old: &ProofSettings, new: &ProofSettings) {
    if old.key() != new.key() {
        let message =
            format!("proofs are signed by `{}`, and no longer by `{}`", new.key(), old.key());
        compared.loosens(KEY, message);
    }
    if old.store() != new.store() {
        let message =
            format!("proofs are stored in `{}`, and no longer in `{}`", new.store(), old.store());
        compared.loosens(KEY, message);
    }
    if old.environment() != new.environment() {
        let of = |environment: Option<&str>| match environment {
            Some(environment) => listed([environment]),
            None => "no environment".to_owned(),
        };
        let message = format!(
            "proofs are for {}, and not for {}",
            of(new.environment()),
            of(old.environment())
        );
        compared.loosens(KEY, message);
    }
    let message = format!(
        "proofs are valid for {} minutes, and not {}",
        new.valid_minutes(),
        old.valid_minutes()
    );
    if new.valid_minutes() > old.valid_minutes() {
        compared.loosens(KEY, message);
    } else if new.valid_minutes() < old.valid_minutes() {
        compared.tightens(KEY, message);
    }
}
