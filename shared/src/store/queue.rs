//! The apalis backend: jobs that a claim has fetched, handed to an apalis worker one by one.
//!
//! It only drains a channel and never errs: in apalis an error of a backend ends its worker. Claiming, renewing and
//! committing are tasks of their own, which outlive the drain. When the sending half is dropped the queue is exhausted and
//! the worker ends after its last call.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::Task,
    worker::context::WorkerContext,
};
use tokio::sync::mpsc;
use tower_layer::Identity;

/// Jobs on their way from claims to the worker.
#[derive(Debug)]
pub struct Queue<Job> {
    jobs: mpsc::UnboundedReceiver<Job>,
}

impl<Job> Queue<Job> {
    /// A queue and the end that fills it. Its length is bounded by who fills it: claims hold a concurrency permit each.
    pub fn new() -> (mpsc::UnboundedSender<Job>, Self) {
        let (sender, jobs) = mpsc::unbounded_channel();
        (sender, Self { jobs })
    }
}

impl<Job> Backend for Queue<Job> {
    type Task = Task<Job>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Task<Job>, Infallible>>> {
        self.jobs.poll_recv(context).map(|job| job.map(|job| Ok(Task::new(job))))
    }

    /// The queue is exhausted and its last call has ended. An apalis worker waits to be told so.
    fn poll_close(&mut self, _: &mut Context<'_>, worker: &WorkerContext) -> Poll<Result<(), Infallible>> {
        if !worker.is_shutting_down()
            && let Err(error) = worker.stop()
        {
            tracing::error!(%error, "the worker of an exhausted queue does not stop");
        }
        Poll::Ready(Ok(()))
    }
}

impl<Job> BackendConfig for Queue<Job> {
    type Args = Job;
    type Id = ();
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };

    use apalis_core::worker::builder::WorkerBuilder;

    use super::Queue;

    #[tokio::test]
    async fn a_worker_ends_with_its_queue_after_the_last_job() {
        let (jobs, queue) = Queue::<u32>::new();
        for job in [1, 2, 4] {
            jobs.send(job).unwrap();
        }
        drop(jobs);
        let sum = Arc::new(AtomicU32::new(0));
        let adds = sum.clone();
        let worker = WorkerBuilder::new("adds").backend(queue).build(move |job: u32| {
            let adds = adds.clone();
            async move {
                tokio::task::yield_now().await;
                adds.fetch_add(job, Ordering::Relaxed);
            }
        });
        tokio::time::timeout(Duration::from_secs(20), worker.run()).await.expect("it ends").unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 7);
    }
}
