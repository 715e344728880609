use std::io::{Cursor, Write};

mod formats;
mod properties;
mod rejects;
mod rows;

use super::*;
use crate::domain::contact::Contact;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn named(name: &str) -> ListOptions {
    ListOptions { file_name: Some(name.to_owned()), ..ListOptions::default() }
}

/// All of a list.
struct Whole {
    columns: Vec<String>,
    contacts: Vec<Contact>,
    rejects: Vec<Reject>,
    header: Option<ListHeader>,
}

fn read_with(file: impl AsRef<[u8]>, options: ListOptions) -> Result<Whole, ListError> {
    let mut reader = ContactListReader::new(Cursor::new(file.as_ref().to_vec()), options)?;
    let (mut contacts, mut rejects, mut contact) = (Vec::new(), Vec::new(), Contact::default());
    loop {
        match reader.next_row(&mut contact)? {
            Row::Contact => contacts.push(contact.clone()),
            Row::Rejected(reject) => rejects.push(reject),
            Row::End => break,
        }
    }
    let (columns, header) = (reader.columns().to_vec(), reader.header().cloned());
    Ok(Whole { columns, contacts, rejects, header })
}

fn read(file: impl AsRef<[u8]>) -> Whole {
    read_with(file, ListOptions::default()).unwrap()
}

fn error(file: impl AsRef<[u8]>, options: ListOptions) -> ListError {
    read_with(file, options).err().expect("the file should be refused")
}

fn rejects_file(list: &Whole) -> Vec<u8> {
    let mut writer = RejectsWriter::new(Vec::new(), list.header.clone());
    list.rejects.iter().for_each(|reject| writer.write(reject).unwrap());
    writer.finish().unwrap()
}

fn attributes(list: &Whole) -> Vec<Vec<&str>> {
    list.contacts.iter().map(|contact| contact.attributes.iter().map(String::as_str).collect()).collect()
}

fn reasons(list: &Whole) -> Vec<(u64, &str)> {
    list.rejects.iter().map(|reject| (reject.line, reject.reason.as_str())).collect()
}
