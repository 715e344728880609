use proptest::prelude::*;

use super::*;
use crate::domain::{PhoneNumber, Timestamp, contact::Contact};

fn contact(number: u32, id: &str, attributes: &[&str]) -> Contact {
    let number = PhoneNumber::from_e164(&format!("+1202555{:04}", number % 10_000)).unwrap();
    let id = if id.is_empty() { number.as_e164() } else { id };
    let attributes = attributes.iter().map(|value| (*value).to_owned()).collect();
    Contact { id: id.to_owned(), numbers: vec![number], attributes, ..Contact::default() }
}

fn pack(contacts: &[Contact], dictionary: Option<&[u8]>) -> Vec<u8> {
    let mut builder = BlockBuilder::new(513, 7);
    contacts.iter().for_each(|contact| builder.push(contact).unwrap());
    builder.finish(&mut Compressor::new(dictionary, LEVEL_DEFAULT).unwrap()).unwrap()
}

fn unpack(bytes: &[u8], dictionary: Option<&[u8]>) -> Result<Vec<Contact>, BlockError> {
    let block = Block::decode(bytes, &mut Decompressor::new(dictionary)?)?;
    block.rows().map(|row| row.to_contact()).collect()
}

/// As a block gives it back: attributes that other rows have are empty.
fn filled_up(contacts: &[Contact]) -> Vec<Contact> {
    let columns = contacts.iter().map(|contact| contact.attributes.len()).max().unwrap_or(0);
    let mut contacts = contacts.to_vec();
    contacts.iter_mut().for_each(|contact| contact.attributes.resize(columns, String::new()));
    contacts
}

#[test]
fn rows_come_back_as_they_went_in() {
    let contacts = (0..256)
        .map(|n| {
            let attributes = [
                format!("2026-{:02}-{:02}", n % 12 + 1, n % 28 + 1),
                format!("{}.{:02}", n * 37 % 1500, n % 100),
                format!("€ {n} EUR"),
                ["gold", "silver"][n as usize % 2].to_owned(),
                format!("{:03}", n % 1000),
                if n == 9 { "a\0b".to_owned() } else { format!("x{}", n * n * 7919) },
                "same".to_owned(),
                String::new(),
            ];
            let mut contact = contact(n, &format!("C{n:06}"), &[]);
            contact.attributes = attributes.to_vec();
            contact.not_before = (n % 3 == 0).then(|| Timestamp::from_millis(1_790_000_000_000 + i64::from(n)));
            contact
        })
        .collect::<Vec<_>>();
    let bytes = pack(&contacts, None);
    assert_eq!(unpack(&bytes, None).unwrap(), contacts);
    let block = Block::decode(&bytes, &mut Decompressor::new(None).unwrap()).unwrap();
    assert_eq!((block.lane(), block.schema(), block.len()), (513, 7, 256));
    assert_eq!(block.row(5).unwrap().attribute(3), "silver");
    assert_eq!(block.row(5).unwrap().attribute(99), "");
    assert!(block.row(256).is_none());
}

#[test]
fn consecutive_ids_and_ids_that_are_the_number_cost_nothing() {
    let numbered = (0..256).map(|n| contact(n, &format!("C{n:06}"), &[])).collect::<Vec<_>>();
    let plain = (0..256).map(|n| contact(n, "", &[])).collect::<Vec<_>>();
    let random = (0..256).map(|n| contact(n, &format!("C{:06}", n * 7919 % 1_000_000), &[])).collect::<Vec<_>>();
    assert!(pack(&numbered, None).len() < pack(&plain, None).len() + 24);
    assert!(pack(&random, None).len() > pack(&plain, None).len() + 256 * 2);
}

#[test]
fn a_block_takes_no_more_than_it_may() {
    let mut builder = BlockBuilder::new(0, 0);
    let wide = contact(1, "wide", &["x".repeat(ROW_TEXT_BYTES_MAX).as_str()]);
    assert_eq!(builder.push(&wide), Err(PushError::TooLarge));
    let long = contact(1, "", &["x".repeat(TEXT_BYTES_FULL).as_str()]);
    assert_eq!(builder.push(&long), Ok(()));
    assert!(builder.is_full());
    assert_eq!(builder.push(&long), Err(PushError::Full));
    let none = Contact::default();
    assert_eq!(BlockBuilder::new(0, 0).push(&none), Err(PushError::Numbers(0)));
    let mut builder = BlockBuilder::new(0, 0);
    (0..256).for_each(|n| builder.push(&contact(n, "", &[])).unwrap());
    assert_eq!(builder.push(&contact(1, "", &[])), Err(PushError::Full));
    let mut compressor = Compressor::new(None, LEVEL_DEFAULT).unwrap();
    assert!(builder.finish(&mut compressor).is_ok());
    assert!(builder.is_empty() && builder.finish(&mut compressor).is_err());
}

#[test]
fn a_builder_forgets_the_block_before() {
    let mut builder = BlockBuilder::new(1, 1);
    let mut compressor = Compressor::new(None, LEVEL_DEFAULT).unwrap();
    builder.push(&contact(1, "a", &["x", "y"])).unwrap();
    builder.finish(&mut compressor).unwrap();
    let next = [contact(2, "b", &["z"])];
    builder.push(&next[0]).unwrap();
    assert_eq!(unpack(&builder.finish(&mut compressor).unwrap(), None).unwrap(), next);
}

