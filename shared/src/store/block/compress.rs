//! zstd with a campaign's dictionary.

use std::collections::{HashMap, HashSet};

use zstd::{bulk, zstd_safe::CParameter};

use super::{BlockBuilder, BlockError, TEXT_BYTES_MAX};
use crate::domain::{PhoneNumber, contact::Contact};

/// Largest dictionary, in bytes.
pub const DICTIONARY_BYTES_MAX: usize = 16 * 1024;
/// The level blocks are packed with: higher ones save less than 1 % (measured with `examples/block_size.rs`).
pub const LEVEL_DEFAULT: i32 = 3;
/// Contacts that training looks at.
const SAMPLE_CONTACTS_MAX: usize = 8_192;
/// Rows of one sample: fewer than in a block, so that there are enough samples.
const SAMPLE_ROWS: usize = 64;
/// A number of nobody.
const NOBODY: &str = "+12025550100";
/// Fewer samples teach nothing.
const SAMPLES_MIN: usize = 8;

/// Packs blocks; made once and used for many.
pub struct Compressor {
    zstd: bulk::Compressor<'static>,
}

impl Compressor {
    /// With the dictionary of a campaign. `level` is zstd's, 1 to 19.
    ///
    /// # Errors
    /// When zstd cannot use the dictionary.
    pub fn new(dictionary: Option<&[u8]>, level: i32) -> Result<Self, BlockError> {
        let mut zstd = bulk::Compressor::with_dictionary(level, dictionary.unwrap_or_default())?;
        // The block has the length itself.
        zstd.set_parameter(CParameter::ContentSizeFlag(false))?;
        Ok(Self { zstd })
    }

    pub(super) fn pack(&mut self, text: &[u8]) -> Result<Vec<u8>, BlockError> {
        Ok(self.zstd.compress(text)?)
    }
}

/// Unpacks blocks; made once and used for many.
pub struct Decompressor {
    zstd: bulk::Decompressor<'static>,
}

impl Decompressor {
    /// With the dictionary that the blocks were packed with.
    ///
    /// # Errors
    /// When zstd cannot use the dictionary.
    pub fn new(dictionary: Option<&[u8]>) -> Result<Self, BlockError> {
        Ok(Self { zstd: bulk::Decompressor::with_dictionary(dictionary.unwrap_or_default())? })
    }

    /// Unpacks text of a known length.
    pub(super) fn unpack(&mut self, packed: &[u8], length: usize) -> Result<Vec<u8>, BlockError> {
        debug_assert!(length <= TEXT_BYTES_MAX);
        let text = self.zstd.decompress(packed, length)?;
        if text.len() == length { Ok(text) } else { Err(BlockError::Damaged("another length than it says")) }
    }
}

/// Makes a dictionary from what the first contacts of a campaign have in common, and nothing else of them; the first few
/// thousand serve, further ones are ignored.
/// None where there are too few, or they have nothing in common: then blocks are packed without.
pub fn train_dictionary(contacts: &[Contact]) -> Option<Vec<u8>> {
    let contacts = common_text(&contacts[..contacts.len().min(SAMPLE_CONTACTS_MAX)]);
    let mut builder = BlockBuilder::new(0, 0);
    let samples = contacts.chunks(SAMPLE_ROWS).map(|rows| {
        rows.iter().take_while(|contact| builder.push(contact).is_ok()).count();
        builder.take_parts().0
    });
    let samples = samples.collect::<Vec<_>>();
    if samples.len() < SAMPLES_MIN {
        return None;
    }
    zstd::dict::from_samples(&samples, DICTIONARY_BYTES_MAX).ok().filter(|dictionary| !dictionary.is_empty())
}

/// Contacts that a word must be of to get into a dictionary: what fewer share may tell who they are, and a dictionary stays
/// when a contact is erased.
const SHARED_MIN: usize = 8;

/// The contacts with one and the same number, and of their texts only the words that many of them share.
fn common_text(contacts: &[Contact]) -> Vec<Contact> {
    let mut shared: HashMap<&str, usize> = HashMap::new();
    for contact in contacts {
        let of_one: HashSet<&str> = texts(contact).flat_map(words).collect();
        of_one.into_iter().for_each(|word| *shared.entry(word).or_default() += 1);
    }
    let common = |text: &str| -> String {
        words(text).filter(|word| shared.get(word).is_some_and(|&count| count >= SHARED_MIN)).collect()
    };
    let without_person = |contact: &Contact| Contact {
        id: common(&contact.id),
        numbers: vec![PhoneNumber::from_e164(NOBODY).expect("it is well-formed")],
        not_before: None,
        attributes: contact.attributes.iter().map(|value| common(value)).collect(),
        ..Contact::default()
    };
    contacts.iter().map(without_person).collect()
}

fn texts(contact: &Contact) -> impl Iterator<Item = &str> {
    std::iter::once(&*contact.id).chain(contact.attributes.iter().map(String::as_str))
}

/// A text in pieces: letters and digits together, and every other sign for itself.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|sign: char| !sign.is_alphanumeric()).flat_map(|piece| {
        let sign = piece.char_indices().next_back().filter(|(_, last)| !last.is_alphanumeric());
        let (word, sign) = piece.split_at(sign.map_or(piece.len(), |(at, _)| at));
        [word, sign].into_iter().filter(|part| !part.is_empty())
    })
}
