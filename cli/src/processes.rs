//! Where the command meets the engine: configuration, the definition's parser, the run loops, the simulator.
//! Everything else in this crate knows them only through this file.

use std::{
    collections::HashSet,
    env,
    fmt::Display,
    fs,
    io::{self, IsTerminal},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use redial_scheduler::api::{self, ApiState};
use redial_shared::{
    config::{self, Config},
    domain::{CampaignName, campaign, document::Document},
    provider,
    storage::Storage,
    store::Store,
    telemetry::traces::{Exporter, TraceSettings},
};
pub use redial_simulator::{AddedFault, Kind, Span};
use redial_simulator::{FICTITIOUS_MAX, Ring, SimulatorConfig, generate_contacts};
pub use redial_worker::direct::Direct;
use redial_worker::direct::DirectError;
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{args::Globals, client::Client, commands::demo::Rang, embedded_redis::Durability, failure::Failure};

/// In the data directory: the token that the first scheduler of a workspace writes, mode 0600.
const ADMIN_TOKEN_FILE: &str = "admin.token";

/// Seed of the demo's list.
const CONTACTS_SEED: u64 = 1;

/// The process configuration, as the command itself needs it.
#[derive(Clone)]
pub struct Settings {
    config: Config,
}

/// Which parts of the engine run in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    scheduler: bool,
    worker: bool,
}

impl Roles {
    /// A scheduler with the API.
    pub const SCHEDULER: Self = Self { scheduler: true, worker: false };
    /// A worker.
    pub const WORKER: Self = Self { scheduler: false, worker: true };
    /// Both.
    pub const BOTH: Self = Self { scheduler: true, worker: true };
}

/// Reads the process configuration: the named file, else the first of the usual ones, else defaults; then the
/// environment.
///
/// # Errors
/// Exit code 2 when a named file is missing or something is wrong in it.
pub fn settings(file: Option<&Path>) -> Result<Settings, Failure> {
    let config = Config::load(file, environment()).map_err(|error| hinted(Failure::usage(&error), error.hint()))?;
    Ok(Settings { config })
}

/// The variables that are text.
fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Settings {
    /// The configuration file in use, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.config.file.as_deref()
    }

    /// `data_dir`
    pub fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    /// Whether all provider accounts can be used; with `secrets`, whether those can be had too, and those in the addresses
    /// of hooks that providers are told.
    ///
    /// # Errors
    /// Exit code 2, naming file, line and key.
    pub fn check_accounts(&self, secrets: bool) -> Result<(), Failure> {
        let make = if secrets { provider::of_account } else { provider::of_account_without_secrets };
        for account in self.config.providers.values() {
            make(account).map_err(|error| hinted(Failure::usage(&error), error.hint()))?;
            if let Some(public_url) = self.config.http.public_url.as_deref().filter(|_| secrets) {
                account.hook_url(public_url).map_err(|error| Failure::usage(&error).hint(error.hint()))?;
            }
        }
        Ok(())
    }

    /// An account to be asked directly.
    ///
    /// # Errors
    /// Exit code 2 when the configuration has none of this name, or it is no good.
    pub fn direct(&self, account: &str) -> Result<Direct, Failure> {
        let config = self.config.providers.get(account).ok_or_else(|| {
            let known: Vec<_> = self.config.providers.keys().map(String::as_str).collect();
            Failure::usage(format_args!("the configuration has no [providers.{account}]"))
                .hint(format_args!("there are: {}", known.join(", ")))
        })?;
        Ok(Direct::of(config)?)
    }

    /// Tries to write to every place for files that the configuration names: its key, the place, and how that went.
    pub async fn check_storage(&self) -> Vec<(String, String, Result<(), Failure>)> {
        let wanted = self.config.providers.values().filter_map(|account| {
            Some((format!("providers.{}.recordings", account.name), account.recordings.as_ref()?))
        });
        let archive = self.config.archive_to.as_ref().map(|location| ("archive.to".to_owned(), location));
        let mut checked = Vec::new();
        for (key, location) in wanted.chain(archive) {
            let written = match Storage::open(location, &self.config.s3) {
                Ok(storage) => storage.check().await,
                Err(error) => Err(error),
            };
            let written = written.map_err(|error| Failure::failed(&error).hint(error.hint()));
            checked.push((key, location.to_string(), written));
        }
        checked
    }

    /// `redis.url`, which may hold a password; none means embedded.
    ///
    /// # Errors
    /// When it is kept in a variable or a file that is not there.
    pub fn redis_url(&self) -> Result<Option<SecretString>, Failure> {
        let url = self.config.redis.url.as_ref().map(config::Secret::resolve).transpose();
        url.map_err(|error| Failure::failed(&error).hint(error.hint()))
    }

    /// `redis.durability`
    pub fn durability(&self) -> Durability {
        match self.config.redis.durability {
            config::Durability::Everysec => Durability::Everysec,
            config::Durability::Strict => Durability::Strict,
        }
    }

    /// `workspace`
    pub fn workspace(&self) -> &str {
        &self.config.workspace
    }

    /// `http.listen`, `HOST:PORT`.
    pub fn listen(&self) -> &str {
        self.config.http.listen_or_default()
    }

    /// `worker.concurrency`, calls.
    pub fn concurrency(&self) -> u64 {
        self.config.worker.concurrency.into()
    }

    /// The token that a scheduler of this workspace left for this machine's users, if there is one that we may read.
    pub fn admin_token(&self) -> Option<SecretString> {
        let token = fs::read_to_string(self.config.data_dir.join(ADMIN_TOKEN_FILE)).ok()?;
        Some(token.trim()).filter(|token| !token.is_empty()).map(SecretString::from)
    }
}

