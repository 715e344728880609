//! The whole of Redial as users run it: the built command in processes of their own, a Redis, and the simulator for a
//! provider. Everything is in one temporary directory and ends with the rig.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use redial_simulator::SimulatorConfig;
use serde::Deserialize;
use tempfile::TempDir;

use super::{
    AttemptRow, Ledger, Process, RedisServer, ResultRow, Status, http, process::send, rows, until, until_done,
};

/// How long a process may take until it serves.
const UP_WITHIN: Duration = Duration::from_secs(60);
/// Set to anything, it keeps the directories of rigs, with all logs, for whoever wants to look into them.
const KEEP: &str = "REDIAL_TEST_KEEP";

/// What a rig is made of.
pub struct Setup<'a> {
    /// Further lines of the provider account's table, such as `rate = "100/s"`, and further accounts; `{simulator}` stands
    /// for its address.
    pub account: &'a str,
    /// `worker.lease`
    pub lease: &'a str,
    /// How the provider behaves.
    pub simulator: SimulatorConfig,
    /// The Redis that scheduler and workers share; none: `redial up` brings its own.
    pub redis: Option<RedisServer>,
}

/// A configuration in a directory of its own, and a simulator that serves.
pub struct Rig {
    /// The shared Redis, if there is one.
    pub redis: Option<RedisServer>,
    simulator_url: String,
    server_url: String,
    config: PathBuf,
    environment: Vec<(&'static str, String)>,
    log_format: Option<&'static str>,
    _simulator: Process,
    directory: TempDir,
}

/// What a command wrote and how it ended.
#[derive(Debug)]
pub struct Done {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Its exit code.
    pub code: i32,
}

impl Rig {
    /// Writes the configuration and starts the simulator. The account is called `sim`.
    ///
    /// # Panics
    /// When anything does not start.
    pub fn new(setup: Setup<'_>) -> Self {
        let mut rig = Self::bare(&setup.simulator);
        let redis = setup.redis.as_ref().map_or(String::new(), |redis| format!("[redis]\nurl = \"{}\"\n", redis.url()));
        let (simulator, Setup { account, lease, .. }) = (&rig.simulator_url, &setup);
        let account = account.replace("{simulator}", simulator);
        let common = format!(
            "data_dir = \"{data_dir}\"\n{redis}[worker]\nlease = \"{lease}\"\n[providers.sim]\nkind = \"knovvu\"\n\
             base_url = \"{simulator}\"\nproject = \"p\"\ntenant = \"Default\"\naccess_token = \"t\"\n\
             scenario_path = \"s\"\norchestrator_url = \"{simulator}\"\n{account}\n",
            data_dir = rig.directory.path().join("data").display(),
        );
        let listen = rig.server_url.trim_start_matches("http://");
        let common = format!("{common}[http]\npublic_url = \"{}\"\n", rig.server_url);
        rig.config = rig.file("redial.toml", &format!("{common}listen = \"{listen}\"\n"));
        rig.file("worker.toml", &common);
        rig.redis = setup.redis;
        rig
    }

    /// With a configuration file as it ships, whose account is `demo`. Addresses and the data directory are overruled by
    /// the environment.
    ///
    /// # Panics
    /// As [`Rig::new`].
    pub fn shipped(config: &Path, simulator: &SimulatorConfig) -> Self {
        let mut rig = Self::bare(simulator);
        rig.config = config.to_owned();
        rig.environment = vec![
            ("REDIAL__DATA_DIR", rig.directory.path().join("data").display().to_string()),
            ("REDIAL__HTTP__LISTEN", rig.server_url.trim_start_matches("http://").to_owned()),
            ("REDIAL__PROVIDERS__DEMO__BASE_URL", rig.simulator_url.clone()),
        ];
        rig
    }

    /// Sets an environment variable for all processes that are started from now on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.push((name, value.to_owned()));
    }

    /// Has all processes that are started from now on log in this format.
    pub fn log_in(&mut self, format: &'static str) {
        self.log_format = Some(format);
    }

    fn bare(simulator: &SimulatorConfig) -> Self {
        let keep = env::var_os(KEEP).is_some();
        let mut directory = tempfile::Builder::new();
        let directory =
            directory.prefix("redial-rig-").disable_cleanup(keep).tempdir().expect("a directory can be made");
        if keep {
            eprintln!("the rig is in {}", directory.path().display());
        }
        let settings = directory.path().join("simulator.toml");
        fs::write(&settings, toml::to_string(simulator).expect("a simulator's settings are TOML"))
            .expect("a file can be written");
        let mut command = Command::new(redial());
        command.args(["simulator", "--listen", "127.0.0.1:0", "--settings"]).arg(&settings);
        let mut simulator = Process::start("simulator", &mut command, directory.path().join("simulator.log"));
        Self {
            redis: None,
            simulator_url: simulator.line(),
            server_url: format!("http://127.0.0.1:{}", free_port()),
            config: PathBuf::new(),
            environment: Vec::new(),
            log_format: None,
            _simulator: simulator,
            directory,
        }
    }