#[test]
fn a_trained_dictionary_makes_blocks_smaller_and_is_needed_to_read_them() {
    let word = |n: u32| {
        let syllable = |n: u32| ["bel", "cor", "dan", "mir", "ton", "vas", "zel", "qui"][n as usize % 8];
        format!("{}{}{}", syllable(n), syllable(n / 8), syllable(n / 64))
    };
    let contacts = (0..4096).map(|n| contact(n, "", &[&word(n * 31 % 509), &word(n * 57 % 503)])).collect::<Vec<_>>();
    let dictionary = train_dictionary(&contacts).unwrap();
    assert!(dictionary.len() <= DICTIONARY_BYTES_MAX);
    let (with, without) = (pack(&contacts[..64], Some(&dictionary)), pack(&contacts[..64], None));
    assert!(with.len() < without.len(), "{} {}", with.len(), without.len());
    assert_eq!(unpack(&with, Some(&dictionary)).unwrap(), contacts[..64]);
    assert!(unpack(&with, None).is_err());
    assert!(train_dictionary(&contacts[..100]).is_none());
}

#[test]
fn a_block_of_a_later_version_says_so() {
    let mut bytes = pack(&[contact(1, "", &[])], None);
    bytes[0] = 9;
    assert!(matches!(unpack(&bytes, None), Err(BlockError::Version { found: 9 })));
}

fn any_contact() -> impl Strategy<Value = Contact> {
    let number = prop_oneof!["[1-9][0-9]{6,14}", "1202555[0-9]{4}", "0[0-9]{9}"];
    let value = prop_oneof![
        "[0-9]{0,20}",
        "C[0-9]{3}",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]",
        "[0-9]{1,4}\\.[0-9]{2} €",
        "-?[0-9]{1,3}",
        "[a-c]",
        "\\PC{0,8}",
        Just("a\0".to_owned())
    ];
    let numbers = prop::collection::vec(number, 1..4);
    (numbers, "\\PC{0,5}", prop::option::of(any::<i64>()), prop::collection::vec(value, 0..4)).prop_map(
        |(numbers, id, not_before, attributes)| {
            let numbers = numbers.iter().map(|digits| PhoneNumber::from_e164(&format!("+{digits}")).unwrap());
            let numbers = numbers.collect::<Vec<_>>();
            let id = if id.is_empty() { numbers[0].as_e164().to_owned() } else { id };
            Contact {
                id,
                numbers,
                not_before: not_before.map(Timestamp::from_millis),
                attributes,
                ..Contact::default()
            }
        },
    )
}

/// Contacts whose columns each have one shape, as in real lists.
fn regular_contacts() -> impl Strategy<Value = Vec<Contact>> {
    let shapes = prop::sample::select(vec![("", 3, ""), ("C", 6, ""), ("", 2, ".00"), ("é", 1, " kg"), ("-", 4, "-x")]);
    (shapes, prop::collection::vec(any::<u32>(), 1..256)).prop_map(|((prefix, width, suffix), numbers)| {
        let value = |n: u32| format!("{prefix}{:0width$}{suffix}", n % 10_u32.pow(5), width = width);
        numbers.iter().map(|&n| contact(n, &value(n), &[&value(n / 3), &value(n % 11)])).collect()
    })
}

proptest! {
    #[test]
    fn any_contacts_come_back(contacts in prop::collection::vec(any_contact(), 1..40)) {
        prop_assert_eq!(unpack(&pack(&contacts, None), None).unwrap(), filled_up(&contacts));
    }

    #[test]
    fn regular_contacts_come_back(contacts in regular_contacts()) {
        prop_assert_eq!(unpack(&pack(&contacts, None), None).unwrap(), contacts);
    }

    #[test]
    fn damaged_bytes_never_panic(
        contacts in prop::collection::vec(any_contact(), 1..20),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>()
    ) {
        let mut bytes = pack(&contacts, None);
        let whole = bytes.len();
        bytes.truncate(whole - cut.index(whole) / 4);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = unpack(&bytes, None);
    }

    /// As above, but behind zstd, whose own checks would hide most damage.
    #[test]
    fn damaged_descriptions_never_panic(
        contacts in prop::collection::vec(any_contact(), 1..20),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut builder = BlockBuilder::new(0, 0);
        contacts.iter().for_each(|contact| builder.push(contact).unwrap());
        let attributes = contacts.iter().map(|contact| contact.attributes.len()).max().unwrap_or(0);
        let (mut text, bits) = builder.take_parts();
        for (place, byte) in damage {
            let place = place.index(text.len());
            text[place] = byte;
        }
        let mut bytes = vec![VERSION, 0, 0, contacts.len() as u8 - 1, 0, 0];
        bytes::put_varint(&mut bytes, attributes as u64);
        bytes::put_varint(&mut bytes, text.len() as u64);
        let packed = Compressor::new(None, 1).unwrap().pack(&text).unwrap();
        bytes::put_bytes(&mut bytes, &packed);
        bytes.extend_from_slice(&bits);
        let _ = unpack(&bytes, None);
    }

    #[test]
    fn no_bytes_at_all_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = unpack(&bytes, None);
        let _ = unpack(&[&[VERSION, 0, 0, 255, 0, 0][..], &bytes].concat(), None);
    }
}
