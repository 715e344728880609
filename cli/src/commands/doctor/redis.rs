//! Redis: whether what it holds is safe there, and packed.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use redis::{AsyncConnectionConfig, RedisError, aio::MultiplexedConnection};
use url::Url;

use super::{finding::Finding, machine::major};
use crate::embedded_redis::{Durability, SUPPORTED_FROM};

const WITHIN: Duration = Duration::from_secs(3);
/// Timers are kept on Redis's clock, so skew only makes logs hard to compare; more than this deserves a look.
const SKEW_WARN_MS: i64 = 250;
/// What the packed structures need to stay packed.
const LISTPACK_ENTRIES_MIN: u64 = 128;
const LISTPACK_VALUE_MIN: u64 = 512;

/// What Redis tells of itself.
#[derive(Debug, Clone, Default)]
struct Facts {
    info: HashMap<String, String>,
    /// Empty where CONFIG is forbidden, as on managed servers.
    config: HashMap<String, String>,
    skew_ms: i64,
}

/// Every check that concerns the Redis at `url`.
pub(super) async fn check(url: &str, durability: Durability) -> Vec<Finding> {
    match ask(url).await {
        Ok(facts) => judge(&facts, &shown(url), durability),
        Err(error) => vec![Finding::fail(
            "redis",
            format_args!("{} cannot be reached: {error}", shown(url)),
            "start Redis there, or correct redis.url",
        )],
    }
}

async fn ask(url: &str) -> Result<Facts, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(WITHIN)).set_response_timeout(Some(WITHIN));
    let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await?;
    let info: String = redis::cmd("INFO").query_async(&mut redis).await?;
    let wanted = ["appendonly", "appendfsync", "maxmemory-policy", "hash-max-listpack-*"];
    let config = redis::cmd("CONFIG").arg("GET").arg(&wanted).query_async(&mut redis).await.unwrap_or_default();
    Ok(Facts { info: parse_info(&info), config, skew_ms: skew_ms(&mut redis).await? })
}

