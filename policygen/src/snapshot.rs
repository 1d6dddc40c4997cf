//! Reads an account snapshot for `--account-file`.

use std::path::Path;

use iam::account::{Account, AccountError};

use crate::input::{self, InputError, InputName};

/// Why a file is not a snapshot of an account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} is not a snapshot of an account")]
    Account { path: InputName, source: AccountError },
}

/// Reads the output of `aws iam get-account-authorization-details`, from standard input if the path
/// is `-`.
///
/// # Errors
/// [`SnapshotError`] if it cannot be read or is something else.
pub(crate) fn read(path: &Path) -> Result<Account, SnapshotError> {
    Account::parse_supposing(&input::text(path)?)
        .map_err(|source| SnapshotError::Account { path: path.into(), source })
}
