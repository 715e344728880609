//! Measures do-not-call lists and the history of calls in a Redis of its own, whose URL is the argument:
//! `cargo run --release -p redial-shared --example people_size redis://127.0.0.1:6399 [numbers]`. It writes into the
//! workspace `people-size`, and expects the server to do nothing else.
//!
//! The numbers are random, as dense as 250 million are in the numbering plan of North America; 5 million are listed unless
//! told otherwise.

use std::{
    io::{Cursor, Write},
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use redial_shared::{
    domain::{
        CampaignId, PhoneNumber, Timestamp, campaign,
        caps::Caps,
        contact::Contact,
        number_list::{Line, NumberListReader},
        record::Record,
        transition,
    },
    store::{Claim, Intent, Store, Verb, limits},
};

const LEASE: Duration = Duration::from_secs(600);
/// Numbers on the list, unless told otherwise.
const LISTED: usize = 5_000_000;
/// Of how many possible ones each is: 792 area codes of 8 million numbers, 250 million of them listed.
const ONE_OF: u64 = 25;
const FIRST: u64 = 12_020_000_000;
/// Numbers with a history.
const CALLED: u64 = 5_000_000;
const CALLS: usize = 20_000;
const BATCH: usize = 32;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("the URL of a Redis");
    let listed = std::env::args().nth(2).map_or(LISTED, |listed| listed.parse().expect("a number of numbers"));
    let store = Store::connect(&url, "people-size", LEASE).await.expect("Redis answers");
    let client = redis::Client::open(url).expect("a URL");
    let mut redis = client.get_connection().expect("Redis answers");
    begins(&store, &mut redis, "at first, while Redis grows", 0).await;
    begins(&store, &mut redis, "without lists and caps", 1).await;
    store.set_caps(&caps()).await.expect("Redis answers");
    begins(&store, &mut redis, "with caps per number and after an answer", 2).await;
    store.set_caps(&Caps::default()).await.expect("Redis answers");
    reading();
    import(&store, &mut redis, listed).await;
    begins(&store, &mut redis, &format!("with a list of {listed} numbers"), 3).await;
    history(&mut redis);
}

fn caps() -> Caps {
    let table = "[caps]\nper_number = [\"3 per 24h\", \"4 per 30d\"]\nafter_answer = \"7d\"\n";
    campaign::parse(&format!("name = \"x\"\nprovider = \"x\"\n{table}"), "x").expect("caps").caps
}

fn number(value: u64) -> PhoneNumber {
    PhoneNumber::from_e164(&format!("+{value}")).expect("eleven digits")
}

/// What one thread reads of ten-digit lines.
fn reading() {
    let mut text = Vec::new();
    for n in 0..500_000 {
        writeln!(text, "202555{:04}", 100 + n % 100).expect("writing to memory succeeds");
    }
    let mut reader = NumberListReader::new(Cursor::new(text), "US".parse().ok()).expect("text");
    let started = Instant::now();
    while !matches!(reader.next_line().expect("text"), Line::End) {}
    println!("reading: {:.1} million lines a second", 0.5 / started.elapsed().as_secs_f64());
}

async fn import(store: &Store, redis: &mut redis::Connection, listed: usize) {
    let mut random = SmallRng::seed_from_u64(1);
    let before = used_bytes(redis);
    let mut import =
        store.import(None, "registry".parse().expect("a name"), false, None, "").await.expect("Redis answers");
    let started = Instant::now();
    let mut value = FIRST;
    for _ in 0..listed / 5_000 {
        let some = (0..5_000).map(|_| {
            value += random.random_range(1..ONE_OF * 2);
            number(value)
        });
        import.push(some.collect::<Vec<_>>()).await.expect("Redis answers");
    }
    let imported = import.finish().await.expect("Redis answers");
    let took = started.elapsed().as_secs_f64();
    let bytes = (used_bytes(redis) - before) as f64 / imported.numbers as f64;
    println!(
        "import: {} numbers in {took:.1} s, {bytes:.2} bytes a number; 250 million: {:.0} s, {:.0} MB",
        imported.numbers,
        took * 250e6 / listed as f64,
        bytes * 250.0
    );
}