/// The name of the campaign that a definition describes, once all of it has been found good.
///
/// # Errors
/// Exit code 2 when the text is no good definition, naming file, line and key.
pub fn campaign_name(file: &Path, text: &str) -> Result<CampaignName, Failure> {
    let parsed = campaign::parse(text, &file.display().to_string());
    parsed.map(|definition| definition.name).map_err(|error| hinted(Failure::usage(&error), error.hint()))
}

/// Where a key of a definition stands, or the nearest table around it: `FILE:LINE`.
pub fn place_of(file: &Path, text: &str, key: &str) -> Option<String> {
    let file = file.display().to_string();
    Document::parse(text, &file).ok().map(|document| document.place_of(key))
}

impl From<DirectError> for Failure {
    fn from(error: DirectError) -> Self {
        match &error {
            DirectError::Config(cause) => hinted(Self::usage(cause), cause.hint()),
            DirectError::Wrong(cause) => Self::usage(cause).hint(cause.remedy()),
            DirectError::Refused { .. }
            | DirectError::Download(_)
            | DirectError::NothingHarmless
            | DirectError::Tls(_) => Self::failed(&error),
        }
    }
}

fn hinted(failure: Failure, hint: Option<&str>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Runs the roles until `stop` is cancelled and everything has ended in order: the API and the scheduler first, so that
/// nobody starts anything new, then the worker, whose calls are finished.
///
/// # Errors
/// When a role does not start or ends by itself.
pub async fn run(roles: Roles, settings: &Settings, redis_url: &str, stop: CancellationToken) -> Result<(), Failure> {
    let config = Arc::new(settings.config.clone());
    let lease = config.worker.lease.duration();
    let store = Store::connect(redis_url, &config.workspace, lease).await.map_err(|error| {
        Failure::failed(&error).hint("start Redis there, or leave redis.url out for one of Redial's own")
    })?;
    if settings.durability() == Durability::Strict {
        store.require_durable().await.map_err(|error| Failure::failed(&error))?;
    }
    store.set_caps(&config.caps).await.map_err(|error| Failure::failed(&error))?;
    let traced = CancellationToken::new();
    let exporting = trace(&store)?.map(|exporter| tokio::spawn(exporter.run(traced.clone())));
    let mut running = JoinSet::new();
    let api = ApiState::new(store.clone(), config.clone());
    if roles.scheduler {
        let listener = listen(settings).await?;
        let token = api::ensure_admin_token(&store, &config.data_dir).await.map_err(|error| Failure::failed(&error))?;
        if roles == Roles::BOTH {
            invite(&listener, &token);
        }
        running.spawn(background(redial_scheduler::run(config.clone(), store.clone(), stop.clone())));
        running.spawn(told(api::serve(listener, api, stop.clone())));
    } else if config.http.listen.is_some() {
        running.spawn(told(api::serve_health(listen(settings).await?, api, stop.clone())));
    }
    if roles.worker {
        running.spawn(told(redial_worker::run(config, store, stop.clone())));
    }
    tracing::info!("ready");
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        let ended = ended.map_err(|error| Failure::failed(&error)).flatten();
        if !stop.is_cancelled() && ended.is_ok() {
            result = Err(Failure::failed("a part of this process ended by itself"));
        }
        result = result.and(ended);
        stop.cancel();
    }
    // What the last calls told is still sent.
    traced.cancel();
    if let Some(exporting) = exporting {
        exporting.await.map_err(|error| Failure::failed(&error))?;
    }
    result
}