fn parse_info(info: &str) -> HashMap<String, String> {
    info.lines().filter_map(|line| line.trim().split_once(':')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

/// Redis's clock less ours, by the quickest of a few exchanges: half a round trip is the error.
async fn skew_ms(redis: &mut MultiplexedConnection) -> Result<i64, RedisError> {
    let (mut best, mut quickest) = (0, i64::MAX);
    for _ in 0..5 {
        let before = unix_ms();
        let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(redis).await?;
        let after = unix_ms();
        if after - before < quickest {
            quickest = after - before;
            best = seconds * 1000 + micros / 1000 - (before + after) / 2;
        }
    }
    Ok(best)
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The URL without what is secret in it.
fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "redis.url".to_owned() };
    url.set_query(None);
    // Neither can be set on a URL without a host; such a one has none to hide either.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.to_string()
}

fn judge(facts: &Facts, url: &str, durability: Durability) -> Vec<Finding> {
    vec![version(facts, url), persistence(facts, durability), eviction(facts), packing(facts), clock(facts)]
}

fn version(facts: &Facts, url: &str) -> Finding {
    let version = facts.info.get("redis_version").map_or("unknown", String::as_str);
    let detail = format!("{version} at {url}");
    if major(version) >= Some(SUPPORTED_FROM) {
        Finding::ok("redis", detail)
    } else {
        Finding::fail("redis", detail, format_args!("Redis {SUPPORTED_FROM} or newer is needed"))
    }
}

fn persistence(facts: &Facts, durability: Durability) -> Finding {
    let on = facts.info.get("aof_enabled").is_some_and(|enabled| enabled == "1");
    if !on {
        let remedy = "redis-cli CONFIG SET appendonly yes, and `appendonly yes` in redis.conf";
        return Finding::fail("persistence", "no append-only file: a restart of Redis loses contacts", remedy);
    }
    if facts.info.get("aof_last_write_status").is_some_and(|status| status != "ok") {
        let remedy = "see Redis's log; most often its disk is full";
        return Finding::fail("persistence", "the last write of the append-only file failed", remedy);
    }
    let wanted = durability.appendfsync();
    match facts.config.get("appendfsync").map(String::as_str) {
        None => Finding::warn(
            "persistence",
            "append-only file on; CONFIG is forbidden, so appendfsync is unknown",
            format_args!("see that appendfsync is {wanted}"),
        ),
        Some(found) if found == wanted || found == "always" => {
            Finding::ok("persistence", format_args!("append-only file, appendfsync {found}"))
        }
        Some(found) => Finding::fail(
            "persistence",
            format_args!("appendfsync is {found}, redis.durability asks for {wanted}"),
            format_args!("redis-cli CONFIG SET appendfsync {wanted}, and in redis.conf"),
        ),
    }
}

fn eviction(facts: &Facts) -> Finding {
    let policy = facts.info.get("maxmemory_policy").or_else(|| facts.config.get("maxmemory-policy"));
    match policy.map(String::as_str) {
        Some("noeviction") => Finding::ok("eviction", "noeviction"),
        None => Finding::warn("eviction", "the policy is not told", "see that maxmemory-policy is noeviction"),
        Some(policy) => Finding::fail(
            "eviction",
            format_args!("{policy}: a full Redis would drop contacts"),
            "redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf",
        ),
    }
}

fn packing(facts: &Facts) -> Finding {
    let number = |name: &str| facts.config.get(name).and_then(|value| value.parse::<u64>().ok());
    let (Some(entries), Some(value)) = (number("hash-max-listpack-entries"), number("hash-max-listpack-value")) else {
        let remedy = "see that hash-max-listpack-value is at least 512";
        return Finding::warn("memory", "the packing limits are not told", remedy);
    };
    let detail = format!("hash-max-listpack-entries {entries}, hash-max-listpack-value {value}");
    if entries >= LISTPACK_ENTRIES_MIN && value >= LISTPACK_VALUE_MIN {
        return Finding::ok("memory", detail);
    }
    let remedy = "large lists take several times the memory; redis-cli CONFIG SET hash-max-listpack-entries 256 \
                  hash-max-listpack-value 512, and in redis.conf";
    Finding::warn("memory", detail, remedy)
}

fn clock(facts: &Facts) -> Finding {
    let detail = format!("Redis and this machine differ by {} ms", facts.skew_ms.abs());
    if facts.skew_ms.abs() <= SKEW_WARN_MS {
        return Finding::ok("clock", detail);
    }
    let remedy = "run NTP on both; calls are timed by Redis's clock, logs by this machine's";
    Finding::warn("clock", detail, remedy)
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    fn facts() -> Facts {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Facts {
            info: map(&[
                ("redis_version", "7.0.15"),
                ("aof_enabled", "1"),
                ("aof_last_write_status", "ok"),
                ("maxmemory_policy", "noeviction"),
            ]),
            config: map(&[
                ("appendfsync", "everysec"),
                ("hash-max-listpack-entries", "128"),
                ("hash-max-listpack-value", "512"),
            ]),
            skew_ms: -3,
        }
    }

    fn verdicts(facts: &Facts, durability: Durability) -> Vec<(&'static str, Verdict)> {
        let findings = judge(facts, "redis://127.0.0.1:6379", durability);
        let bad = findings.iter().filter(|finding| finding.verdict != Verdict::Ok);
        bad.map(|finding| (finding.subject, finding.verdict)).collect()
    }

    #[test]
    fn a_well_kept_redis_passes() {
        assert_eq!(verdicts(&facts(), Durability::Everysec), []);
    }

    #[test]
    fn strict_durability_needs_a_sync_before_every_answer() {
        assert_eq!(verdicts(&facts(), Durability::Strict), [("persistence", Verdict::Fail)]);
        let mut always = facts();
        always.config.insert("appendfsync".into(), "always".into());
        assert_eq!(verdicts(&always, Durability::Strict), []);
        assert_eq!(verdicts(&always, Durability::Everysec), []);
    }

    #[test]
    fn what_could_lose_contacts_fails_and_what_costs_memory_warns() {
        let mut bad = facts();
        bad.info.insert("redis_version".into(), "6.2.7".into());
        bad.info.insert("aof_enabled".into(), "0".into());
        bad.info.insert("maxmemory_policy".into(), "allkeys-lru".into());
        bad.config.insert("hash-max-listpack-value".into(), "64".into());
        bad.skew_ms = 900;
        let expected = [
            ("redis", Verdict::Fail),
            ("persistence", Verdict::Fail),
            ("eviction", Verdict::Fail),
            ("memory", Verdict::Warn),
            ("clock", Verdict::Warn),
        ];
        assert_eq!(verdicts(&bad, Durability::Everysec), expected);
    }

    #[test]
    fn a_server_that_forbids_config_is_judged_by_what_it_tells() {
        let mut managed = facts();
        managed.config.clear();
        let expected = [("persistence", Verdict::Warn), ("memory", Verdict::Warn)];
        assert_eq!(verdicts(&managed, Durability::Everysec), expected);
    }

    #[test]
    fn a_password_in_the_url_is_not_shown() {
        let text = shown("rediss://user:secret@redis.example.com:6380/0");
        assert_eq!(text, "rediss://redis.example.com:6380/0");
        assert_eq!(shown("redis+unix:///tmp/r.sock?pass=secret"), "redis+unix:///tmp/r.sock");
    }

    #[tokio::test]
    async fn a_redis_that_is_not_there_fails_with_a_remedy() {
        let findings = check("redis+unix:///no/such/socket", Durability::Everysec).await;
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].subject, findings[0].verdict), ("redis", Verdict::Fail));
    }
}