/// What one begin costs Redis, in batches as workers send them.
async fn begins(store: &Store, redis: &mut redis::Connection, what: &str, campaign: usize) {
    let id = upload(store, &format!("campaign-{campaign}")).await;
    let worker = store.open_lease(LEASE, "measure").await.expect("Redis answers");
    let account = format!("campaign-{campaign}");
    let (mut begun, mut costs_us) = (0, Vec::new());
    while begun < CALLS {
        let Claim::Granted(claimed, _) = store.claim(worker, &account, 256, false).await.expect("Redis answers") else {
            panic!("not granted")
        };
        let (_, rows) = store.rows(id, 1, claimed.iter().map(|one| one.position)).await.expect("Redis answers");
        let intents: Vec<Intent> = claimed
            .into_iter()
            .map(|claimed| {
                let contact = &rows[&claimed.position].contact;
                let permit = Timestamp::from_millis(claimed.permit_us / 1000);
                let before = Record::fresh(claimed.lane, 1);
                let record = transition::begin(&before, contact.numbers[0].digits(), permit, worker);
                let until = permit + Duration::from_secs(60);
                let contact_id = contact.id.clone();
                Intent { claimed, contact_id, record, slot_until: until, number_until: until, ends_poll: None }
            })
            .collect();
        if intents.is_empty() {
            break;
        }
        for some in intents.chunks_exact(BATCH) {
            redis::cmd("CONFIG").arg("RESETSTAT").exec(redis).expect("Redis answers");
            store.begin(worker, some, LEASE).await.expect("Redis answers");
            costs_us.push(script_us(redis) / BATCH as f64);
        }
        begun += intents.len();
    }
    costs_us.sort_by(f64::total_cmp);
    // What else the machine does makes some batches slow: the quiet ones tell what it costs.
    let quiet = costs_us[costs_us.len() / 10];
    println!("begin {what}: {quiet:.2} µs of Redis a call, in batches of {BATCH}");
}

async fn upload(store: &Store, name: &str) -> CampaignId {
    let source = format!("name = \"{name}\"\nprovider = \"{name}\"\n");
    let definition = campaign::parse(&source, name).expect("a definition");
    let (_, id) = store.apply(&definition, &source).await.expect("Redis answers");
    let mut upload = store.upload(id).await.expect("Redis answers");
    let contact =
        |n: u64| Contact { id: format!("C{n}"), numbers: vec![number(FIRST + n * 997)], ..Contact::default() };
    upload.push((0..CALLS as u64).map(contact), &[]).await.expect("Redis answers");
    upload.finish().await.expect("Redis answers");
    store.change(id, Verb::Start { until: None }, "", None).await.expect("Redis answers");
    id
}

/// One call each of many numbers, written as scripts write them.
fn history(redis: &mut redis::Connection) {
    let keys = redial_shared::store::keys::Keys::new("people-size");
    let before = used_bytes(redis);
    let mut random = SmallRng::seed_from_u64(2);
    for _ in 0..CALLED / 10_000 {
        let mut pipeline = redis::pipe();
        for _ in 0..10_000 {
            let value = random.random_range(12_000_000_000_u64..20_000_000_000);
            let (shard, field) = (value % limits::HISTORY_SHARDS, value / limits::HISTORY_SHARDS);
            let second = 1_780_000_000_u32 + random.random_range(0..1_000_000);
            let times = [[0; 4], second.to_be_bytes()].concat();
            pipeline.cmd("HSET").arg(keys.history("n", shard)).arg(field).arg(times).ignore();
        }
        pipeline.exec(redis).expect("Redis answers");
    }
    let bytes = (used_bytes(redis) - before) as f64 / CALLED as f64;
    println!("history: {bytes:.1} bytes a number that was called once, of {CALLED} numbers");
}

fn used_bytes(redis: &mut redis::Connection) -> i64 {
    field(redis, "memory", "used_memory:") as i64
}

fn script_us(redis: &mut redis::Connection) -> f64 {
    let info: String = redis::cmd("INFO").arg("commandstats").query(redis).expect("Redis answers");
    let line = info.lines().find(|line| line.starts_with("cmdstat_evalsha:")).unwrap_or_default();
    let usec = line.split("usec=").nth(1).and_then(|rest| rest.split(',').next());
    usec.and_then(|usec| usec.parse().ok()).unwrap_or(0.0)
}

fn field(redis: &mut redis::Connection, section: &str, name: &str) -> f64 {
    let info: String = redis::cmd("INFO").arg(section).query(redis).expect("Redis answers");
    let line = info.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok()).expect("Redis tells it")
}
