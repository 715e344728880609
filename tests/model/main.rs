//! The store against a model of itself: random operations, crashes and repeats, and every observable after every step.

mod attempts;
mod campaigns;
mod cases;
mod claims;
mod compare;
mod drain;
mod inside;
mod model;
mod pace;
mod steps;
mod world;

use world::{Step, World};

/// Cases that run by default.
const SEQUENCES: u64 = 2_000;
/// Operations of one case, before it is drained.
const STEPS: usize = 60;

#[test]
fn any_sequence_of_operations_leaves_the_store_as_the_model_says() {
    if let Err(failure) = cases::run_all(seeds(), case) {
        panic!("{failure}");
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
    // A single case is looked into: it fails at the step that is wrong, not at the next that compares what it touched.
    world.is_thorough = seeds().count() == 1;
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
    world.compare_all().await?;
    world.drain().await
}
