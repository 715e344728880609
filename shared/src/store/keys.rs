//! Every key of a workspace, in one place: the same patterns give the Rust functions and the Lua functions `k_…` of the
//! scripts. All keys start with `{workspace}:`, so that a workspace lives in one hash slot.

use std::fmt::{Display, Write};

/// The keys of one workspace.
#[derive(Debug, Clone)]
pub struct Keys {
    prefix: String,
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident($($arg:ident),*) = $pattern:literal;)+) => {
        impl Keys {
            $($(#[$doc])* pub fn $name(&self $(, $arg: impl Display)*) -> String {
                fill(&self.prefix, $pattern, &[$(&$arg),*])
            })+
        }

        const PATTERNS: &[(&str, &str)] = &[$((stringify!($name), $pattern),)+];
    };
}

keys! {
    /// Hash: campaign name → campaign id.
    names() = "campaigns";
    /// Hash: name of a campaign that was archived → what is known of it without its files, as JSON.
    archives() = "archives";
    /// Hash: campaign → why it cannot be archived, and when that is tried again, as JSON.
    archive_troubles() = "archives:troubles";
    /// Hash: `campaign:edition` of files that may be there and do not count → until when (ms) they may be being written, the
    /// campaign's name, and where they are.
    loose_files() = "archives:loose";
    /// Hash: campaigns that are being removed → how far that has come.
    removing() = "removing";
    /// Hash: a campaign's state, account, pacing and sizes.
    campaign(campaign) = "c:{}";
    /// String: how often campaigns have changed in what the leader decides from.
    changes() = "changes";
    /// String: how many campaigns have been removed.
    removals() = "changes:removals";
    /// Zset: campaigns by the number of their last such change.
    changed() = "changed";
    /// String: the definition as it was applied.
    definition(campaign) = "c:{}:def";
    /// Hash: `total`, `attempts`, `s<state>`, `o<outcome>`, and `t<second>` for recent starts.
    counts(campaign) = "c:{}:n";
    /// Hash: where contacts can be (`Whereabouts`; `` for nowhere known) → its number.
    zones(campaign) = "c:{}:zones";
    /// Hash: a list's attribute names, as JSON → their number.
    schemas(campaign) = "c:{}:schemas";
    /// String: the zstd dictionary of the campaign's blocks.
    dictionary(campaign) = "c:{}:dict";
    /// String: one compressed block.
    block(campaign, block) = "c:{}:b:{}";
    /// List: `lane:rows` of each block.
    blocks(campaign) = "c:{}:blocks";
    /// Hash: the records of `RECORDS_PER_KEY` contacts in a row.
    records(campaign, shard) = "c:{}:r:{}";
    /// String: entries of the index from ids and numbers to positions, one shard of them.
    index(campaign, shard) = "c:{}:i:{}";
    /// List: ranges `first:count` of positions to be called.
    queue(campaign, lane) = "c:{}:q:{}";
    /// Zset: due times of a lane's buckets.
    buckets(campaign, lane) = "c:{}:w:{}";
    /// List: positions due at one time.
    bucket(campaign, lane, due) = "c:{}:w:{}:{}";
    /// Hash: lane → `version|from-to,…`, its open intervals.
    lane_hours(campaign) = "c:{}:hours";
    /// Zset: lanes with somebody to call now, most urgent first.
    lanes_open(campaign) = "c:{}:open";
    /// Zset: lanes by the instant at which they next have somebody to call.
    lanes_closed(campaign) = "c:{}:closed";
    /// Zset: live calls `position:revision` by the end of their slot.
    live(campaign) = "c:{}:live";
    /// Stream: what happened in a campaign lately; only while somebody listens, and for a time after that.
    feed(campaign) = "c:{}:feed";
    /// List: looks at a campaign's counters, oldest first, `close` or `wide` ones.
    timeline(campaign, pace) = "c:{}:t:{}";
    /// Stream: what happened in a campaign and has still to be told to its receiver.
    outbox(campaign) = "c:{}:outbox";
    /// List: what came of telling it, newest first, as JSON.
    deliveries(campaign) = "c:{}:deliveries";
    /// Set: campaigns whose events are told to a receiver.
    told() = "told";
    /// Set: accounts that campaigns name.
    accounts() = "accounts";
    /// Hash: an account's limits, pacing and health.
    account(account) = "a:{}";
    /// Zset: campaigns with somebody to call now, by priority and pass.
    ready(account) = "a:{}:ready";
    /// Zset: campaigns by the instant at which they next have somebody to call.
    asleep(account) = "a:{}:asleep";
    /// Zset: live calls by the end of their slot.
    account_live(account) = "a:{}:live";
    /// Set: campaigns (`*`: the account) that found no free slot.
    starved(account) = "a:{}:starved";
    /// Zset: calls to be polled, by time.
    polls(account) = "a:{}:polls";
    /// String: the attempt `campaign:position:revision` whose call has this id, `!` and what our hook was told of the call
    /// before that was known; either may be absent. Only of accounts that have a hook, and only for a time.
    call(account, call_id) = "a:{}:call:{}";
    /// Zset: recordings `campaign:position:revision:call id` to be fetched, by time.
    recordings(account) = "a:{}:recordings";
    /// Hash: attempts `position:revision` of `RECORDS_PER_KEY` contacts in a row → `+` and where their recording is, or `-` and
    /// why there is none.
    recorded(campaign, shard) = "c:{}:rec:{}";
    /// Zset: claims `worker:campaign:position:lane` by their expiry.
    claims() = "claims";
    /// Zset: intents `campaign:position:revision:worker` by the time from which they are in doubt.
    intents() = "intents";
    /// Hash: numbers being called → `until|owner`.
    numbers() = "numbers";
    /// Hash: a campaign, `campaign:place`, or the empty name for all → its caps, a rule a line; `*` → the history that they need
    /// and how often they were changed.
    caps() = "caps";
    /// Hash: when numbers (`n`) or contacts (`c`) were called by any campaign, one shard of them.
    history(kind, shard) = "h:{}:{}";
    /// Hash: the do-not-call lists of a campaign, or of the workspace (no name).
    suppressions(scope) = "dnc:{}:lists";
    /// Hash: numbers that were put on those lists one by one, one shard of them.
    added(scope, shard) = "dnc:{}:n:{}";
    /// Zset: `scope list number` by the end of that entry; without a number, of the list's import.
    suppression_ends() = "dnc:ends";
    /// String: the number of the last import.
    last_generation() = "dnc:last";
    /// Zset: imports that do not count: by their last write while they are written, 0 once they were replaced.
    idle_generations() = "dnc:idle";
    /// Hash: an import's revision and how many numbers it holds.
    generation(generation) = "dnc:g:{}";
    /// Hash: an import's containers by the numbers' high part, one part of them.
    generation_part(generation, part) = "dnc:g:{}:{}";
    /// Zset: workers by the end of their lease.
    workers() = "workers";
    /// Hash: worker → what to show of it.
    worker_names() = "workers:names";
    /// String: the number of the last worker.
    worker_count() = "workers:count";
    /// String: the Redis process that was seen last.
    run_id() = "redis:run_id";
    /// String: until when (ms) a restart of Redis is being recovered from.
    recovering() = "redis:recovering";
    /// String: when (ms) Redis was last seen to be another process than before.
    restarted() = "redis:restarted";
    /// Set: workers that have not replayed yet.
    replaying() = "redis:replaying";
    /// Hash: who leads, until when, under which fencing token.
    leader() = "leader";
    /// String: the answer to a request that bore an idempotency key.
    answer(hash) = "answer:{}";
    /// Hash: token hash → role, name and times, as JSON.
    tokens() = "tokens";
    /// Pub/sub channel: an account that has calls to place sooner than it had said, or `polls:` and one that has
    /// results to ask for.
    wake() = "wake";
}

