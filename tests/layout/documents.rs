//! Documents name only what is there, and the files that ship fit together.

use std::io::Cursor;

use redial_shared::domain::{
    campaign,
    contact::Contact,
    contact_list::{ContactListReader, ListOptions, Row},
};

use crate::tree::{all_files, files_in, root};

/// Documents whose paths start at the root.
const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];
/// What a path from the root begins with.
const FOLDERS: [&str; 7] = ["cli/", "config/", "deploy/", "scheduler/", "shared/", "tests/", "worker/"];

#[test]
fn every_link_of_a_document_leads_somewhere() {
    for document in all_files().iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root().join(&document.path);
        let folder = folder.parent().expect("a document lies in a folder");
        for link in between(&document.text, "](", ")") {
            let path = link.split('#').next().unwrap_or_default();
            let elsewhere = path.is_empty() || path.contains("://");
            assert!(elsewhere || folder.join(path).exists(), "{} links to {link}", document.path);
        }
    }
}

#[test]
fn every_path_that_a_document_names_exists() {
    for name in DOCUMENTS {
        let document = &files_in(name)[0];
        for line in document.text.lines() {
            for path in between(line, "`", "`").into_iter().filter(|quoted| is_path(quoted)) {
                assert!(root().join(path).exists(), "{name} names `{path}`");
            }
        }
    }
}

#[test]
fn the_contact_list_that_ships_fits_the_campaign_that_ships() {
    let definition = &files_in("config/campaigns/demo.toml")[0];
    let campaign = campaign::parse(&definition.text, &definition.path).unwrap();
    let list = &files_in("config/campaigns/contacts.csv")[0];
    let mut reader = ContactListReader::new(Cursor::new(list.text.clone()), ListOptions::default()).unwrap();
    let (mut contact, mut zones, mut with_two_numbers, mut rows) = (Contact::default(), Vec::new(), 0, 0);
    loop {
        match reader.next_row(&mut contact).unwrap() {
            Row::Contact => {}
            Row::Rejected(reject) => panic!("{}:{}: {}", list.path, reject.line, reject.reason),
            Row::End => break,
        }
        rows += 1;
        with_two_numbers += usize::from(contact.numbers.len() > 1);
        zones.extend(contact.zone);
    }
    zones.sort_by_key(|zone| zone.name());
    zones.dedup();
    assert_eq!(rows, 20);
    assert!(zones.len() > 3 && with_two_numbers > 3);
    let header = list.text.lines().next().unwrap_or_default();
    for column in campaign.columns_used() {
        assert!(header.split(',').any(|name| name == column), "{} lacks the column {column}", list.path);
    }
}

fn is_path(text: &str) -> bool {
    FOLDERS.iter().any(|folder| text.starts_with(folder)) && !text.contains(['*', '{', ' ', '…'])
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once(open) {
        let Some((inside, after)) = behind.split_once(close) else { break };
        found.push(inside);
        rest = after;
    }
    found
}
