//! Group commit: what many calls want written at the same moment goes to Redis in one command.

use std::{future::Future, time::Duration};

use tokio::sync::{mpsc, oneshot};

/// Most items of one command.
const BATCH_MAX: usize = 128;

/// The end that calls hold.
pub(crate) struct Batcher<Item, Answer> {
    sender: mpsc::UnboundedSender<(Item, oneshot::Sender<Answer>)>,
}

impl<Item, Answer> Clone for Batcher<Item, Answer> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<Item: Send + 'static, Answer: Send + 'static> Batcher<Item, Answer> {
    /// Starts a batcher: after the first item it gathers for `gather`, then calls `commit`, which answers every item in
    /// order. It ends when the last of its clones is gone.
    pub(crate) fn spawn<Commit, Committing>(gather: Duration, commit: Commit) -> Self
    where
        Commit: Fn(Vec<Item>) -> Committing + Send + 'static,
        Committing: Future<Output = Vec<Answer>> + Send,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel::<(Item, oneshot::Sender<Answer>)>();
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH_MAX);
            while receiver.recv_many(&mut batch, BATCH_MAX).await > 0 {
                if !gather.is_zero() && batch.len() < BATCH_MAX {
                    tokio::time::sleep(gather).await;
                    while batch.len() < BATCH_MAX
                        && let Ok(more) = receiver.try_recv()
                    {
                        batch.push(more);
                    }
                }
                let (items, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
                for (reply, answer) in replies.into_iter().zip(commit(items).await) {
                    // A call that no longer waits for its answer has been cancelled; what was written stays written.
                    drop(reply.send(answer));
                }
            }
        });
        Self { sender }
    }

    /// Commits one item with whatever else is at hand, and answers what became of it; none when the batcher is gone.
    pub(crate) async fn commit(&self, item: Item) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        self.sender.send((item, reply)).ok()?;
        answer.await.ok()
    }
}
