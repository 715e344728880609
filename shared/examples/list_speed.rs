//! Measures how fast a contact list is read on one core: `cargo run --release -p redial-shared --example list_speed`.

use std::{fmt::Write, io::Cursor, time::Instant};

use redial_shared::domain::{
    contact::Contact,
    contact_list::{ContactListReader, ListOptions, Row},
};

const ROWS: usize = 500_000;
const ZONES: [&str; 4] = ["America/New_York", "America/Chicago", "Europe/Paris", "Europe/London"];

fn number(kind: &str, row: usize) -> String {
    let n = row * 7919 % 100;
    match kind {
        "+1 area 202" => format!("+120255501{n:02}"),
        "+1 area 416" => format!("+141655501{n:02}"),
        "+33" => format!("+331990{:05}", row % 100_000),
        "+44" => format!("+4420794600{n:02}"),
        "+33 grouped" => format!("+33 1 99 00 12 {n:02}"),
        _ => format!("01990{:05}", row % 100_000),
    }
}

fn csv(kind: &str) -> String {
    let country = if kind == "national" { "FR" } else { "" };
    let mut text = "phone,id,timezone,first_name,last_name,city,product,balance,due_date,country\n".to_owned();
    for row in 0..ROWS {
        let (zone, cents) = (ZONES[row % 4], row * 31 % 100);
        let phone = number(kind, row);
        writeln!(
            text,
            "{phone},C{row:07},{zone},Alexandra,Montgomery,Springfield,standard,{}.{cents:02},2026-0{}-{:02},{country}",
            row * 7 % 5000,
            row % 9 + 1,
            row % 28 + 1
        )
        .expect("a string takes all");
    }
    text
}

fn json(kind: &str) -> String {
    let csv = csv(kind);
    let mut lines = csv.lines();
    let names = lines.next().unwrap_or_default().split(',').collect::<Vec<_>>();
    let object = |line: &str| {
        let pairs = names.iter().zip(line.split(',')).map(|(name, value)| format!("\"{name}\":\"{value}\""));
        format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(","))
    };
    lines.map(object).collect()
}

fn measure(name: &str, text: String) {
    let bytes = text.len();
    let mut reader = ContactListReader::new(Cursor::new(text), ListOptions::default()).expect("a good list");
    let (mut contact, mut accepted, started) = (Contact::default(), 0, Instant::now());
    loop {
        match reader.next_row(&mut contact).expect("memory reads") {
            Row::Contact => accepted += 1,
            Row::Rejected(reject) => panic!("line {}: {}", reject.line, reject.reason),
            Row::End => break,
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{name:24} {:4} B/row {:8.0} rows/s {:6.0} ns/row",
        bytes / accepted,
        accepted as f64 / seconds,
        seconds * 1e9 / accepted as f64
    );
}

fn main() {
    for kind in ["+1 area 202", "+1 area 416", "+33", "+44", "+33 grouped", "national"] {
        measure(&format!("csv {kind}"), csv(kind));
    }
    measure("json lines +33", json("+33"));
}
