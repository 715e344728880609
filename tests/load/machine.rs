//! A machine with everything on it: the simulator in this process, `redial up` as a child, and its Redis.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use redial_simulator::{Simulator, SimulatorConfig, generate_contacts};
use serde_json::Value;
use tempfile::TempDir;

use crate::Failure;

/// How long the API may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(30);
/// Seed of every list: the same rows each time.
const SEED: u64 = 1;

/// A running engine. It ends, and its files with it, when this is dropped.
pub struct Machine {
    /// What rang.
    pub simulator: Simulator,
    directory: TempDir,
    server: String,
    up: Child,
}

/// What one run of the command took.
pub struct Ran {
    /// What it printed.
    pub stdout: String,
    /// From its start to its end.
    pub took: Duration,
    /// Its largest memory, in KiB, as last seen while it ran.
    pub peak_kib: u64,
}

impl Machine {
    /// Starts the simulator and `redial up` with one account, `simulator`, of this rate.
    pub async fn start(rate: u64) -> Result<Self, Failure> {
        let config =
            SimulatorConfig { outcomes: [(redial_simulator::Outcome::Answered, 1)].into(), ..Default::default() };
        Self::start_with(config, rate).await
    }

    /// The same with a simulator that behaves so.
    pub async fn start_with(config: SimulatorConfig, rate: u64) -> Result<Self, Failure> {
        let simulator = redial_simulator::start(config, "127.0.0.1:0".parse()?).await?;
        let directory = tempfile::Builder::new().prefix("redial-load-").tempdir()?;
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        fs::write(
            directory.path().join("redial.toml"),
            configuration(directory.path(), listen, &simulator.url(), rate),
        )?;
        let up = Command::new(program()?)
            .arg("up")
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stderr(fs::File::create(directory.path().join("up.log"))?)
            .spawn()?;
        let machine = Self { simulator, directory, server: format!("http://{listen}"), up };
        machine.wait_until_up().await?;
        Ok(machine)
    }

    async fn wait_until_up(&self) -> Result<(), Failure> {
        let since = Instant::now();
        while let Err(failure) = self.redial(&["status"]) {
            if since.elapsed() > UP_WITHIN {
                return Err(format!("{failure}; its log: {}", self.log()).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Where it works.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What `redial up` has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory().join("up.log")).unwrap_or_default()
    }

    /// Writes a list of so many contacts and answers where.
    pub fn list(&self, contacts: u64) -> Result<PathBuf, Failure> {
        let path = self.directory().join("contacts.csv");
        generate_contacts(contacts, SEED, fs::File::create(&path)?)?;
        Ok(path)
    }

    /// Applies a campaign named `load`.
    pub fn apply(&self, definition: &str) -> Result<(), Failure> {
        let path = self.directory().join("load.toml");
        fs::write(&path, format!("name = \"load\"\nprovider = \"simulator\"\n{definition}"))?;
        self.redial(&["apply", &path.display().to_string()]).map(drop)
    }

    /// The command's export of every attempt, as CSV.
    pub fn attempts(&self) -> Result<String, Failure> {
        // A pipe that nobody reads before the end holds less.
        let file = self.directory().join("attempts.csv");
        self.redial(&["attempts", "load", "--format", "csv", "-o", &file.display().to_string()])?;
        Ok(std::fs::read_to_string(file)?)
    }

    /// Runs the command to its end. It may print some KiB.
    pub fn redial(&self, args: &[&str]) -> Result<Ran, Failure> {
        let started = Instant::now();
        let mut child = Command::new(program()?)
            .args(args)
            .args(["--server", &self.server])
            .current_dir(self.directory())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut peak_kib = 0;
        while child.try_wait()?.is_none() {
            peak_kib = peak_memory_kib(child.id()).unwrap_or(0).max(peak_kib);
            std::thread::sleep(Duration::from_millis(2));
        }
        let took = started.elapsed();
        let Output { status, stdout, stderr } = child.wait_with_output()?;
        if !status.success() {
            return Err(format!("redial {}: {}", args.join(" "), String::from_utf8_lossy(&stderr)).into());
        }
        Ok(Ran { stdout: String::from_utf8(stdout)?, took, peak_kib })
    }

    /// The campaign's counts.
    pub fn status(&self) -> Result<Value, Failure> {
        Ok(serde_json::from_str(&self.redial(&["status", "load", "--json"])?.stdout)?)
    }

    /// The largest memory that `redial up` has had so far, in KiB.
    pub fn peak_kib(&self) -> u64 {
        peak_memory_kib(self.up.id()).unwrap_or(0)
    }

    /// Processor time of `redial up` so far.
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.up.id())).unwrap_or_default();
        // Fields are counted behind the program's name: user time is the 12th, system time the 13th, in hundredths.
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        Duration::from_millis(fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
    }

