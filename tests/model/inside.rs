//! What the store keeps for itself against the model: who has which lease, claim, intent and number. A wrong one would
//! show only when something else meets it, perhaps never in a short case.

use std::{collections::BTreeMap, fmt::Debug};

use redial_shared::store::{fingerprint::fingerprint, keys::Keys, limits};
use redis::aio::MultiplexedConnection;

use crate::{
    model::Model,
    people::History,
    world::{Step, same},
};

/// The workspace's keys, read beside the store.
pub struct Inside {
    keys: Keys,
    connection: MultiplexedConnection,
}

/// What stands under a name, and until when, in milliseconds.
type Until = BTreeMap<String, i64>;

impl Inside {
    pub async fn open(url: &str, workspace: &str) -> Result<Self, String> {
        let client = redis::Client::open(url).map_err(text)?;
        let connection = client.get_multiplexed_async_connection().await.map_err(text)?;
        Ok(Self { keys: Keys::new(workspace), connection })
    }

    pub async fn compare(&mut self, model: &Model) -> Step {
        let sets = [self.keys.workers(), self.keys.claims(), self.keys.intents()];
        let mut pipeline = redis::pipe();
        for key in sets {
            pipeline.cmd("ZRANGE").arg(key).arg(0).arg(-1).arg("WITHSCORES");
        }
        pipeline.cmd("HGETALL").arg(self.keys.numbers());
        type Answer = (Until, Until, Until, BTreeMap<String, String>);
        let (leases, claims, intents, numbers): Answer =
            pipeline.query_async(&mut self.connection).await.map_err(text)?;
        same("leases", leases, model.leases.iter().map(|(worker, &end_ms)| (worker.to_string(), end_ms)).collect())?;
        same("claims", without_lanes(claims), claims_of(model))?;
        same("intents", intents, intents_of(model))?;
        same("numbers in use", in_use(numbers, model.now_ms), numbers_of(model))?;
        let numbers = model.people.numbers.iter().map(|(digits, history)| (digits.parse().unwrap_or(0), history));
        self.compare_histories("n", numbers.collect()).await?;
        let contacts = model.people.contacts.iter();
        let contacts = contacts.map(|(id, history)| (fingerprint(id, 0) >> 12, history));
        self.compare_histories("c", contacts.collect()).await
    }

    /// When numbers or contacts were called.
    async fn compare_histories(&mut self, kind: &str, expected: Vec<(u64, &History)>) -> Step {
        let mut pipeline = redis::pipe();
        for (id, _) in &expected {
            let (shard, field) = (id % limits::HISTORY_SHARDS, id / limits::HISTORY_SHARDS);
            pipeline.cmd("HGET").arg(self.keys.history(kind, shard)).arg(field);
        }
        if expected.is_empty() {
            return Ok(());
        }
        let found: Vec<Option<Vec<u8>>> = pipeline.query_async(&mut self.connection).await.map_err(text)?;
        for ((id, expected), bytes) in expected.into_iter().zip(found) {
            let second = |bytes: &[u8]| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let mut seconds = bytes.unwrap_or_default().chunks_exact(4).map(second).collect::<Vec<_>>().into_iter();
            let found = History { answered_s: seconds.next().unwrap_or(0), calls_s: seconds.collect() };
            same(&format!("calls of {kind} {id}"), &found, expected)?;
        }
        Ok(())
    }
}

fn text(error: impl Debug) -> String {
    format!("the store cannot be read: {error:?}")
}

/// A claim names its lane, which the model does not know.
fn without_lanes(claims: Until) -> Until {
    let named = |name: &str| name.rsplit_once(':').map_or("", |(name, _)| name).to_owned();
    claims.into_iter().map(|(name, until_ms)| (named(&name), until_ms)).collect()
}

fn claims_of(model: &Model) -> Until {
    let named = |claim: &crate::model::Claim| format!("{}:{}:{}", claim.worker, claim.campaign, claim.position);
    model.claims.iter().map(|claim| (named(claim), claim.expires_ms)).collect()
}

fn intents_of(model: &Model) -> Until {
    let mut intents = Until::new();
    for campaign in &model.campaigns {
        for contact in &campaign.contacts {
            for attempt in &contact.attempts {
                let (revision, worker) = (attempt.record.revision, attempt.record.worker);
                let name = format!("{}:{}:{revision}:{worker}", campaign.id, contact.position);
                intents.extend(attempt.intent_until_ms.map(|until_ms| (name, until_ms)));
            }
        }
    }
    intents
}

/// Locks are `until|owner`; one that has run out is none.
fn in_use(numbers: BTreeMap<String, String>, now_ms: i64) -> Until {
    let until_ms = |lock: &str| lock.split_once('|').and_then(|(until_ms, _)| until_ms.parse().ok()).unwrap_or(0);
    let locks = numbers.into_iter().map(|(number, lock)| (number, until_ms(&lock)));
    locks.filter(|&(_, until_ms)| until_ms > now_ms).collect()
}

fn numbers_of(model: &Model) -> Until {
    let busy = model.attempts().filter(|attempt| attempt.number_until_ms > model.now_ms);
    busy.map(|attempt| (attempt.digits.clone(), attempt.number_until_ms)).collect()
}
