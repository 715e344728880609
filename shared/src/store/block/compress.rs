//! zstd with a campaign's dictionary.

use zstd::{bulk, zstd_safe::CParameter};

use super::{BlockBuilder, BlockError, TEXT_BYTES_MAX};
use crate::domain::contact::Contact;

/// Largest dictionary, in bytes.
pub const DICTIONARY_BYTES_MAX: usize = 16 * 1024;
/// The level blocks are packed with: higher ones save less than 1 % (measured with `examples/block_size.rs`).
pub const LEVEL_DEFAULT: i32 = 3;
/// Contacts that training looks at.
const SAMPLE_CONTACTS_MAX: usize = 8_192;
/// Rows of one sample: fewer than in a block, so that there are enough samples.
const SAMPLE_ROWS: usize = 64;
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

/// Makes a dictionary from the first contacts of a campaign; the first few thousand serve, further ones are ignored.
/// None where there are too few, or they have nothing in common: then blocks are packed without.
pub fn train_dictionary(contacts: &[Contact]) -> Option<Vec<u8>> {
    let contacts = &contacts[..contacts.len().min(SAMPLE_CONTACTS_MAX)];
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
