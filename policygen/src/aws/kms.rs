//! Keys of KMS, by the requests that the gate makes too.

use std::collections::BTreeMap;
use std::time::Duration;

use facts::aws::{DataKey as Unwrapped, Kms};
use facts::{CallError, Operation};
use names::KmsKeyArn;
use seal::{Context, DataKey, WrappedKey};
use tokio::time::{sleep, timeout};

use super::Aws;

/// How long one request may take. A region that is down often does not answer at all.
const PER_CALL: Duration = Duration::from_secs(5);
/// The waits before all keys are asked again.
const WAITS: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];

/// Why no key answered.
#[derive(Debug, thiserror::Error)]
#[error("no KMS key answered: {}", listed(.0))]
pub(crate) struct NoKey(Vec<(KmsKeyArn, CallError)>);

fn listed(failed: &[(KmsKeyArn, CallError)]) -> String {
    let one = |(key, error): &(KmsKeyArn, CallError)| format!("{key}: {error}");
    failed.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl NoKey {
    /// Whether a key answered that it did not wrap this data key for this context (AWS KMS API
    /// Reference, `Decrypt`).
    pub(crate) fn is_mismatch(&self) -> bool {
        const CODES: [&str; 2] = ["InvalidCiphertextException", "IncorrectKeyException"];
        let is_mismatch = |error: &CallError| matches!(error, CallError::Refused { code, .. } if CODES.contains(&code.as_str()));
        self.0.iter().any(|(_, error)| is_mismatch(error))
    }
}

impl Aws {
    /// A new data key for this context by the first of the KMS keys that answers, which is
    /// returned too.
    ///
    /// # Errors
    /// [`NoKey`] if none answers.
    pub(crate) async fn new_data_key(
        &self,
        keys: &[KmsKeyArn],
        context: &Context,
    ) -> Result<(DataKey, WrappedKey), NoKey> {
        let context = context.for_kms();
        let asked = |arn: KmsKeyArn| {
            let (kms, context) = (Kms::new(&self.0, &arn), &context);
            async move {
                let (key, wrapped) = kms.generate_data_key(context).await?;
                Ok((DataKey::new(key.as_bytes()), WrappedKey { key: arn, wrapped }))
            }
        };
        first(keys, Operation::GENERATE_DATA_KEY, asked).await
    }

    /// The data key, wrapped by one more KMS key.
    ///
    /// # Errors
    /// [`NoKey`] if it does not answer.
    pub(crate) async fn wrap(
        &self,
        data_key: &DataKey,
        key: &KmsKeyArn,
        context: &Context,
    ) -> Result<WrappedKey, NoKey> {
        let context = context.for_kms();
        let data_key = Unwrapped::from(*data_key.as_bytes());
        let asked = |arn: KmsKeyArn| {
            let (kms, context, data_key) = (Kms::new(&self.0, &arn), &context, &data_key);
            async move {
                let wrapped = kms.encrypt(data_key, context).await?;
                Ok(WrappedKey { key: arn, wrapped })
            }
        };
        first(std::slice::from_ref(key), Operation::ENCRYPT, asked).await
    }

    /// The data key of a sealed file, by the first of its KMS keys that answers.
    ///
    /// # Errors
    /// [`NoKey`] if none answers.
    pub(crate) async fn unwrap(
        &self,
        wrapped: &[WrappedKey],
        context: &Context,
    ) -> Result<DataKey, NoKey> {
        let context = context.for_kms();
        let keys: Vec<KmsKeyArn> = wrapped.iter().map(|it| it.key.clone()).collect();
        let asked = |arn: KmsKeyArn| {
            let (kms, context) = (Kms::new(&self.0, &arn), &context);
            let blob = wrapped.iter().find(|it| it.key == arn).map(|it| it.wrapped.as_slice());
            async move { kms.decrypt(blob.unwrap_or_default(), context).await }
        };
        let unwrapped = first(&keys, Operation::DECRYPT, asked).await?;
        Ok(DataKey::new(unwrapped.as_bytes()))
    }
}

/// The answer of the first key that gives one. If none does, the keys that could answer later are
/// asked again.
async fn first<T, F: Future<Output = Result<T, CallError>>>(
    keys: &[KmsKeyArn],
    operation: Operation,
    ask: impl Fn(KmsKeyArn) -> F,
) -> Result<T, NoKey> {
    let late = || CallError::Transient { operation, problem: "no reply in time".to_owned() };
    let may_answer = |error: &CallError| matches!(error, CallError::Transient { .. });
    let mut failed = BTreeMap::new();
    for wait in [Duration::ZERO].into_iter().chain(WAITS) {
        let open: Vec<&KmsKeyArn> =
            keys.iter().filter(|key| failed.get(key).is_none_or(may_answer)).collect();
        if open.is_empty() {
            break;
        }
        sleep(wait).await;
        for key in open {
            match timeout(PER_CALL, ask(key.clone())).await.unwrap_or_else(|_| Err(late())) {
                Ok(answer) => return Ok(answer),
                Err(error) => failed.insert(key, error),
            };
        }
    }
    Err(NoKey(failed.into_iter().map(|(key, error)| (key.clone(), error)).collect()))
}