impl Keys {
    /// The keys of a workspace.
    pub fn new(workspace: &str) -> Self {
        Self { prefix: format!("{{{workspace}}}:") }
    }

    /// What every key starts with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

fn fill(prefix: &str, pattern: &str, arguments: &[&dyn Display]) -> String {
    let mut key = String::with_capacity(prefix.len() + pattern.len() + 24);
    key.push_str(prefix);
    let mut arguments = arguments.iter();
    for (i, part) in pattern.split("{}").enumerate() {
        if i > 0 {
            let argument = arguments.next().expect("a pattern has as many places as arguments");
            write!(key, "{argument}").expect("writing to a string succeeds");
        }
        key.push_str(part);
    }
    key
}

/// The keys whose Lua function `k_…` is asked for, for the head of a script.
pub(super) fn lua_functions(wanted: impl Fn(&str) -> bool) -> String {
    let mut lua = String::new();
    for (name, pattern) in PATTERNS.iter().filter(|(name, _)| wanted(&format!("k_{name}("))) {
        let places = pattern.matches("{}").count();
        let arguments = ["a", "b", "c"][..places].join(", ");
        let mut parts = vec!["P".to_owned()];
        for (i, part) in pattern.split("{}").enumerate() {
            if i > 0 {
                parts.push(["a", "b", "c"][i - 1].to_owned());
            }
            if !part.is_empty() {
                parts.push(format!("'{part}'"));
            }
        }
        writeln!(lua, "local function k_{name}({arguments}) return {} end", parts.join(" .. "))
            .expect("writing to a string succeeds");
    }
    lua
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_workspace_shares_its_hash_tag() {
        let keys = Keys::new("acme");
        assert_eq!(keys.bucket("0000002a", 37, 1500), "{acme}:c:0000002a:w:37:1500");
        assert_eq!(keys.names(), "{acme}:campaigns");
    }

    #[test]
    fn lua_builds_the_same_keys() {
        let lua = lua_functions(|name| name == "k_bucket(");
        assert_eq!(lua.lines().count(), 1);
        assert!(lua.contains("local function k_bucket(a, b, c) return P .. 'c:' .. a .. ':w:' .. b .. ':' .. c end"));
    }
}