    /// Writes a file into the rig's directory.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        path
    }

    /// Starts `redial up` and waits until its API answers.
    pub fn up(&self) -> Process {
        let mut up = self.start("up", "up", &self.config);
        self.wait_until_served(&mut up);
        up
    }

    /// Starts `redial scheduler` and waits until its API answers.
    pub fn scheduler(&self) -> Process {
        let mut scheduler = self.start("scheduler", "scheduler", &self.config);
        self.wait_until_served(&mut scheduler);
        scheduler
    }

    /// Starts one more `redial scheduler`, whose API serves elsewhere, and waits until that listens.
    ///
    /// # Panics
    /// When it does not.
    pub fn further_scheduler(&self, name: &str) -> Process {
        let mut command = self.command(&self.config);
        command.env("REDIAL__HTTP__LISTEN", format!("127.0.0.1:{}", free_port())).arg("scheduler");
        let scheduler = Process::start(name, &mut command, self.directory.path().join(format!("{name}.log")));
        until_done(&format!("{name} listens"), UP_WITHIN, || scheduler.log().contains("listening on"));
        scheduler
    }

    /// Starts a `redial worker` and waits until it works.
    ///
    /// # Panics
    /// When it does not.
    pub fn worker(&self, name: &str) -> Process {
        let worker = self.start(name, "worker", &self.directory.path().join("worker.toml"));
        until_done(&format!("{name} works"), UP_WITHIN, || worker.log().contains("worker ready"));
        worker
    }

    /// Starts a `redial worker` that serves its health and metrics, and waits until it works. Tells where it serves.
    ///
    /// # Panics
    /// When it does not.
    pub fn serving_worker(&self, name: &str) -> (Process, String) {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = self.command(&self.directory.path().join("worker.toml"));
        command.env("REDIAL__HTTP__LISTEN", &address).arg("worker");
        let worker = Process::start(name, &mut command, self.directory.path().join(format!("{name}.log")));
        until_done(&format!("{name} works"), UP_WITHIN, || worker.log().contains("worker ready"));
        (worker, format!("http://{address}"))
    }

    fn start(&self, name: &str, verb: &str, config: &Path) -> Process {
        let mut command = self.command(config);
        Process::start(name, command.arg(verb), self.directory.path().join(format!("{name}.log")))
    }

    fn wait_until_served(&self, process: &mut Process) {
        until_done("the API answers", UP_WITHIN, || {
            assert!(process.is_running(), "it ended: {}", process.log());
            self.redial(&["status", "--json"]).code == 0
        });
    }

    fn command(&self, config: &Path) -> Command {
        let mut command = Command::new(redial());
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("REDIAL_") || name.starts_with("OTEL_")) {
                command.env_remove(name);
            }
        }
        command.env_remove("RUST_LOG").envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.arg("--config").arg(config);
        if let Some(format) = self.log_format {
            command.args(["--log-format", format]);
        }
        command
    }

    /// Runs `redial` with these arguments, to its end.
    ///
    /// # Panics
    /// When it cannot be run.
    pub fn redial(&self, arguments: &[&str]) -> Done {
        let mut command = self.command(&self.config);
        Done::of(command.env("REDIAL_SERVER", &self.server_url).args(arguments).output().expect("redial can be run"))
    }

    /// Runs `redial` with these arguments and gives its standard output.
    ///
    /// # Panics
    /// When it does not end well.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let done = self.redial(arguments);
        assert_eq!(done.code, 0, "redial {}: {}{}", arguments.join(" "), done.stderr, done.stdout);
        done.stdout
    }

    /// Applies a definition and uploads a list.
    ///
    /// # Panics
    /// When either is refused, or a row is.
    #[track_caller]
    pub fn prepare(&self, campaign: &str, definition: &str, list: &str) {
        let definition = self.file(&format!("{campaign}.toml"), &format!("name = \"{campaign}\"\n{definition}"));
        let list_file = self.file(&format!("{campaign}.csv"), list);
        self.ok(&["apply", &definition.display().to_string()]);
        let uploaded = self.ok(&["upload", campaign, &list_file.display().to_string()]);
        let rows = list.lines().count() - 1;
        assert_eq!(uploaded, format!("{rows} accepted, 0 duplicate, 0 rejected\n"));
    }

    /// Where a campaign stands; none when the server cannot tell now.
    ///
    /// # Panics
    /// When the counts by state do not sum to the list's size.
    pub fn try_status(&self, campaign: &str) -> Option<Status> {
        let done = self.redial(&["status", campaign, "--json"]);
        if done.code != 0 {
            return None;
        }
        let status: Status = serde_json::from_str(&done.stdout).expect("a status is JSON");
        assert!(status.adds_up(), "the counts do not sum to the list's size: {status:?}");
        Some(status)
    }

    /// Where a campaign stands.
    ///
    /// # Panics
    /// As [`Rig::try_status`], and when the server does not tell.
    #[track_caller]
    pub fn status(&self, campaign: &str) -> Status {
        self.try_status(campaign).expect("the server tells where a campaign stands")
    }

    /// Waits until a campaign stands as wanted. The server may be away meanwhile.
    ///
    /// # Panics
    /// When that is not within `limit`, telling where it stands instead.
    #[track_caller]
    pub fn wait_for(&self, campaign: &str, what: &str, limit: Duration, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut last = None;
        let deadline = std::time::Instant::now() + limit;
        loop {
            last = self.try_status(campaign).or(last);
            if let Some(status) = last.as_ref().filter(|status| wanted(status)) {
                return status.clone();
            }
            assert!(std::time::Instant::now() < deadline, "{campaign}: {what}: not within {limit:?}: {last:?}");
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Waits until a campaign is completed.
    ///
    /// # Panics
    /// As [`Rig::wait_for`].
    #[track_caller]
    pub fn wait_until_completed(&self, campaign: &str, limit: Duration) -> Status {
        self.wait_for(campaign, "it is completed", limit, |status| status.state == "completed")
    }

    /// Waits until so many calls have rung.
    ///
    /// # Panics
    /// When they do not.
    #[track_caller]
    pub fn wait_for_rings(&self, rings: u64, limit: Duration) {
        until_done(&format!("{rings} calls have rung"), limit, || Ledger::count(&self.simulator_url) >= rings);
    }

    /// One row a contact.
    pub fn results(&self, campaign: &str) -> Vec<ResultRow> {
        self.rows("results", campaign)
    }

    /// One row an attempt.
    pub fn attempts(&self, campaign: &str) -> Vec<AttemptRow> {
        self.rows("attempts", campaign)
    }

    fn rows<T: for<'de> Deserialize<'de>>(&self, verb: &str, campaign: &str) -> Vec<T> {
        rows::lines(&self.ok(&[verb, campaign, "--format", "jsonl"]))
    }

    /// Everything that rang so far.
    pub fn ledger(&self) -> Ledger {
        Ledger::read(&self.simulator_url)
    }

    /// Makes an end of all access tokens that providers have given.
    ///
    /// # Panics
    /// When the simulator does not answer.
    pub fn revoke_tokens(&self) {
        http::request("DELETE", &self.simulator_url, "/tokens", "").expect("tokens can be revoked");
    }

    /// Where the API and the dashboard serve.
    pub fn server_url(&self) -> &str {
        &self.server_url
    }

    /// The token that the first start wrote.
    ///
    /// # Panics
    /// When nothing was started yet.
    pub fn admin_token(&self) -> String {
        let token = fs::read_to_string(self.directory.path().join("data/admin.token"));
        token.expect("the first start wrote a token").trim().to_owned()
    }

    /// Where the simulator serves.
    pub fn simulator_url(&self) -> &str {
        &self.simulator_url
    }

    /// Ends the private Redis of `redial up` as a crash does, and waits until it was started again.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn kill_embedded_redis(&self) {
        let file = self.directory.path().join("data/redis/redis.pid");
        let pid = || fs::read_to_string(&file).ok()?.trim().parse::<u32>().ok();
        let before = pid().expect("the private Redis wrote its process id");
        send(before, "KILL");
        until("the private Redis is back", UP_WITHIN, || pid().filter(|pid| *pid != before));
    }
}

impl Done {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}

/// The built command, which lies one folder above the tests' executables.
fn redial() -> PathBuf {
    let test = env::current_exe().expect("a test knows its executable");
    let built = test.parent().and_then(Path::parent).expect("a test lies in the target directory").join("redial");
    assert!(built.is_file(), "there is no {}: run tests/run, or `cargo build -p redial` first", built.display());
    built
}

/// A port that nobody uses now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
