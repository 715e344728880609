//! Runs many cases, on several threads, each with a Redis of its own.

use std::{
    cell::RefCell,
    future::Future,
    ops::Range,
    rc::Rc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use redial_tests::support::RedisServer;

/// The Redis of the case that runs on this thread.
pub type OwnRedis = Rc<RefCell<RedisServer>>;

/// Threads that run cases. Each keeps a core busy, half of it with its Redis.
const THREADS: usize = 2;

/// Runs `case` for every seed, with the Redis that its thread has. Once one has failed no other begins; the error is that
/// of the lowest seed.
pub fn run_all<Case, Running>(seeds: Range<u64>, case: Case) -> Result<(), String>
where
    Case: Fn(OwnRedis, u64) -> Running + Sync,
    Running: Future<Output = Result<(), String>>,
{
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicBool::new(false);
    let run_some = || -> Result<(), (u64, String)> {
        let redis = Rc::new(RefCell::new(RedisServer::start().expect("redis-server starts")));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            if let Err(failure) = runtime.block_on(case(redis.clone(), seed)) {
                failed.store(true, Ordering::Relaxed);
                return Err((seed, failure));
            }
        }
    };
    let failures = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run_some)).collect();
        let results = threads.into_iter().map(|thread| thread.join().expect("a thread of cases does not panic"));
        results.filter_map(Result::err).collect::<Vec<_>>()
    });
    failures.into_iter().min().map_or(Ok(()), |(_, failure)| Err(failure))
}
