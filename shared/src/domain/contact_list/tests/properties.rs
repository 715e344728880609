use std::io::Read;

use proptest::prelude::*;

use super::*;

/// Gives the bytes in pieces of changing size, as networks do.
struct Trickle {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.step = self.step % 7 + 1;
        let count = self.step.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// What the `csv` crate makes of a well-formed file.
fn by_csv(file: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

proptest! {
    #[test]
    fn well_formed_files_read_as_the_csv_crate_reads_them(
        rows in prop::collection::vec(prop::collection::vec("[a\",\r\n ;é]{0,6}", 3), 1..20), trickle in any::<bool>()
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["phone", "a", "b", "c"]).unwrap();
        for row in &rows {
            writer.write_record(std::iter::once("+12025550100").chain(row.iter().map(String::as_str))).unwrap();
        }
        let file = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let options = ListOptions::default();
        let mut reader = if trickle {
            ContactListReader::new(Trickle { bytes: file.clone().into_bytes(), at: 0, step: 0 }, options).unwrap()
        } else {
            ContactListReader::new(Cursor::new(file.clone().into_bytes()), options).unwrap()
        };
        let mut contact = Contact::default();
        for record in by_csv(&file) {
            prop_assert!(matches!(reader.next_row(&mut contact).unwrap(), Row::Contact));
            prop_assert_eq!(&contact.attributes[..], &record[1..]);
        }
        prop_assert!(matches!(reader.next_row(&mut contact).unwrap(), Row::End));
    }

    #[test]
    fn no_bytes_make_the_reader_panic_and_no_line_is_lost(
        body in prop::collection::vec(prop::sample::select(b"+12025550100,,;\"\"\n\n\r\t{}:\xe9\x00x".to_vec()), 0..300)
    ) {
        let mut file = b"phone,note\n".to_vec();
        file.extend_from_slice(&body);
        let list = read(&file);
        let kept = list.rejects.iter().map(|reject| reject.raw.len()).sum::<usize>();
        prop_assert!(list.contacts.len() + list.rejects.len() <= body.len() + 1);
        if list.contacts.is_empty() {
            let visible = |bytes: &[u8]| bytes.iter().filter(|byte| !b"\r\n".contains(byte)).count();
            prop_assert!(kept >= visible(&body));
        }
        rejects_file(&list);
    }
}