    /// What Redis says of itself.
    pub fn redis(&self) -> Result<RedisFigures, Failure> {
        let socket = self.directory().join("data/redis/redis.sock");
        let client = redis::Client::open(format!("redis+unix://{}", socket.display()))?;
        let info: redis::InfoDict = redis::cmd("INFO").arg("everything").query(&mut client.get_connection()?)?;
        let number = |name: &str| info.get::<f64>(name).unwrap_or(0.0);
        Ok(RedisFigures {
            memory_bytes: number("used_memory") as u64,
            processor_time: Duration::from_secs_f64(number("used_cpu_user") + number("used_cpu_sys")),
            commands: number("total_commands_processed") as u64,
            scripts: calls(&info, "evalsha") + calls(&info, "eval"),
        })
    }

    /// Redis's memory once nothing is on its way any more.
    pub async fn settled_memory(&self) -> Result<u64, Failure> {
        let mut before = 0;
        for _ in 0..50 {
            let now = self.redis()?.memory_bytes;
            if now.abs_diff(before) < 64 * 1024 {
                break;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Ok(before)
    }
}

impl Drop for Machine {
    /// A polite end, so that its Redis ends too.
    fn drop(&mut self) {
        let ended = Command::new("kill").arg(self.up.id().to_string()).status();
        let waited = self.up.wait();
        if ended.is_err() || waited.is_err() {
            eprintln!("redial up (process {}) may still run", self.up.id());
        }
    }
}

/// Some of what `INFO` tells.
pub struct RedisFigures {
    /// `used_memory`
    pub memory_bytes: u64,
    /// Of the server's own process, all its threads.
    pub processor_time: Duration,
    /// Commands so far, those that scripts send included.
    pub commands: u64,
    /// Scripts run so far.
    pub scripts: u64,
}

/// How often a command was called: `cmdstat_…:calls=…,`.
fn calls(info: &redis::InfoDict, command: &str) -> u64 {
    let stat = info.get::<String>(&format!("cmdstat_{command}")).unwrap_or_default();
    let calls = stat.strip_prefix("calls=").and_then(|stat| stat.split(',').next());
    calls.and_then(|calls| calls.parse().ok()).unwrap_or(0)
}

/// `redial` beside this program, or what REDIAL_PROGRAM names.
fn program() -> Result<PathBuf, Failure> {
    if let Some(path) = std::env::var_os("REDIAL_PROGRAM") {
        return Ok(path.into());
    }
    let here = std::env::current_exe()?;
    let beside = here.ancestors().nth(2).ok_or("this program lies in no target directory")?.join("redial");
    if beside.exists() { Ok(beside) } else { Err("there is no `redial`: cargo build --release -p redial".into()) }
}

fn peak_memory_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

fn configuration(directory: &Path, listen: std::net::SocketAddr, simulator: &str, rate: u64) -> String {
    let data_dir = directory.join("data");
    format!(
        r#"workspace = "load"
data_dir = "{}"
[http]
listen = "{listen}"
[worker]
concurrency = 4096
[providers.simulator]
kind = "knovvu"
base_url = "{simulator}"
rate = "{rate}/s"
timeout = "5s"
project = "load"
tenant = "Default"
access_token = "load"
scenario_path = "load"
orchestrator_url = "{simulator}/orchestrator"
"#,
        data_dir.display()
    )
}
