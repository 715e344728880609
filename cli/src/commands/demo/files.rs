//! The demo's configuration, campaign and list: what a user would write.

use std::{
    collections::HashSet,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use redial_shared::domain::units::Rate;

use super::kinds;
use crate::processes::Kind;

/// What the files depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files {
    /// Whose API is played.
    pub(super) kind: Kind,
    /// Calls started in a time.
    pub(super) rate: Rate,
    /// Contacts in the list.
    pub(super) contacts: u32,
}

impl Files {
    /// Writes `redial.toml` into `dir`: an account at the simulator and a data directory beside it.
    pub(super) fn write_config(self, dir: &Path, listen: SocketAddr, simulator: &str) -> io::Result<PathBuf> {
        let path = dir.join("redial.toml");
        let data_dir = dir.join("data");
        let data_dir = data_dir.display();
        let Self { kind, rate, .. } = self;
        let live_max = self.live_max();
        let account = kinds::account(kind, simulator);
        let config = format!(
            "workspace = \"demo\"
data_dir = '{data_dir}'
[http]
listen = \"{listen}\"
[providers.simulator]
rate = \"{rate}\"
max_concurrent = {live_max}
timeout = \"5s\"
{account}"
        );
        fs::write(&path, config)?;
        Ok(path)
    }

    /// The campaign: retries after seconds instead of hours.
    pub(super) fn definition(self) -> String {
        let Self { kind, rate, .. } = self;
        let live_max = self.live_max();
        let call = kinds::call(kind);
        format!(
            "name = \"demo\"
provider = \"simulator\"
[pacing]
rate = \"{rate}\"
max_concurrent = {live_max}
[retry]
max_attempts = 3
[retry.busy]
delays = [\"2s\", \"4s\"]
max = 2
[retry.no_answer]
delays = [\"3s\"]
max = 2
[retry.temporarily_unavailable]
delays = [\"3s\"]
max = 2
[retry.error]
delays = [\"3s\"]
max = 2
[retry.unknown]
delays = [\"10s\"]
max = 1
{call}[results]
poll_first = \"500ms\"
poll_max = \"1s\"
give_up = \"1m\"
assume_call = \"2s\"
"
        )
    }

    /// Calls last a second or two, so ten times a second's calls is no limit in practice.
    fn live_max(self) -> u64 {
        (self.rate.per_second() * 10.0).ceil() as u64 + 10
    }

    /// How long all attempts take if every contact needs three.
    pub(super) fn longest(self) -> Duration {
        Duration::from_secs_f64(f64::from(self.contacts) * 3.0 / self.rate.per_second())
    }
}

/// How many different time zones a list names.
pub(super) fn zones(list: &str) -> usize {
    let mut rows = csv::Reader::from_reader(list.as_bytes());
    let column = rows.headers().ok().and_then(|header| header.iter().position(|name| name == "timezone"));
    let Some(column) = column else { return 0 };
    let zones = rows.records().flatten().filter_map(|row| row.get(column).map(str::to_owned));
    zones.filter(|zone| !zone.is_empty()).collect::<HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(kind: Kind) -> Files {
        Files { kind, rate: "100/s".parse().unwrap(), contacts: 2000 }
    }

    #[test]
    fn the_demo_campaign_is_a_valid_definition_for_every_kind() {
        for kind in Kind::ALL {
            crate::processes::campaign_name(Path::new("demo.toml"), &files(kind).definition()).unwrap();
        }
    }

    #[test]
    fn the_demo_configuration_is_valid_and_has_its_own_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        let listen: SocketAddr = "127.0.0.1:7171".parse().unwrap();
        for kind in Kind::ALL {
            let config = files(kind).write_config(dir.path(), listen, "http://127.0.0.1:7272").unwrap();
            let settings = crate::processes::settings(Some(&config)).unwrap();
            assert_eq!(settings.data_dir(), dir.path().join("data"));
            assert_eq!(settings.listen(), listen.to_string());
            assert!(settings.redis_url().unwrap().is_none());
        }
    }

    #[test]
    fn zones_are_counted_once_each() {
        let list = "phone,timezone\n+12025550101,America/New_York\n+442079460001,Europe/London\n+12025550102,America/New_York\n";
        assert_eq!(zones(list), 2);
    }
}