/// Lets the store's spans go where OpenTelemetry's variables tell; none where they tell nothing.
///
/// # Errors
/// Exit code 2 when a variable is no good.
fn trace(store: &Store) -> Result<Option<Exporter>, Failure> {
    let Some(settings) = TraceSettings::of(environment()).map_err(|error| Failure::usage(&error))? else {
        return Ok(None);
    };
    let (endpoint, dropped) =
        (settings.endpoint.host_str().unwrap_or_default().to_owned(), store.metrics().spans_dropped());
    let (exporter, tracer) = Exporter::new(settings, dropped).map_err(|error| Failure::failed(&error))?;
    store.trace_with(tracer);
    tracing::info!(collector = endpoint, "traces are sent");
    Ok(Some(exporter))
}

/// Before the private Redis is shut down in order: nobody else uses it, so the next start has nothing to wait for.
pub async fn expect_restart(settings: &Settings, redis_url: &str) {
    let Config { workspace, worker, .. } = &settings.config;
    let noted = match Store::connect(redis_url, workspace, worker.lease.duration()).await {
        Ok(store) => store.expect_restart().await,
        Err(error) => Err(error),
    };
    if let Err(error) = noted {
        tracing::debug!(%error, "the next start waits for one lease");
    }
}

async fn listen(settings: &Settings) -> Result<TcpListener, Failure> {
    let address = settings.listen();
    TcpListener::bind(address).await.map_err(|error| {
        Failure::failed(format_args!("cannot listen on {address}: {error}"))
            .hint("another process may be there; set http.listen to a free address")
    })
}

/// Tells whoever sits at the terminal where the dashboard is. The token stands behind `#`, so no server sees it in an
/// address, and the page takes it out at once.
fn invite(listener: &TcpListener, token: &str) {
    let Ok(address) = listener.local_addr() else { return };
    if io::stdout().is_terminal() {
        let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
        let host = if address.is_ipv6() && !address.ip().is_unspecified() { format!("[{host}]") } else { host };
        println!("dashboard: http://{host}:{}/#token={token}", address.port());
    }
}

async fn background(running: impl Future<Output = ()>) -> Result<(), Failure> {
    running.await;
    Ok(())
}

async fn told<E: Display>(running: impl Future<Output = Result<(), E>>) -> Result<(), Failure> {
    running.await.map_err(|error| Failure::failed(&error))
}

