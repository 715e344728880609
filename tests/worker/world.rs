//! A campaign, a worker in this process, and a provider of the test's own.

use std::{fs, sync::Arc, time::Duration};

use redial_shared::{
    config::Config,
    domain::{ContactState, PhoneNumber, campaign, contact::Contact},
    store::{
        Store, Verb,
        view::{CampaignView, ContactView},
    },
};
use redial_tests::support::RedisServer;
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::stub::{SPEC, Stub};

pub const CONTACTS: usize = 100;
const LEASE: Duration = Duration::from_secs(15);
/// Bounds a test that fails.
const WITHIN: Duration = Duration::from_secs(60);
pub const DEFINITION: &str = "name = \"nightly\"\nprovider = \"acme\"\n[results]\npoll_first = \"1s\"\n[retry.unknown]\ndelays = [\"1s\"]\nmax = 3\n";

/// A running campaign of 100 contacts, a worker, and a provider.
pub struct World {
    pub stub: Stub,
    pub store: Store,
    stop: CancellationToken,
    worker: JoinHandle<()>,
    _redis: RedisServer,
    _directory: TempDir,
}

impl World {
    /// The provider's tokens are good for so many calls, in their order; those beyond for all.
    pub async fn start(good_for: &[usize]) -> Self {
        Self::start_with(good_for, "").await
    }

    /// The same, with more keys of the account.
    pub async fn start_with(good_for: &[usize], keys: &str) -> Self {
        Self::start_as(SPEC, DEFINITION, good_for, keys).await
    }

    /// The same, with another provider file and another definition.
    pub async fn start_as(spec_text: &str, definition: &str, good_for: &[usize], keys: &str) -> Self {
        Self::start_at(Stub::serve(good_for).await, spec_text, definition, keys).await
    }

    /// The same at a provider that serves already.
    pub async fn start_at(stub: Stub, spec_text: &str, definition: &str, keys: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redis = RedisServer::start().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let spec = directory.path().join("stub.toml");
        fs::write(&spec, spec_text).unwrap();
        let config = format!(
            "[providers.acme]\nkind = \"http\"\nspec = \"{}\"\nbase_url = \"{}\"\nclient_secret = \"s3cret\"\n{keys}\n",
            spec.display(),
            stub.url
        );
        let config = Arc::new(Config::parse(&config, "redial.toml", std::iter::empty()).unwrap());
        let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
        fill(&store, definition).await;
        let stop = CancellationToken::new();
        let run = redial_worker::run(config, store.clone(), stop.clone());
        let worker = tokio::spawn(async move { run.await.unwrap() });
        Self { stub, store, stop, worker, _redis: redis, _directory: directory }
    }

    pub async fn campaign(&self) -> CampaignView {
        self.store.campaigns().await.unwrap().remove(0)
    }

    async fn completed(&self) -> usize {
        self.contacts(ContactState::Completed).await
    }

    /// How many contacts are in this state.
    pub async fn contacts(&self, state: ContactState) -> usize {
        self.campaign().await.counts.by_state.get(&state).map_or(0, |count| *count as usize)
    }

    /// All contacts, with their attempts.
    pub async fn contact_views(&self) -> Vec<ContactView> {
        let info = self.store.fresh_info(self.campaign().await.id).await.unwrap();
        self.store.block_views(&info, 0).await.unwrap()
    }

    /// Looks again and again until there is something to see.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let deadline = Instant::now() + WITHIN;
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            assert!(!self.worker.is_finished(), "the worker ended");
            assert!(Instant::now() < deadline, "not in time: {what}: {:?}", self.campaign().await.counts);
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn wait_until_all_are_completed(&self) {
        self.until("all are completed", async || (self.completed().await == CONTACTS).then_some(())).await;
    }

    /// What is promised however often tokens change.
    pub fn assert_each_rang_once(&self) {
        let asked = self.stub.asked();
        assert_eq!(asked.rings.len(), CONTACTS);
        assert!(asked.rings.values().all(|rings| *rings == 1), "{:?}", asked.rings);
    }

    pub async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.worker).await.unwrap();
    }
}

/// A campaign that has been started.
async fn fill(store: &Store, definition: &str) {
    let (_, id) = store.apply(&campaign::parse(definition, "nightly.toml").unwrap(), definition).await.unwrap();
    let contact = |number: usize| {
        let number = format!("+120255501{number:02}");
        Contact { id: number.clone(), numbers: vec![PhoneNumber::from_e164(&number).unwrap()], ..Contact::default() }
    };
    let mut upload = store.upload(id).await.unwrap();
    upload.push((0..CONTACTS).map(contact), &[]).await.unwrap();
    upload.finish().await.unwrap();
    store.change(id, Verb::Start { until: None }, "", None).await.unwrap();
}
