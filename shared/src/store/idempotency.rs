//! Answers to requests that bore an idempotency key, for clients that ask again because they never saw the answer.

use std::time::Duration;

use super::{Store, StoreError};

/// How long an answer is remembered.
pub const ANSWER_KEPT: Duration = Duration::from_secs(24 * 3600);

impl Store {
    /// The answer that was given under this key, if it is still remembered.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn answer(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.connection.query(redis::cmd("GET").arg(self.connection.keys().answer(key))).await
    }

    /// Remembers an answer for [`ANSWER_KEPT`]; the first one given under a key stays.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn keep_answer(&self, key: &str, answer: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("SET");
        command.arg(self.connection.keys().answer(key)).arg(answer).arg("NX").arg("EX").arg(ANSWER_KEPT.as_secs());
        self.connection.query::<Option<String>>(&command).await.map(drop)
    }
}
