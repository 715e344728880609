//! Which module of `shared` may know which: `domain` ← `store`, `provider`, `config`, `config` ← `storage`, and no arrow
//! between `store`, `provider` and `storage`.

use crate::tree::{File, files_in};

/// For each module of `shared`, the modules beside it that it may use.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("domain", &["domain"]),
    ("telemetry", &["domain", "telemetry"]),
    ("store", &["domain", "store", "telemetry"]),
    ("config", &["config", "domain"]),
    ("provider", &["config", "domain", "provider"]),
    ("storage", &["config", "storage"]),
];

/// For each module, what it must not name: others do that for it.
const FORBIDDEN: [(&str, &[&str]); 5] = [
    (
        "shared/src/domain",
        &[
            "redis",
            "tokio",
            "fs",
            "net",
            "env",
            "SystemTime::now",
            "Instant::now",
            "Utc::now",
            "rand::rng",
            "rand::random",
        ],
    ),
    ("shared/src/provider", &["redis", "tokio", "reqwest", "hyper", "fs", "net", "SystemTime::now", "Utc::now"]),
    ("shared/src/config", &["tokio", "reqwest", "hyper"]),
    ("shared/src/storage", &["redis"]),
    ("shared/src/telemetry", &["redis", "fs"]),
];

/// Where the command may speak to Redis itself: it runs one, and the doctor looks at one.
const COMMAND_REDIS: [&str; 2] = ["cli/src/embedded_redis/", "cli/src/commands/doctor/"];

#[test]
fn modules_of_shared_use_only_those_below_them() {
    for (module, allowed) in ALLOWED {
        for file in sources(&format!("shared/src/{module}")) {
            for used in used_modules(&file.text) {
                assert!(allowed.contains(&used), "{} uses crate::{used}", file.path);
            }
        }
    }
}

#[test]
fn domain_and_provider_do_no_input_or_output_and_read_no_clock() {
    for (module, forbidden) in FORBIDDEN {
        for file in sources(module) {
            for name in forbidden {
                assert!(!names(&file.text, name), "{} names {name}", file.path);
            }
        }
    }
}

#[test]
fn the_command_speaks_to_redis_only_to_run_or_to_examine_one() {
    for file in sources("cli/src") {
        let may = COMMAND_REDIS.iter().any(|place| file.path.starts_with(place));
        assert!(may || !names(&file.text, "redis::Client"), "{} speaks to Redis", file.path);
    }
}

/// The Rust files of a folder without their comments and tests.
fn sources(folder: &str) -> Vec<File> {
    let mut files = files_in(folder);
    files.retain(|file| file.path.ends_with(".rs") && !file.path.contains("/tests"));
    for file in &mut files {
        let code = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        file.text = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .fold(String::new(), |text, line| text + line + "\n");
    }
    files
}

/// The modules at a crate's root that a source names, by `crate::store::…` or `crate::{store::…, …}`.
fn used_modules(source: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for (at, path) in source.match_indices("crate::") {
        let rest = &source[at + path.len()..];
        match rest.strip_prefix('{') {
            None => used.push(first_word(rest)),
            Some(group) => used.extend(members(group).into_iter().map(first_word)),
        }
    }
    used
}

/// The members of a group whose brace is open already.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, sign) in group.char_indices() {
        match sign {
            ',' | '}' if depth == 0 => {
                found.push(group[start..at].trim());
                start = at + 1;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if sign == '}' && start == at + 1 {
            break;
        }
    }
    found.retain(|member| !member.is_empty());
    found
}

fn first_word(text: &str) -> &str {
    text.split(|sign: char| !is_word(sign)).next().unwrap_or_default()
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Whether a source names a path, such as `tokio` in `tokio::spawn` or `std::fs` by its last part, as a whole word.
fn names(source: &str, path: &str) -> bool {
    source.match_indices(path).any(|(at, _)| {
        let (before, behind) = (&source[..at], &source[at + path.len()..]);
        let whole = !before.ends_with(is_word) && !behind.starts_with(is_word);
        let local = before.ends_with("crate::") || before.ends_with("super::") || before.ends_with("self::");
        // A path's last part is a function; anything else is followed by what is in it.
        whole && !local && (path.contains("::") || behind.starts_with("::"))
    })
}

#[test]
fn used_modules_are_found_in_every_way_of_writing_them() {
    let source = "use crate::domain::Timestamp;\nuse crate::{\n    config::{A, B},\n    store::Store,\n};\nlet x = crate::provider::build();";
    assert_eq!(used_modules(source), ["domain", "config", "store", "provider"]);
}

#[test]
fn names_are_found_as_whole_words() {
    assert!(names("tokio::spawn(x)", "tokio"));
    assert!(names("use std::{fs::File};", "fs"));
    assert!(!names("use super::redis::read;", "redis"));
    assert!(!names("diffs::of()", "fs"));
}
