//! One Redial per data directory.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use super::EmbeddedRedisError;

/// Name of the lock file in the data directory. It stays behind: only the lock on it counts, which the kernel takes
/// away when its owner ends, however that happens.
const FILE: &str = "redial.lock";

/// Exclusive ownership of a data directory, until dropped.
pub(super) struct DataDirLock {
    _file: File,
}

impl DataDirLock {
    /// Takes the lock and writes our process id beside it for others to report.
    pub(super) fn take(data_dir: &Path) -> Result<Self, EmbeddedRedisError> {
        let path = data_dir.join(FILE);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(EmbeddedRedisError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedRedisError::InUse { pid: owner(&mut file), data_dir: data_dir.to_owned() });
            }
            Err(TryLockError::Error(source)) => {
                return Err(EmbeddedRedisError::Io { what: "lock", path, source });
            }
        }
        write_own_pid(&mut file).map_err(EmbeddedRedisError::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

fn owner(file: &mut File) -> String {
    let mut pid = String::new();
    let read = file.read_to_string(&mut pid).is_ok();
    let pid = pid.trim();
    if read && !pid.is_empty() { pid.to_owned() } else { "unknown".to_owned() }
}

fn write_own_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
