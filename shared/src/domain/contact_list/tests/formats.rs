use super::*;

#[test]
fn the_delimiter_is_the_one_that_the_header_uses() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = "a b,phone,c\nx,+12025550100,y\n".replace(',', delimiter);
        assert_eq!(attributes(&read(&text)), [["x", "y"]], "{delimiter:?}");
    }
    assert_eq!(attributes(&read("\"name, first\";phone\nAnn;+12025550100\n")), [["Ann"]]);
    assert_eq!(attributes(&read_with("phone\ta,b\n+12025550100\tx,y\n", named("l.tsv")).unwrap()), [["x,y"]]);
    assert_eq!(read("phone\n+12025550100\n").contacts.len(), 1);
    assert_eq!(read("phone\r+12025550100\r+12025550101").contacts.len(), 2);
}

#[test]
fn every_format_may_be_compressed() {
    let csv = "phone\n+12025550100\n";
    let json = "{\"phone\":\"+12025550100\"}\n";
    for (name, text) in [("l.csv.gz", csv), ("L.TSV.GZ", csv), ("l.jsonl.gz", json), ("upload", csv), ("upload", json)]
    {
        assert_eq!(read_with(gzip(text.as_bytes()), named(name)).unwrap().contacts.len(), 1, "{name}");
    }
    let twice = [gzip(b"phone\n+12025550100\n"), gzip(b"+12025550101\n")].concat();
    assert_eq!(read(twice).contacts.len(), 2);
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_a_remedy() {
    let utf16 = "phone\n+12025550100\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let text = |error: ListError| {
        assert!(error.is_invalid_file());
        error.to_string()
    };
    assert!(matches!(error("", ListOptions::default()), ListError::Empty));
    assert!(matches!(error(" \n\n", ListOptions::default()), ListError::Empty));
    assert!(matches!(error("\u{feff}", ListOptions::default()), ListError::Empty));
    assert!(matches!(error(&utf16, ListOptions::default()), ListError::Utf16));
    assert!(matches!(error([b"\xff\xfe", &utf16[..]].concat(), named("l.csv")), ListError::Utf16));
    assert!(text(error("tel,name\n1,2\n", ListOptions::default())).contains("no `phone` column among `tel`, `name`"));
    assert!(text(error("phone,a,a\n", ListOptions::default())).contains("called `a`"));
    assert!(text(error(b"phone,caf\xe9\n", ListOptions::default())).contains("not UTF-8"));
    assert!(text(error("PK\x03\x04...", named("l.csv"))).contains("spreadsheet"));
    assert!(text(error("phone\n", named("l.csv.gz"))).contains("not gzip"));
    assert!(text(error(gzip(b"phone\n"), named("l.csv"))).contains("add `.gz`"));
    assert!(text(error("[{\"phone\":1}]", named("l.jsonl"))).contains("jq -c"));
    assert!(text(error("phone\n1\n", named("l.jsonl"))).contains("not JSON Lines"));
    assert!(text(error("{\"phone\":\n\"1\"}\n", named("l.jsonl"))).contains("one JSON object a line"));
    assert!(text(error("{\"phone\":1}\n", named("l.csv"))).contains("name the file `.jsonl`"));
    assert!(text(error("{\"tel\":1}\n", ListOptions::default())).contains("among `tel`"));
    let many = (0..COLUMNS_MAX).fold("phone".to_owned(), |text, place| format!("{text},c{place}"));
    assert!(text(error(many, ListOptions::default())).contains("1001 columns"));
}

#[test]
fn damaged_compression_is_an_error_after_the_rows_before_it() {
    let text =
        (0..30_000).fold("phone,x\n".to_owned(), |text, n| format!("{text}+12025550100,{}\n", n * 7919 % 10_007));
    let mut cut = gzip(text.as_bytes());
    cut.truncate(cut.len() / 2);
    let mut reader = ContactListReader::new(Cursor::new(cut), named("l.csv.gz")).unwrap();
    let (mut contact, mut contacts) = (Contact::default(), 0);
    let error = loop {
        match reader.next_row(&mut contact) {
            Ok(Row::Contact) => contacts += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(contacts > 1_000 && matches!(error, ListError::CorruptGzip { .. }), "{contacts} {error}");
    let short = &gzip(b"phone\n+12025550100\n")[..20];
    let mut reader = ContactListReader::new(Cursor::new(short.to_vec()), named("l.csv.gz"));
    let failed = match &mut reader {
        Ok(reader) => reader.next_row(&mut contact).is_err(),
        Err(error) => matches!(error, ListError::CorruptGzip { .. }),
    };
    assert!(failed);
}

/// One sheet with a header, a blank row, a quoted name, a line break, and numbers kept as numbers.
const SPREADSHEET: &[u8] = include_bytes!("list.xlsx");

#[test]
fn the_first_sheet_of_a_spreadsheet_is_read_with_its_own_row_numbers() {
    for options in [named("list.xlsx"), ListOptions::default()] {
        let mut list = ContactListReader::new(SPREADSHEET, options).unwrap();
        assert_eq!(list.columns(), ["first_name", "since", "note"]);
        let mut contact = Contact::default();
        assert!(matches!(list.next_row(&mut contact).unwrap(), Row::Contact));
        assert_eq!((&*contact.id, contact.numbers[0].as_e164()), ("4711", "+12025550123"));
        assert_eq!(contact.attributes, ["Ann \"A\", Jr.", "", "two lines"]);
        let Row::Rejected(reject) = list.next_row(&mut contact).unwrap() else { panic!("a number of two digits") };
        assert_eq!((reject.line, &*reject.raw), (4, &b",12"[..]));
        assert!(matches!(list.next_row(&mut contact).unwrap(), Row::Contact));
        assert_eq!((&*contact.id, &*contact.attributes[0]), ("+442079460123", "true"));
        assert!(matches!(list.next_row(&mut contact).unwrap(), Row::End));
    }
}

#[test]
fn what_only_claims_to_be_a_spreadsheet_and_a_damaged_one_are_refused() {
    let open = |bytes: &'static [u8], name: &str| ContactListReader::new(bytes, named(name)).err();
    let no_sheet = open(b"phone\n+12025550123\n", "list.xlsx").unwrap();
    assert!(no_sheet.to_string().contains("not a spreadsheet but something else"), "{no_sheet}");
    let cut = open(&SPREADSHEET[..1000], "list.xlsx").unwrap();
    assert!(cut.to_string().starts_with("the spreadsheet cannot be read:") && cut.is_invalid_file(), "{cut}");
    let misnamed = open(SPREADSHEET, "list.csv").unwrap();
    assert!(misnamed.to_string().contains("a zip archive or spreadsheet"), "{misnamed}");
}
