//! A campaign in a Redis of its own, and contacts with numbers that nobody has.

use std::{collections::HashMap, time::Duration};

use redial_shared::{
    domain::{CampaignId, CampaignName, PhoneNumber, campaign, contact::Contact},
    store::{Store, StoreError, view::UploadCounts},
};
use redial_tests::support::RedisServer;

/// One campaign.
pub struct World {
    redis: RedisServer,
    pub store: Store,
    pub name: CampaignName,
    pub campaign: CampaignId,
}

impl World {
    pub async fn new() -> Self {
        let redis = RedisServer::start().expect("redis-server starts");
        let store = connect(&redis).await;
        let source = "name = \"renewals\"\nprovider = \"acme\"\n";
        let definition = campaign::parse(source, "renewals").expect("a good definition");
        let (_, campaign) = store.apply(&definition, source).await.expect("Redis answers");
        Self { redis, store, name: definition.name, campaign }
    }

    /// Another process.
    pub async fn another(&self) -> Store {
        connect(&self.redis).await
    }

    /// Uploads rows as this process.
    pub async fn upload(&self, rows: &[Contact]) -> [u64; 2] {
        upload(&self.store, self.campaign, rows).await.expect("Redis answers")
    }

    /// All contacts of the campaign, and how many have each id or number.
    pub async fn contacts(&self) -> (Vec<Contact>, HashMap<String, usize>) {
        let info = self.store.fresh_info(self.campaign).await.expect("Redis answers");
        let blocks = self.store.block_count(self.campaign).await.expect("Redis answers");
        let (mut contacts, mut bearers) = (Vec::new(), HashMap::new());
        for block in 0..blocks {
            for view in self.store.block_views(&info, block).await.expect("a good block") {
                let contact = Contact { id: view.id, numbers: view.numbers, ..Contact::default() };
                for key in keys(&contact) {
                    *bearers.entry(key).or_default() += 1;
                }
                contacts.push(contact);
            }
        }
        (contacts, bearers)
    }

    /// The id of the contact that is found under a key.
    pub async fn found(&self, key: &str) -> Option<String> {
        self.store.contact(&self.name, key).await.expect("Redis answers").map(|view| view.id)
    }
}

async fn connect(redis: &RedisServer) -> Store {
    Store::connect(&redis.url(), "test", Duration::from_secs(15)).await.expect("Redis answers")
}

/// Uploads rows and answers how many were accepted, and how many were duplicates.
pub async fn upload(store: &Store, campaign: CampaignId, rows: &[Contact]) -> Result<[u64; 2], StoreError> {
    let mut upload = store.upload(campaign).await?;
    upload.push(rows.to_vec(), &["first_name".to_owned()]).await?;
    let UploadCounts { accepted, duplicate, .. } = upload.finish().await?;
    Ok([accepted, duplicate])
}

/// One of 80,000 numbers.
pub fn number(n: usize) -> PhoneNumber {
    PhoneNumber::from_e164(&format!("+1{}55501{:02}", 200 + n / 100, n % 100)).expect("well formed")
}

/// A contact with these numbers.
pub fn contact(id: &str, numbers: &[usize]) -> Contact {
    let numbers: Vec<_> = numbers.iter().map(|&n| number(n)).collect();
    let id = if id.is_empty() { numbers[0].as_e164() } else { id };
    Contact { id: id.to_owned(), numbers, attributes: vec!["Ada".to_owned()], ..Contact::default() }
}

/// Contacts with one number each, in several lanes.
pub fn contacts(numbers: std::ops::Range<usize>) -> Vec<Contact> {
    let zones = [None, Some(chrono_tz::Europe::Paris), Some(chrono_tz::America::New_York)];
    let in_lane = |n: usize| Contact {
        zone: zones[n % 3],
        priority: if n.is_multiple_of(7) { 1 } else { 5 },
        ..contact(&format!("C{n:06}"), &[n])
    };
    numbers.map(in_lane).collect()
}

/// Ids and numbers of a contact, each once.
pub fn keys(contact: &Contact) -> Vec<String> {
    let mut keys: Vec<_> = contact.numbers.iter().map(|number| number.as_e164().to_owned()).collect();
    if !keys.contains(&contact.id) {
        keys.push(contact.id.clone());
    }
    keys
}
