use super::*;

#[test]
fn reserved_columns_are_found_in_any_case_and_all_others_are_attributes() {
    let list = read(
        "First_Name,PHONE,Id,TimeZone,Priority,Not_Before,Country,city\n\
         Ann,01 99 00 12 34,a1,europe/paris,2,2026-12-01T09:00:00+01:00,fr,Lyon\n",
    );
    assert_eq!(list.columns, ["First_Name", "city"]);
    let contact = &list.contacts[0];
    assert_eq!(contact.id, "a1");
    assert_eq!(contact.numbers[0].as_e164(), "+33199001234");
    assert_eq!(contact.zone, Some(chrono_tz::Europe::Paris));
    assert_eq!(contact.priority, 2);
    assert_eq!(contact.not_before.unwrap().to_string(), "2026-12-01T08:00:00.000Z");
    assert_eq!(contact.attributes, ["Ann", "Lyon"]);
}

#[test]
fn numbers_are_tried_by_their_columns_number_and_a_repeated_one_counts_once() {
    let list = read(
        "phone10,phone2,phone1,x\n\
         +12025550110,+12025550102,+1 202 555 0101,1\n\
         +12025550101,,+12025550101,2\n",
    );
    let numbers = |row: usize| list.contacts[row].numbers.iter().map(|n| n.as_e164()).collect::<Vec<_>>();
    assert_eq!(numbers(0), ["+12025550101", "+12025550102", "+12025550110"]);
    assert_eq!(numbers(1), ["+12025550101"]);
    assert_eq!(list.contacts[1].id, "+12025550101");
}

#[test]
fn quoted_values_hold_delimiters_marks_and_lines_and_line_numbers_stay_true() {
    let list = read("\u{feff}phone,note\r\n+12025550100,\"a, \"\"b\"\"\r\nc\"\r\n\r\n\"12\",\"x\"\r\n13,y");
    assert_eq!(attributes(&list), [["a, \"b\"\r\nc"]]);
    let raws = list.rejects.iter().map(|reject| (reject.line, reject.raw.as_slice())).collect::<Vec<_>>();
    assert_eq!(raws, [(5, &b"\"12\",\"x\""[..]), (6, b"13,y")]);
}

#[test]
fn json_lines_may_bring_new_columns_and_keep_numbers_as_written() {
    let list = read(
        "{\"phone\":\"+12025550100\",\"balance\":1.50,\"vip\":true}\n\n\
         {\"Phone\":12025550101,\"country\":\"us\",\"city\":\"Ly\\u00f6n\",\"tags\":[1, 2],\"balance\":null}\n\
         [1]\n\
         {\"phone\":\"+12025550102\",\"a\":1,\"a\":2}\n\
         {\"phone\":\"+12025550103\",\"PHONE\":\"+12025550104\"}\n\
         {\"phone\":\"+12025550105\"\n\
         {\"phone\":\"bad\",\"never\":1}\n",
    );
    assert_eq!(list.columns, ["balance", "vip", "city", "tags"]);
    assert_eq!(attributes(&list), [vec!["1.50", "true"], vec!["", "", "Lyön", "[1, 2]"]]);
    assert_eq!(list.contacts[1].numbers[0].as_e164(), "+12025550101");
    assert_eq!(list.rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
}

#[test]
fn the_default_country_is_for_rows_without_one() {
    let options = ListOptions { default_country: Some("fr".parse().unwrap()), ..ListOptions::default() };
    let list = read_with("phone,country\n0199001234,\n2025550100,US\n0199001234,Narnia\n+12025550101,ZZ\n", options);
    let list = list.unwrap();
    let numbers = list.contacts.iter().map(|contact| contact.numbers[0].as_e164()).collect::<Vec<_>>();
    assert_eq!(numbers, ["+33199001234", "+12025550100", "+12025550101"]);
    assert!(list.rejects[0].reason.starts_with("country: "));
}

#[test]
fn a_reader_may_move_to_a_thread_of_its_own() {
    let reader = ContactListReader::new(&b"phone\n+12025550100\n"[..], ListOptions::default()).unwrap();
    let read = std::thread::spawn(move || {
        let mut reader = reader;
        matches!(reader.next_row(&mut Contact::default()), Ok(Row::Contact))
    });
    assert!(read.join().unwrap());
}
