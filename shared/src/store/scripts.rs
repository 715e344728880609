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

const INCLUDES: &[(&str, &str)] =
    sources!("include/": time campaign records lanes slots requests intents leader health);
const OPERATIONS: &[(&str, &str)] = sources!("": account_down account_up add_blocks apply begin block_account
    change_state claim conclude end_leases intern lead lease placed prune_campaign prune_numbers reap_claims reap_intents
    recover replay_begun replayed restart_block slow_account take_polls take_request unclaim write_hours write_index);

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
    let mut source = String::from(head);
    for name in names.split_whitespace() {
        let (_, text) = INCLUDES.iter().find(|(include, _)| *include == name).expect("an include exists");
        source.push_str(text);
        if name == "time" {
            source.push_str(&keys::lua_functions());
            source.push_str(&limits::lua_constants());
        }
    }
    source.push_str(rest);
    let sha1 = redis::Script::new(&source).get_hash().to_owned();
    Script { source, sha1 }
}
