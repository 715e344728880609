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
