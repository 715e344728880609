//! Where the private Redis keeps what it has.

use std::{
    env, fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use super::EmbeddedRedisError;

/// The longest path a unix socket can have: `sun_path` is 108 bytes with its final zero (unix(7)).
const SOCKET_PATH_MAX_BYTES: usize = 107;

/// Absolute paths of everything that belongs to one private Redis.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    /// `data_dir/redis`: append-only file, configuration, log, pid file.
    pub(super) dir: PathBuf,
    /// The generated configuration.
    pub(super) conf: PathBuf,
    /// Redis's log.
    pub(super) log: PathBuf,
    /// Written by Redis, removed by it when it ends in order.
    pub(super) pid: PathBuf,
    /// The unix socket: in `dir`, or where the path is short enough.
    pub(super) socket: PathBuf,
}

impl Paths {
    /// Makes the directories (mode 0700 for what is new) and settles the paths.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self, EmbeddedRedisError> {
        let dir = data_dir.join("redis");
        private_dir(&dir, true).map_err(EmbeddedRedisError::io("create", &dir))?;
        let paths = Self::find(data_dir).map_err(EmbeddedRedisError::io("find", &dir))?;
        if let Some(short) = paths.short_dir() {
            private_dir(short, false).map_err(EmbeddedRedisError::io("create", short))?;
        }
        Ok(paths)
    }

    /// The paths for a data directory that has been used, without making anything.
    pub(super) fn find(data_dir: &Path) -> io::Result<Self> {
        let dir = data_dir.join("redis").canonicalize()?;
        let socket = socket_path(&dir)?;
        Ok(Self { conf: dir.join("redis.conf"), log: dir.join("redis.log"), pid: dir.join("redis.pid"), socket, dir })
    }

    /// The socket's directory, if it is not the data's.
    fn short_dir(&self) -> Option<&Path> {
        self.socket.parent().filter(|parent| *parent != self.dir)
    }

    /// `redis+unix:///…` with the path percent-encoded.
    pub(super) fn url(&self) -> String {
        let file_url = url::Url::from_file_path(&self.socket).expect("the socket's path is absolute");
        format!("redis+unix://{}", file_url.path())
    }

    /// The last line of the log, for an error message.
    pub(super) fn last_log_line(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let last = log.lines().rev().map(str::trim).find(|line| !line.is_empty());
        last.unwrap_or("it wrote no log").to_owned()
    }

    /// Removes the socket, and its directory if it is not the data directory's.
    pub(super) fn clean_up(&self) {
        let removed = fs::remove_file(&self.socket);
        debug_assert!(removed.is_ok() || !self.socket.exists());
        if let Some(short) = self.short_dir() {
            // Not empty or gone already: then it is not ours to worry about.
            let _ = fs::remove_dir(short);
        }
    }
}

/// The socket stands beside the data, unless that path is too long for a socket.
fn socket_path(dir: &Path) -> io::Result<PathBuf> {
    let beside = dir.join("redis.sock");
    if fits(&beside) { Ok(beside) } else { Ok(short_dir(dir)?.join("redis.sock")) }
}

/// A directory under the system's temporary one, named after the data directory's own identity, so that the next
/// Redial on the same data looks for a left-over Redis at the same place.
fn short_dir(dir: &Path) -> io::Result<PathBuf> {
    let identity = fs::metadata(dir)?;
    let name = format!("redial-{}-{:x}-{:x}", identity.uid(), identity.dev(), identity.ino());
    let in_temp = env::temp_dir().join(&name);
    Ok(if fits(&in_temp.join("redis.sock")) { in_temp } else { Path::new("/tmp").join(name) })
}

fn fits(socket: &Path) -> bool {
    socket.as_os_str().as_bytes().len() <= SOCKET_PATH_MAX_BYTES
}

/// Makes a directory that only we can enter. One that exists is taken only if it is a directory of our own, closed to
/// others, or (`lenient`) as the user made it: nobody else can then put a socket of theirs in our place.
fn private_dir(path: &Path, lenient: bool) -> io::Result<()> {
    match fs::DirBuilder::new().recursive(lenient).mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !lenient => {
            let found = fs::symlink_metadata(path)?;
            // SAFETY: geteuid has no preconditions and cannot fail.
            let own = found.uid() == unsafe { libc::geteuid() };
            let closed = found.mode() & 0o077 == 0;
            if found.is_dir() && own && closed { Ok(()) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_stands_beside_the_data_when_its_path_is_short() {
        let temp = tempfile::tempdir().unwrap();
        let paths = Paths::prepare(temp.path()).unwrap();
        assert_eq!(paths.socket, paths.dir.join("redis.sock"));
        assert!(paths.url().starts_with("redis+unix:///"));
    }

    #[test]
    fn a_data_directory_too_deep_for_a_socket_gets_one_in_a_private_directory_that_is_found_again() {
        let temp = tempfile::tempdir().unwrap();
        let deep = temp.path().join("a".repeat(60)).join("b".repeat(60));
        let first = Paths::prepare(&deep).unwrap();
        assert!(fits(&first.socket));
        let short = first.socket.parent().unwrap();
        assert_eq!(fs::metadata(short).unwrap().mode() & 0o777, 0o700);
        assert_eq!(Paths::prepare(&deep).unwrap().socket, first.socket);
        first.clean_up();
        assert!(!short.exists());
    }

    #[test]
    fn a_socket_directory_open_to_others_is_not_trusted() {
        let temp = tempfile::tempdir().unwrap();
        let open = temp.path().join("open");
        fs::DirBuilder::new().create(&open).unwrap();
        fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(private_dir(&open, false).is_err());
    }

    #[test]
    fn spaces_in_the_path_are_encoded_in_the_url() {
        let temp = tempfile::tempdir().unwrap();
        let paths = Paths::prepare(&temp.path().join("my data")).unwrap();
        assert!(paths.url().ends_with("/my%20data/redis/redis.sock"), "{}", paths.url());
    }
}
