//! Campaigns on their way into files, by a clock moved by hand.

mod bucket;
mod erase;
mod give_way;
mod steps;

use std::{fs, path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use redial_shared::{
    config::Config,
    domain::{CampaignId, Outcome, role::Role, transition::Ending},
    store::{Leadership, StoreError},
};
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::{
    api::{ApiState, router, tokens},
    prune::Prune,
    testing::World,
};

pub(super) const TABLES: &str =
    "[archive]\nretention = \"1d\"\n[results]\ncapture = { said = \"/said\" }\n[retry]\nmax_attempts = 1\n";
pub(super) const START: &str = "2026-06-01 09:00";
/// A day and some after the end.
pub(super) const LATER: &str = "2026-06-02 10:00";

/// A workspace whose archives are in a directory, with an API and a leader.
pub(super) struct Office {
    pub(super) world: World,
    pub(super) leader: Leadership,
    pub(super) archiver: Archiver,
    pub(super) directory: TempDir,
    router: Router,
    admin: String,
    viewer: String,
}

impl Office {
    pub(super) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::with(&format!("[archive]\nto = \"{}\"\n", directory.path().display()), directory).await
    }

    pub(super) async fn with(config: &str, directory: TempDir) -> Self {
        let (world, _) = World::at(START).await;
        let leader = world.leader("one").await;
        let config = Config::parse(config, "redial.toml", std::iter::empty()).unwrap();
        let archiver = Archiver::new(world.store.clone(), Shelf::new(&config), leader);
        let router = router(ApiState::new(world.store.clone(), Arc::new(config)));
        let (admin, viewer) = (tokens::draw_token(), tokens::draw_token());
        for (token, role) in [(&admin, Role::Admin), (&viewer, Role::Viewer)] {
            world.store.keep_token(&tokens::hash_of(token), role, role.as_str(), None).await.unwrap();
        }
        Self { world, leader, archiver, directory, router, admin, viewer }
    }

    /// A campaign of five contacts that is over: one answered and told something, three did not, one was never called.
    pub(super) async fn ended(&self, name: &str) -> CampaignId {
        let campaign = self.world.apply(name, TABLES).await;
        let list = "id,phone,phone2,city,note\nA,+12025550101,+442079460101,Oslo,\"a, \"\"b\"\"\"\nB,+12025550102,,,\n\
                    C,+12025550103,,Bergen,x\n+12025550104,+12025550104,,,\n";
        let answer =
            self.ask("POST", &format!("/campaigns/{name}/contacts"), &self.admin, Some(("text/csv", list))).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        let store = &self.world.store;
        let now = store.clock().now();
        store.refresh_hours(campaign, now).await.unwrap();
        store.change(campaign, redial_shared::store::Verb::Start { until: None }, "", None).await.unwrap();
        let mut called = self.world.call(4).await;
        called.sort_unstable();
        let more = "id,phone\nD,+12025550105\n";
        let answer =
            self.ask("POST", &format!("/campaigns/{name}/contacts"), &self.admin, Some(("text/csv", more))).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        let ending = |outcome, said: &[(&str, &str)]| Ending {
            outcome,
            provider_status: "Done".to_owned(),
            duration_s: Some(12.3),
            reason: "as +12025550101 said".to_owned(),
            hold: false,
            is_over: true,
            charged: true,
            at: now,
            captured: said.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let endings = vec![
            (called[0], ending(Outcome::Answered, &[("said", "yes, \"maybe\"")])),
            (called[1], ending(Outcome::Busy, &[])),
            (called[2], ending(Outcome::NoAnswer, &[("said", "x")])),
            (called[3], ending(Outcome::Error, &[])),
        ];
        assert_eq!(store.end_attempts(endings).await.unwrap(), 4);
        store.change(campaign, redial_shared::store::Verb::Stop, "", None).await.unwrap();
        store.change(campaign, redial_shared::store::Verb::Stopped, "", None).await.unwrap();
        campaign
    }

    /// Rounds of archiving and of dropping what is gone, at a time.
    pub(super) async fn rounds(&self, at: &str) -> Shelved {
        let now = self.world.now(at);
        let shelved = self.archiver.run_once(now).await.unwrap();
        let prune = Prune::new(self.world.store.clone(), self.leader);
        while prune.run_once(now).await.unwrap().more {}
        shelved
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: Option<(&str, &str)>) -> (u16, String) {
        let (status, bytes) = self.ask_bytes(method, path, token, body).await;
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn ask_bytes(&self, method: &str, path: &str, token: &str, body: Option<(&str, &str)>) -> (u16, Vec<u8>) {
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let mut request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some((content_type, _)) = body {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let body = body.map_or_else(Body::empty, |(_, text)| Body::from(text.to_owned()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
    }

    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, &self.admin, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> (u16, String) {
        let content_type = if body.starts_with('{') { "application/json" } else { "text/csv" };
        self.ask("POST", path, &self.admin, Some((content_type, body))).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> (u16, String) {
        self.ask(method, path, &self.admin, body).await
    }

    /// All that readers see of `nightly`, by admins and viewers, with what is meant to differ taken out.
    pub(super) async fn read_all(&self) -> Vec<(String, u16, Vec<u8>)> {
        let mut read = Vec::new();
        for token in [&self.admin, &self.viewer] {
            for path in READS {
                let (status, bytes) = self.ask_bytes("GET", path, token, None).await;
                let bytes = match serde_json::from_slice::<serde_json::Value>(&bytes) {
                    Ok(mut value) => {
                        without_archived(&mut value);
                        value.to_string().into_bytes()
                    }
                    Err(_) => bytes,
                };
                read.push(((*path).to_owned(), status, bytes));
            }
        }
        read
    }

    /// Every file of the archives.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.directory.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    /// The keys of Redis that a campaign has.
    pub(super) fn keys_of(&self, campaign: CampaignId) -> Vec<String> {
        redis::cmd("KEYS").arg(format!("{{test}}:c:{campaign}*")).query(&mut self.world.redis()).unwrap()
    }
}

/// What can be asked of a campaign without changing it.
const READS: &[&str] = &[
    "/campaigns",
    "/campaigns?state=stopped&limit=1",
    "/campaigns/nightly",
    "/campaigns/nightly/definition",
    "/campaigns/nightly/results",
    "/campaigns/nightly/results?format=jsonl",
    "/campaigns/nightly/results?format=parquet",
    "/campaigns/nightly/results?state=completed,cancelled&outcome=answered",
    "/campaigns/nightly/results?follow=true",
    "/campaigns/nightly/attempts",
    "/campaigns/nightly/attempts?format=jsonl",
    "/campaigns/nightly/attempts?format=parquet",
    "/campaigns/nightly/attempts?outcome=busy&since=2026-06-01T00:00:00Z",
    "/campaigns/nightly/contacts/A",
    "/campaigns/nightly/contacts/+442079460101",
    "/campaigns/nightly/contacts/B",
    "/campaigns/nightly/contacts/+12025550104",
    "/campaigns/nightly/contacts/nobody",
    "/contacts?q=%2B442079460101",
    "/contacts?q=C",
    "/contacts?q=C&campaign=nightly",
    "/contacts?q=nobody",
    "/campaigns/nightly/timeline?minutes=4320",
    "/campaigns/nightly/notifications",
];

fn without_archived(value: &mut serde_json::Value) {
    if let Some(campaigns) = value.get_mut("campaigns").and_then(|all| all.as_array_mut()) {
        campaigns.iter_mut().for_each(without_archived);
    }
    if let Some(fields) = value.as_object_mut() {
        fields.remove("archived");
        fields.remove("request_id");
    }
}
