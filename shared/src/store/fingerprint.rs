//! Short stable names of ids and numbers, for the index that finds duplicates.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// 64 bits of `key` (XXH3), the same on every machine and in every version of Redial. `probe` counts from 0 and gives
/// another value for each try, for keys whose earlier ones are taken by other keys. Collisions are to be expected: who
/// finds a fingerprint compares the key itself.
pub fn fingerprint(key: &str, probe: u32) -> u64 {
    xxh3_64_with_seed(key.as_bytes(), u64::from(probe))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn fingerprints_never_change() {
        assert_eq!(fingerprint("", 0), 0x2d06_8005_38d3_94c2);
        assert_eq!(fingerprint("+12025550123", 0), 0xac0b_844b_a335_e9d8);
        assert_eq!(fingerprint("+12025550123", 1), 0x64aa_03f0_0aa4_cef4);
    }

    #[test]
    fn keys_and_probes_rarely_collide() {
        let keys = (0..10_000).map(|n| format!("+120255{n:05}"));
        let all = keys.flat_map(|key| [fingerprint(&key, 0), fingerprint(&key, 1)]).collect::<HashSet<_>>();
        assert_eq!(all.len(), 20_000);
    }
}