/// A client of the server that was named, with the token that was given or the one that a Redial of the same configuration
/// left.
///
/// # Errors
/// Exit code 2 when the address or the configuration is no good.
pub fn client(globals: &Globals) -> Result<Client, Failure> {
    let token = match &globals.token {
        Some(token) => Some(token.clone()),
        None => settings(globals.config.as_deref())?.admin_token(),
    };
    Client::new(&globals.server, token)
}

/// How a simulator behaves: without anything, calls are quick and most are answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulatorOptions<'a> {
    /// A TOML file.
    pub settings: Option<&'a Path>,
    /// How long access tokens live.
    pub token_life: Option<Span>,
    /// Beside those of the file.
    pub faults: &'a [AddedFault],
}

/// A running simulator.
pub struct Simulator(redial_simulator::Simulator);

impl Simulator {
    /// Starts one.
    ///
    /// # Errors
    /// Exit code 2 when the settings are no good, 1 when the address cannot be bound.
    pub async fn start(listen: SocketAddr, options: SimulatorOptions<'_>) -> Result<Self, Failure> {
        let SimulatorOptions { settings, token_life, faults } = options;
        let mut config = settings.map_or_else(|| Ok(SimulatorConfig::default()), simulator_config)?;
        config.token_life = token_life.or(config.token_life);
        faults.iter().for_each(|fault| config.add_fault(*fault));
        let started = redial_simulator::start(config, listen).await.map_err(|error| match (error.kind(), settings) {
            (io::ErrorKind::InvalidInput, Some(file)) => Failure::usage(format_args!("{}: {error}", file.display())),
            (io::ErrorKind::InvalidInput, None) => Failure::usage(&error),
            _ => Failure::failed(format_args!("the simulator cannot listen on {listen}: {error}")),
        });
        started.map(Self)
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// What rang so far. Rings that carry no attempt's id are told by the call ids that the attempts have.
    pub fn rang(&self, call_ids: &HashSet<String>) -> Rang {
        let ledger = self.0.ledger();
        let summary = ledger.summary();
        let rings = ledger.rings();
        let strange = |ring: &&Ring| ring.conversation_id.is_empty() && !call_ids.contains(&ring.unique_id);
        let strangers = rings.iter().filter(strange).count() as u64;
        Rang {
            calls: summary.calls,
            repeated: summary.repeated_conversations + strangers,
            overlapping: summary.overlapping_calls,
            busiest_second: summary.max_calls_in_any_second,
            span_us: summary.last_at.unwrap_or(0) - summary.first_at.unwrap_or(0),
        }
    }

    /// Answers what it was asked and ends.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

fn simulator_config(file: &Path) -> Result<SimulatorConfig, Failure> {
    let shown = file.display();
    let text =
        fs::read_to_string(file).map_err(|error| Failure::usage(format_args!("cannot read {shown}: {error}")))?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        Failure::usage(format_args!("{shown}:{line}: {}", error.message()))
    })
}

/// A contact list in CSV with numbers that nobody has, in several time zones; or with those only that begin so.
///
/// # Errors
/// When there are not so many.
pub fn contacts(count: u32, prefix: Option<&str>) -> Result<String, Failure> {
    let mut list = Vec::new();
    let rows = if prefix.is_some() { FICTITIOUS_MAX } else { count.into() };
    generate_contacts(rows, CONTACTS_SEED, &mut list).map_err(|error| Failure::usage(&error))?;
    let list = String::from_utf8(list).map_err(|error| Failure::failed(&error))?;
    let Some(prefix) = prefix else { return Ok(list) };
    let (header, rows) = list.split_once('\n').unwrap_or_default();
    let mut chosen: Vec<&str> = rows.lines().filter(|row| row.starts_with(prefix)).collect();
    if chosen.len() < count as usize {
        let (most, told) = (chosen.len(), "numbers are kept for fiction that this provider calls");
        return Err(
            Failure::usage(format_args!("only {most} {told}")).hint(format_args!("--contacts {most}, or fewer"))
        );
    }
    chosen.truncate(count as usize);
    Ok(format!("{header}\n{}\n", chosen.join("\n")))
}
