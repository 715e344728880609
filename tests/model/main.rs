//! The store against a model of itself: random operations, crashes and repeats, and every observable after every step.

mod attempts;
mod campaigns;
mod claims;
mod compare;
mod drain;
mod model;
mod pace;
mod steps;
mod world;

use redial_tests::support::RedisServer;
use world::{Step, World};

/// Cases that run by default.
const SEQUENCES: u64 = 400;
/// Operations of one case, before it is drained.
const STEPS: usize = 60;

#[test]
fn any_sequence_of_operations_leaves_the_store_as_the_model_says() {
    let redis = RedisServer::start().expect("redis-server starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for seed in seeds() {
        if let Err(failure) = runtime.block_on(case(redis.url(), seed)) {
            panic!("{failure}");
        }
    }
}

/// The one seed that is asked for, else as many as are.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("REDIAL_MODEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REDIAL_MODEL_SEQUENCES").unwrap_or(SEQUENCES),
    }
}

/// One case; the error says all that is needed to look into it.
async fn case(url: String, seed: u64) -> Result<(), String> {
    let mut world = World::new(&url, &format!("case-{seed}"), seed).await?;
    let result = run(&mut world).await;
    result.map_err(|error| {
        format!(
            "{}\n{error}\nrun this case again: REDIAL_MODEL_SEED={seed} cargo test -p redial-tests --test model",
            world.log
        )
    })
}

async fn run(world: &mut World) -> Step {
    for _ in 0..STEPS {
        world.step().await?;
        world.compare().await?;
    }
    world.drain().await
}
