//! What the simulator's ledger tells, and how it is printed.

use redial_simulator::{Ring, Simulator};
use serde_json::Value;

use crate::Failure;

/// Prints one figure.
pub fn figure(name: &str, value: impl std::fmt::Display) {
    println!("{name:34} {value}");
}

/// A whole number with its thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.len();
    let comma = |place: usize| place > 0 && (places - place).is_multiple_of(3);
    digits
        .chars()
        .enumerate()
        .flat_map(|(place, digit)| comma(place).then_some(',').into_iter().chain([digit]))
        .collect()
}

/// KiB as MiB.
pub fn mebibytes(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

/// Calls that started in each of the first seconds after an instant, in microseconds since the epoch.
pub fn starts_by_second(rings: &[Ring], from_us: u64, seconds: usize) -> Vec<usize> {
    let mut starts = vec![0; seconds];
    for ring in rings {
        let second = ring.received_at.saturating_sub(from_us) / 1_000_000;
        if let Some(starts) = starts.get_mut(second as usize) {
            *starts += 1;
        }
    }
    starts
}

/// Holds what rang against what was recorded.
///
/// # Errors
/// When a call was lost, rung twice, or is in no record.
pub fn audit(simulator: &Simulator, status: &Value) -> Result<(), Failure> {
    let rang = simulator.ledger().summary();
    let attempts = status["attempts"].as_u64().unwrap_or(0);
    let failed = status["contacts"]["failed"].as_u64().unwrap_or(0);
    figure("rang / recorded / contacts failed", format!("{} / {} / {failed}", count(rang.calls), count(attempts)));
    if rang.repeated_conversations + rang.overlapping_calls > 0 {
        return Err(format!("{} calls rang twice", rang.repeated_conversations + rang.overlapping_calls).into());
    }
    if rang.calls != attempts {
        return Err(format!("{} calls rang and {attempts} are recorded", rang.calls).into());
    }
    Ok(())
}
