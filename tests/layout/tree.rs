//! The files of this repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where everything lies that belongs to the repository.
const PLACES: [&str; 15] = [
    ".ci",
    ".config",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "cli",
    "config",
    "deploy",
    "scheduler",
    "shared",
    "tests",
    "worker",
];

/// One file.
pub struct File {
    /// Its path from the root, with `/`.
    pub path: String,
    /// What is in it; bytes that are no text are replaced.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie one folder below the root")
}

/// All files of the repository.
pub fn all_files() -> Vec<File> {
    PLACES.iter().flat_map(|place| files_in(place)).collect()
}

/// The files of a folder and all folders in it; or the one file.
pub fn files_in(place: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut open = vec![root().join(place)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path));
        } else {
            found.push(read(&path));
        }
    }
    assert!(!found.is_empty(), "there is nothing in {place}");
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    listed.map(|entry| entry.expect("an entry can be read").path()).collect()
}

fn read(path: &Path) -> File {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root()).expect("it lies below the root").display().to_string();
    File { path, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// Folders that exist on one machine only, as they would stand in a path.
const MACHINE_FOLDERS: [&str; 5] = ["farm", "home", "root", "Users", "work"];

#[test]
fn no_file_names_a_path_of_the_machine_it_was_written_on() {
    for file in all_files() {
        for (number, line) in file.text.lines().enumerate() {
            let found = MACHINE_FOLDERS.iter().find(|folder| line.contains(&format!("/{folder}/")));
            assert!(found.is_none(), "{}:{}: {line}", file.path, number + 1);
        }
    }
}
