//! The engine's bounds, shared by Rust and the scripts.

use std::fmt::Write;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $value:expr;)+) => {
        $($(#[$doc])* pub const $name: u64 = $value;)+
        const ALL: &[(&str, u64)] = &[$((stringify!($name), $value),)+];
    };
}

limits! {
    /// Rows a block holds at most; positions of a block are this far apart.
    ROWS_PER_BLOCK = 256;
    /// Different places (sets of time zones and regions) of one campaign's contacts: a lane's number has 12 bits for it.
    PLACES_MAX = 4_096;
    /// Different lists of columns of one campaign.
    SCHEMAS_MAX = 65_536;
    /// Contacts whose records share a key: few enough for Redis to keep them packed.
    RECORDS_PER_KEY = 64;
    /// Waiting contacts are filed by due time, rounded up to this many milliseconds.
    BUCKET_MS = 250;
    /// Contacts that one claim hands out at most.
    CLAIM_BATCH_MAX = 256;
    /// Turns a claim may take beyond its contacts, for campaigns and lanes that turn out to have nothing.
    CLAIM_TURNS = 256;
    /// How far ahead permits are given, in microseconds.
    HORIZON_US = 200_000;
    /// Where several campaigns share an account, how far ahead of its place in the line a paced one takes it, in
    /// microseconds: those between stay free for others.
    GAP_US = 25_000;
    /// Ready campaigns that a claim looks at for the next place in the line.
    READY_LOOKED_AT = 32;
    /// The soonest permit: time to read the contact and to begin, in microseconds.
    LEAD_US = 25_000;
    /// How much later than its permit a request may be sent, in microseconds. Permits are this much further apart in a
    /// second, so that no sliding second holds more sends than the rate.
    SEND_LAG_US = 8_000;
    /// A claim not begun this long after its permit returns to its lane.
    CLAIM_GRACE_MS = 5_000;
    /// An intent not settled this long after send_by and the account's time-out is in doubt.
    INTENT_GRACE_MS = 5_000;
    /// What our hook was told of a call before its id was known is kept up to this length, in bytes, and one word more.
    EARLY_BYTES_MAX = 65_536;
    /// How long after its end our hook still finds the attempt of a call: what the bot learned may come last.
    LATE_WORD_MS = 600_000;
    /// A contact whose number is in use comes up again after this time.
    NUMBER_BUSY_MS = 5_000;
    /// After a restart of Redis nothing new is begun for this long, even if all known workers have replayed: one whose
    /// lease was among the lost writes replays too, and the last second's permits may have been lost.
    RECOVERY_MIN_MS = 3_000;
    /// More than the workers that can have opened a lease in the writes that a restart loses: their numbers are not given
    /// again.
    WORKERS_LOST_MAX = 1_000;
    /// Trouble of an account within this time counts once.
    SLOW_EVERY_MS = 1_000;
    /// A slowed account's rate grows by all of it in this time.
    SLOW_RECOVERY_MS = 10_000;
    /// An account is slowed to one of so many parts of its rate at most.
    SLOW_PARTS_MAX = 64;
    /// How long no call starts after a provider went down; it doubles as long as it stays down.
    DOWN_MIN_MS = 1_000;
    /// The same at most.
    DOWN_MAX_MS = 60_000;
    /// A provider that has been up for this long is taken for a new one when it goes down.
    DOWN_FORGOTTEN_MS = 600_000;
    /// Nobody else asks a provider whether it is up while one worker does, for this time.
    PROBE_MS = 15_000;
    /// For how long a campaign's feed is written on after it was last listened to.
    FEED_KEPT_MS = 300_000;
    /// Entries of a feed that are kept, and up to 100 more.
    FEED_ENTRIES_MAX = 10_000;
    /// Deliveries to a campaign's receiver that are kept in its log.
    DELIVERIES_KEPT = 1_000;
    /// Seconds of recent starts that are kept.
    STARTS_RING = 12;
    /// Looks at a campaign's counters that are kept, 10 s apart: two hours.
    CLOSE_LOOKS_MAX = 720;
    /// The same 5 min apart: three days.
    WIDE_LOOKS_MAX = 864;
    /// A contact whose number is suppressed comes up again after this time, unless it was moved on by then.
    SUPPRESSED_MS = 1_000;
    /// Lists of numbers not to be called that a campaign, or the workspace, may have.
    SUPPRESSION_LISTS_MAX = 32;
    /// Keys over which the numbers added to lists one by one are spread.
    ADDED_SHARDS = 4_096;
    /// Keys over which the containers of an import are spread.
    GENERATION_PARTS = 64;
    /// A container of so many bytes, or fewer, holds two bytes a number.
    SPARSE_CONTAINER_BYTES = 1_024;
    /// An import that is written to no more is dropped after this time.
    GENERATION_IDLE_MS = 3_600_000;
    /// Keys over which the history of calls is spread: with 30 million numbers each is still packed.
    HISTORY_SHARDS = 262_144;
    /// How long calls are remembered where no cap looks back further, in seconds: 30 days.
    HISTORY_MIN_S = 2_592_000;
    /// Calls of a number that are remembered where no cap counts more: with these a history is still packed.
    HISTORY_MIN_CALLS = 15;
    /// Calls that are remembered beyond the highest cap, for those that turn out not to have been made.
    HISTORY_SPARE_CALLS = 4;
    /// How soon after a call's end its recording is asked for.
    RECORDING_AFTER_MS = 2_000;
    /// `Outcome::Answered` as stored.
    ANSWERED = 1;
    /// `Outcome::Voicemail` as stored.
    VOICEMAIL = 2;
    /// `ContactState::Expired` as stored.
    EXPIRED = 8;
    /// `ContactState::Cancelled` as stored.
    CANCELLED = 9;
}

/// The bounds that are asked for, for the head of a script.
pub(super) fn lua_constants(wanted: impl Fn(&str) -> bool) -> String {
    ALL.iter().filter(|(name, _)| wanted(name)).fold(String::new(), |mut lua, (name, value)| {
        writeln!(lua, "local {name} = {value}").expect("writing to a string succeeds");
        lua
    })
}
