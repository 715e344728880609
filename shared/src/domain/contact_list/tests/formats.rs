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
    let text = |error: ListError| {
        assert!(error.is_invalid_file());
        error.to_string()
    };
    assert!(matches!(error("", ListOptions::default()), ListError::Empty));
    assert!(matches!(error(" \n\n", ListOptions::default()), ListError::Empty));
    assert!(matches!(error("\u{feff}", ListOptions::default()), ListError::Empty));
    assert!(matches!(error(b"p\0\0\0h\0\0\0o\0\0\0", ListOptions::default()), ListError::NotText));
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
        let encoding = Some(Encoding::Windows1252);
        let mut list = ContactListReader::new(SPREADSHEET, ListOptions { encoding, ..options }).unwrap();
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

#[test]
fn text_of_spreadsheet_programs_is_read_whatever_its_encoding_and_told() {
    let text = "phone;prénom\n+33199001201;Zoë\n+33199001202;Françoise\n12;René\n";
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to_bytes).collect::<Vec<_>>();
    let western = text.chars().map(|sign| sign as u8).collect::<Vec<_>>();
    for (file, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (utf16(u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(u16::to_be_bytes), Encoding::Utf16Be),
        ([b"\xff\xfe", &utf16(u16::to_le_bytes)[..]].concat(), Encoding::Utf16Le),
        ([b"\xfe\xff", &utf16(u16::to_be_bytes)[..]].concat(), Encoding::Utf16Be),
        (gzip(&western), Encoding::Windows1252),
    ] {
        let list = read(&file);
        assert_eq!(ContactListReader::new(Cursor::new(file), ListOptions::default()).unwrap().encoding(), encoding);
        assert_eq!(
            (&*list.columns, attributes(&list)),
            (&["prénom".to_owned()][..], vec![vec!["Zoë"], vec!["Françoise"]])
        );
        assert_eq!((list.rejects[0].line, &*list.rejects[0].raw), (4, "12;René".as_bytes()), "{encoding}");
    }
    let one = ListOptions { encoding: Some(Encoding::Windows1252), ..ListOptions::default() };
    assert_eq!(attributes(&read_with(b"phone,x\n+12025550100,caf\xe9\n", one).unwrap()), [["café"]]);
}

#[test]
fn what_cannot_be_decoded_rejects_its_row_and_no_other() {
    let mut file = "phone,x\n+12025550100,a?\n+12025550101,b\n".encode_utf16().collect::<Vec<_>>();
    let half_a_pair = file.iter().position(|unit| *unit == u16::from(b'?')).unwrap();
    file[half_a_pair] = 0xd800;
    let list = read(file.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    assert_eq!((attributes(&list), list.rejects[0].line), (vec![vec!["b"]], 2));
    assert!(reasons(&list)[0].1.contains("not UTF-8"));
}

fn mapped(maps: &[&str]) -> ListOptions {
    let map = ColumnMap::new(maps.iter().map(|map| map.parse().unwrap()).collect()).unwrap();
    ListOptions { map, ..ListOptions::default() }
}

#[test]
fn columns_are_taken_for_what_they_are_mapped_to() {
    let csv = "CustomerNo;Mobile;Home;Prénom;id\n17;+33199001201;+33199001202;Zoë;x\n";
    let json =
        "{\"CustomerNo\":17,\"Mobile\":\"+33199001201\",\"Home\":\"+33199001202\",\"Prénom\":\"Zoë\",\"id\":\"x\"}";
    for text in [csv, json] {
        let maps = ["phone2=mobile", "phone1=HOME", "id=customerno", "first_name=prénom", "old=id"];
        let list = read_with(text, mapped(&maps)).unwrap();
        assert_eq!(
            (list.contacts[0].id.as_str(), &*list.columns),
            ("17", &["first_name".to_owned(), "old".to_owned()][..])
        );
        let numbers: Vec<_> = list.contacts[0].numbers.iter().map(|number| number.as_e164()).collect();
        assert_eq!((numbers, attributes(&list)), (vec!["+33199001202", "+33199001201"], vec![vec!["Zoë", "x"]]));
        let lacking = error(text, mapped(&["phone=Mobile", "id=Customer"]));
        assert!(lacking.is_invalid_file());
        assert!(lacking.to_string().starts_with("no column `Customer` to take for `id` among "), "{lacking}");
        assert!(lacking.to_string().ends_with("correct `--map`"), "{lacking}");
    }
    let twice = error(csv, mapped(&["phone=Mobile", "id=CustomerNo"])).to_string();
    assert!(twice.contains("two columns are called `id`") && twice.contains("--map NAME=COLUMN"), "{twice}");
    let rejected = read_with("Tel,x\n12,a\n", mapped(&["phone=tel"])).unwrap();
    assert!(String::from_utf8(rejects_file(&rejected)).unwrap().starts_with("Tel,x,line,reason\n12,a,2,"));
}
