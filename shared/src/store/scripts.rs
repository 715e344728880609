//! The Lua scripts: one operation a file, their common parts in `include/`.

use std::{collections::HashMap, sync::LazyLock};

use super::{keys, limits};

/// One script, ready to be sent.
pub(super) struct Script {
    source: String,
    sha1: String,
}

impl Script {
    /// What the server compiles.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// What the server knows it by.
    pub(super) fn sha1(&self) -> &str {
        &self.sha1
    }
}

macro_rules! sources {
    ($folder:literal: $($name:ident)+) => {
        &[$((stringify!($name), include_str!(concat!("scripts/", $folder, stringify!($name), ".lua"))),)+]
    };
}

const INCLUDES: &[(&str, &str)] = sources!("include/": time campaign records lanes slots requests intents leader health caps
        suppressions recordings removal);
const OPERATIONS: &[(&str, &str)] = sources!("": account_down account_up add_blocks apply archive_campaign begin block_account
    change_state claim conclude drop_outbox edit_block end_leases end_recording forget_calls forget_campaign hasten_poll hear_call intern lead lease listen
    open_generation placed prune_campaign remove_campaign take_recordings
    prune_history prune_numbers prune_suppressions publish_generation reap_claims reap_intents recover replay_begun replayed restart_block set_caps set_place_caps slow_account
    suppress suppressed swap_archive take_polls take_request unclaim unsuppress write_generation write_hours write_index);

static SCRIPTS: LazyLock<HashMap<&str, Script>> =
    LazyLock::new(|| OPERATIONS.iter().map(|(name, body)| (*name, assemble(body))).collect());

/// The script of an operation.
///
/// # Panics
/// When there is no such script; the tests call every one.
pub(super) fn script(name: &str) -> &'static Script {
    SCRIPTS.get(name).unwrap_or_else(|| panic!("no script {name}"))
}

/// Puts keys, bounds and the named includes where the body's `--@include` line stands.
fn assemble(body: &str) -> Script {
    let (head, rest) = body.split_once("--@include ").expect("a script names its includes");
    let (names, rest) = rest.split_once('\n').expect("a script has a body");
    let include = |name| INCLUDES.iter().find(|(include, _)| *include == name).expect("an include exists").1;
    let mut names = names.split_whitespace();
    let time = names.next().map_or("", include);
    let others: String = names.map(include).collect();
    // Lua has room for 200 locals: a script gets the keys and bounds that it names.
    let named = |name: &str| [rest, &others].iter().any(|text| text.contains(name));
    let source = [head, time, &keys::lua_functions(named), &limits::lua_constants(named), &others, rest].concat();
    let sha1 = redis::Script::new(&source).get_hash().to_owned();
    Script { source, sha1 }
}
