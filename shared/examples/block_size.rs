//! Measures bytes a contact and speed of blocks: `cargo run --release -p redial-shared --example block_size`.

use std::time::Instant;

use rand::{Rng, SeedableRng, rngs::SmallRng};
use redial_shared::{
    domain::{PhoneNumber, contact::Contact},
    store::block::{Block, BlockBuilder, Compressor, Decompressor, train_dictionary},
};

const CONTACTS: usize = 100_000;
const SYLLABLES: [&str; 24] = [
    "an", "bel", "car", "dor", "el", "fran", "gar", "hu", "is", "jo", "kar", "lin", "mar", "nor", "os", "pe", "quin",
    "ro", "sa", "tho", "ul", "vic", "wil", "za",
];

/// A name of a list in which the first are the most frequent, as in any people.
fn name(random: &mut SmallRng, list: usize) -> String {
    let skewed = (random.random::<f64>() * random.random::<f64>() * list as f64) as usize;
    let mut name = [skewed, skewed / 24 + 5, skewed * 7 + 3].map(|n| SYLLABLES[n % 24]).concat();
    name[..1].make_ascii_uppercase();
    name
}

fn contacts(mixed: bool) -> Vec<Contact> {
    let mut random = SmallRng::seed_from_u64(7);
    let contact = |row: usize| {
        let number = if mixed && row.is_multiple_of(3) {
            format!("+33{}{:08}", random.random_range(6..8), random.random_range(0..100_000_000))
        } else {
            let area = [202, 212, 305, 312, 404, 415, 503, 512, 617, 702][random.random_range(0..10)];
            format!("+1{area}{}{:04}", random.random_range(200..1000), random.random_range(0..10_000))
        };
        Contact {
            id: if mixed { format!("{:08X}", random.random::<u32>()) } else { format!("C{:07}", 1_000_000 + row) },
            numbers: vec![PhoneNumber::from_e164(&number).expect("well formed")],
            attributes: vec![
                name(&mut random, 400),
                name(&mut random, 3_000),
                name(&mut random, 120),
                ["basic", "standard", "premium", "family", "business"][random.random_range(0..5)].to_owned(),
                format!("{}.{:02}", random.random_range(10..2_500), random.random_range(0..100)),
                format!("2026-{:02}-{:02}", random.random_range(9..13), random.random_range(1..29)),
            ],
            ..Contact::default()
        }
    };
    (0..CONTACTS).map(contact).collect()
}

/// The rows as a file, and what zstd makes of it.
fn as_file(contacts: &[Contact]) -> (usize, usize) {
    let line = |contact: &Contact| {
        let number = contact.numbers[0].as_e164();
        format!("{number},{},America/New_York,{}\n", contact.id, contact.attributes.join(","))
    };
    let file = contacts.iter().map(line).collect::<String>();
    let packed = zstd::bulk::compress(file.as_bytes(), 3).expect("zstd packs").len();
    (file.len() / contacts.len(), packed)
}

fn measure(contacts: &[Contact], rows: usize, dictionary: Option<&[u8]>, level: i32) {
    let mut compressor = Compressor::new(dictionary, level).expect("a good dictionary");
    let mut builder = BlockBuilder::new(0, 0);
    let started = Instant::now();
    let pack = |chunk: &[Contact]| {
        chunk.iter().for_each(|contact| builder.push(contact).expect("room for it"));
        builder.finish(&mut compressor).expect("zstd packs")
    };
    let blocks = contacts.chunks(rows).map(pack).collect::<Vec<_>>();
    let packing = started.elapsed();
    let mut decompressor = Decompressor::new(dictionary).expect("a good dictionary");
    let started = Instant::now();
    for block in &blocks {
        let block = Block::decode(block, &mut decompressor).expect("a good block");
        block.row(block.len() / 2).expect("a row").to_contact().expect("a good row");
    }
    let unpacking = started.elapsed();
    println!(
        "{rows:4} rows, {:10}, level {level:2}: {:6.2} B/contact, {:8.0} packed/s, {:5.1} us to read one row",
        if dictionary.is_some() { "dictionary" } else { "none" },
        blocks.iter().map(Vec::len).sum::<usize>() as f64 / contacts.len() as f64,
        contacts.len() as f64 / packing.as_secs_f64(),
        unpacking.as_secs_f64() * 1e6 / blocks.len() as f64
    );
}

fn main() {
    for mixed in [false, true] {
        let contacts = contacts(mixed);
        let (line, packed) = as_file(&contacts);
        let share = packed as f64 / contacts.len() as f64;
        println!("mixed: {mixed}, {line} B a line, {share:.2} B of the zstd-compressed file");
        let started = Instant::now();
        let dictionary = train_dictionary(&contacts[..4096]).expect("enough samples");
        println!("dictionary of {} B in {:?}", dictionary.len(), started.elapsed());
        for rows in [64, 128, 256] {
            for dictionary in [None, Some(&*dictionary)] {
                [1, 3, 6, 9].into_iter().for_each(|level| measure(&contacts, rows, dictionary, level));
            }
        }
    }
}
