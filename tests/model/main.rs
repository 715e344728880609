//! The store against a model of itself: random operations, crashes and repeats, and every observable after every step.

mod attempts;
mod calls;
mod campaigns;
mod cases;
mod claims;
mod compare;
mod drain;
mod inside;
mod journal;
mod model;
mod pace;
mod people;
mod recovery;
mod steps;
mod world;

use std::ops::Range;

use cases::{OwnRedis, run_all};
use world::{Step, World};

/// Cases that run by default.
const SEQUENCES: u64 = 2_000;
/// Cases in which Redis crashes.
const CRASHING_SEQUENCES: u64 = 300;
/// Operations of one case, before it is drained.
const STEPS: usize = 60;
/// Crashes of Redis in one case, each after a part of its operations.
const REDIS_CRASHES: usize = 3;

#[test]
fn any_sequence_of_operations_leaves_the_store_as_the_model_says() {
    let case = |redis: OwnRedis, seed| async move {
        let mut world = World::new(redis, seed).await?;
        let result = run(&mut world).await;
        result.map_err(|error| told(&world, seed, "any_sequence", &error))
    };
    run_all(seeds(SEQUENCES), case).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn what_redis_loses_in_a_crash_is_restored_by_the_workers_that_did_it() {
    let case = |redis: OwnRedis, seed| async move {
        redis.borrow().clear().map_err(|error| error.to_string())?;
        let mut world = World::new(redis, seed).await?;
        let result = run_with_crashes(&mut world).await;
        result.map_err(|error| told(&world, seed, "what_redis_loses", &error))
    };
    run_all(seeds(CRASHING_SEQUENCES), case).unwrap_or_else(|failure| panic!("{failure}"));
}

/// The one seed that is asked for, else as many as are.
fn seeds(by_default: u64) -> Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("REDIAL_MODEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REDIAL_MODEL_SEQUENCES").unwrap_or(by_default),
    }
}

async fn run(world: &mut World) -> Step {
    world.set_up().await?;
    for _ in 0..STEPS {
        world.step().await?;
        world.compare().await?;
    }
    world.compare_all().await?;
    world.drain().await
}

async fn run_with_crashes(world: &mut World) -> Step {
    world.set_up().await?;
    for step in 1..=STEPS {
        world.step().await?;
        world.compare().await?;
        if step.is_multiple_of(STEPS / REDIS_CRASHES) {
            world.crash_redis().await?;
        }
    }
    world.compare_all().await?;
    world.drain().await?;
    world.check_calls_are_known()
}

/// All that is needed to look into a case that failed.
fn told(world: &World, seed: u64, test: &str, error: &str) -> String {
    format!(
        "{}\n{error}\nrun this case again: REDIAL_MODEL_SEED={seed} cargo test -p redial-tests --test model {test}",
        world.log
    )
}
