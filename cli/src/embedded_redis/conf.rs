//! The private Redis's configuration.

use std::{fs, path::Path};

use super::{EmbeddedRedisError, paths::Paths};

/// When Redis syncs what it wrote to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once a second: the last second or two can be lost if the machine itself dies.
    Everysec,
    /// Before every answer.
    Strict,
}

impl Durability {
    /// The value of Redis's `appendfsync` that this takes.
    pub const fn appendfsync(self) -> &'static str {
        match self {
            Self::Everysec => "everysec",
            Self::Strict => "always",
        }
    }
}

/// Writes `redis.conf`; it is generated at every start.
pub(super) fn write(paths: &Paths, durability: Durability) -> Result<(), EmbeddedRedisError> {
    fs::write(&paths.conf, text(paths, durability)).map_err(EmbeddedRedisError::io("write", &paths.conf))
}

fn text(paths: &Paths, durability: Durability) -> String {
    let (socket, pid, dir, log) = (quoted(&paths.socket), quoted(&paths.pid), quoted(&paths.dir), quoted(&paths.log));
    let appendfsync = durability.appendfsync();
    format!(
        "# Written by redial at every start; changes are lost.
# Reached through the socket alone.
port 0
unixsocket {socket}
unixsocketperm 700
daemonize no
pidfile {pid}
dir {dir}
logfile {log}
databases 1
maxclients 1000
# The append-only file is the truth; there are no snapshots beside it.
appendonly yes
appendfsync {appendfsync}
aof-use-rdb-preamble yes
save \"\"
# A full memory must refuse writes, never drop contacts.
maxmemory 0
maxmemory-policy noeviction
# Bulk state is packed: see the memory budget in the design.
hash-max-listpack-entries 256
hash-max-listpack-value 512
list-max-listpack-size -2
"
    )
}

/// A path as redis.conf takes it: in double quotes, quotes and backslashes escaped.
fn quoted(path: &Path) -> String {
    let escaped = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
