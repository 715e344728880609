use super::*;

#[test]
fn a_bad_row_is_rejected_with_its_reason_and_spoils_no_other() {
    let list = read(
        b"phone,phone2,id,timezone,priority,not_before,note\n\
          +12025550100,,a,,,,good\n\
          12,,b,,,,short\n\
          +12025550101,nope,c,,,,second number\n\
          +12025550102,,d,Mars/Olympus,,,zone\n\
          +12025550103,,e,,10,,priority\n\
          +12025550104,,f,,,tomorrow,time\n\
          +12025550105,,g,,,,too,many\n\
          +12025550106,,h,,,,caf\xe9\n\
          ,,i,,,,no number\n\
          +12025550107,,j\n\
          +12025550108,,k,,,,\x00good\x07\n",
    );
    let ids = list.contacts.iter().map(|contact| contact.id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids, ["a", "j", "k"]);
    assert_eq!(attributes(&list), [["good"], [""], ["\0good\x07"]]);
    let expected = [
        (3, "phone: "),
        (4, "phone2: contains letters"),
        (5, "timezone: `Mars/Olympus`"),
        (6, "priority: `10`"),
        (7, "not_before: `tomorrow`"),
        (8, "8 fields where the header has 7"),
        (9, "contains bytes that are not UTF-8"),
        (10, "phone: empty"),
    ];
    assert_eq!(list.rejects.len(), expected.len());
    for ((line, reason), (expected_line, start)) in reasons(&list).into_iter().zip(expected) {
        assert!(line == expected_line && reason.starts_with(start), "{line} {reason}");
    }
    assert_eq!(list.rejects[6].raw, b"+12025550106,,h,,,,caf\xe9");
}

#[test]
fn a_mark_that_is_never_closed_costs_one_line() {
    let list = read("phone,note\n+12025550100,\"open\n+12025550101,b\n+12025550102,\"c\"x\n+12025550103,d\n");
    assert_eq!(attributes(&list), [["b"], ["d"]]);
    assert_eq!(list.rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(list.rejects[0].raw, b"+12025550100,\"open");
}

#[test]
fn a_row_beyond_every_bound_is_rejected_and_reading_goes_on() {
    let long = "x".repeat(3 * ROW_BYTES_MAX);
    let id = "i".repeat(ID_BYTES_MAX + 1);
    for file in [
        format!("phone,id\n+12025550100,{long}\n+12025550101,{id}\n+12025550102,ok\n"),
        format!(
            "{{\"phone\":\"+12025550100\",\"id\":\"{long}\"}}\n{{\"phone\":\"+12025550101\",\"id\":\"{id}\"}}\n{{\"phone\":\"+12025550102\",\"id\":\"ok\"}}"
        ),
        format!("phone,id\n+12025550100,\"{long}\n\"\n+12025550101,{id}\n+12025550102,ok\n"),
    ] {
        let list = read(&file);
        assert_eq!(list.contacts.len(), 1);
        assert_eq!(list.contacts[0].id, "ok");
        assert!(list.rejects[0].reason.starts_with("longer than 1 MiB"));
        assert_eq!(list.rejects[0].raw.len(), ROW_BYTES_MAX);
        assert!(list.rejects.last().unwrap().reason.starts_with("id: 201 bytes"));
    }
}

#[test]
fn rejects_are_the_original_rows_under_the_original_header() {
    let list = read("phone;note\n1;ok\n2\n3;a;b\n4;\"open\n\"5\";\"x;\ny\"\n");
    let file = String::from_utf8(rejects_file(&list)).unwrap();
    let lines = file.split_inclusive('\n').collect::<Vec<_>>();
    assert_eq!(lines[0], "phone;note;line;reason\n");
    assert!(lines[1].starts_with("1;ok;2;phone: a national number"), "{file}");
    assert!(lines[2].starts_with("2;;3;"), "{file}");
    assert!(lines[3].starts_with("3;\"a;b\";4;3 fields"), "{file}");
    assert!(lines[4].starts_with("\"4;\"\"open\";;5;\"wrongly quoted"), "{file}");
    assert!(lines[5..].concat().starts_with("\"5\";\"x;\ny\";6;"), "{file}");
    let again = read(&file);
    assert_eq!(again.columns, ["note", "line", "reason"]);
    assert_eq!(again.rejects.len(), 5);
}

#[test]
fn rejected_objects_get_two_keys_more() {
    let list = read("{\"phone\":\"1\"}\n{}\nnot \"json\"\n{\"phone\":\"+12025550100\"}");
    let file = String::from_utf8(rejects_file(&list)).unwrap();
    let lines = file.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect::<Vec<_>>();
    assert_eq!((&lines[0]["phone"], &lines[0]["line"]), (&"1".into(), &1.into()));
    assert_eq!((&lines[1]["line"], &lines[1]["reason"]), (&2.into(), &"phone: empty".into()));
    assert_eq!(lines[2]["row"], "not \"json\"");
}
