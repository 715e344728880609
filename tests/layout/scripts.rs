//! Lua scripts say what they take and what they answer.

use std::path::Path;

use crate::tree::{File, files_in};

/// One operation each.
const SCRIPTS: &str = "shared/src/store/scripts";

/// The comment that a script begins with.
fn header(script: &File) -> String {
    script.text.lines().take_while(|line| line.starts_with("-- ")).collect::<Vec<_>>().join("\n")
}

fn is_part(script: &File) -> bool {
    script.path.starts_with(&format!("{SCRIPTS}/include/"))
}

#[test]
fn every_script_begins_with_its_name_its_arguments_and_its_results() {
    for script in files_in(SCRIPTS).iter().filter(|script| !is_part(script)) {
        let name = Path::new(&script.path).file_stem().expect("a file has a name").display().to_string();
        let header = header(script);
        assert!(header.starts_with(&format!("-- {name}: ")), "{} does not begin with `-- {name}: `", script.path);
        assert!(header.contains("ARGV "), "the header of {} does not name ARGV", script.path);
        assert!(header.contains("Returns "), "the header of {} does not name its results", script.path);
        assert!(script.text.contains("\n--@include time"), "{} does not include `time`", script.path);
    }
}

#[test]
fn every_common_part_of_scripts_says_what_it_is_for() {
    for part in files_in(SCRIPTS).iter().filter(|script| is_part(script)) {
        assert!(!header(part).is_empty(), "{} does not begin with a comment", part.path);
    }
}

#[test]
fn keys_are_built_in_one_file() {
    for script in files_in(SCRIPTS) {
        let built: Vec<_> =
            script.text.lines().filter(|line| line.contains("P .. '") && !line.contains("PUBLISH")).collect();
        assert!(built.is_empty(), "{} builds a key itself: {built:?}", script.path);
    }
}
