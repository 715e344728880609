//! What `/metrics` says, read as strictly as a scraper that trusts nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::http;

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The family to which it belongs.
    pub family: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// One process's metrics.
#[derive(Debug, Clone)]
pub struct Scrape {
    /// The text as it came.
    pub text: String,
    /// Families by name, with their type.
    pub families: BTreeMap<String, String>,
    /// All samples.
    pub samples: Vec<Sample>,
}

impl Scrape {
    /// Asks a process for its metrics.
    ///
    /// # Panics
    /// When it does not answer, or its answer breaks a rule of the format or a convention for names.
    #[track_caller]
    pub fn of(url: &str) -> Self {
        Self::read(&http::request("GET", url, "/metrics", "").expect("metrics are served"))
    }

    /// Reads a page.
    ///
    /// # Panics
    /// As [`Scrape::of`].
    #[track_caller]
    pub fn read(text: &str) -> Self {
        let mut scrape = Self { text: text.to_owned(), families: BTreeMap::new(), samples: Vec::new() };
        let (mut helped, mut open, mut seen) = ("", None, BTreeSet::new());
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, sentence) = rest.split_once(' ').expect("a family has a sentence");
                assert!(sentence.ends_with('.'), "{line}");
                helped = name;
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a family has a type");
                assert_eq!(name, helped, "its sentence comes first");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(kind != "histogram" || name.ends_with("_seconds"), "{line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                let before = scrape.families.insert(name.to_owned(), kind.to_owned());
                assert!(before.is_none(), "{name} is there twice");
                open = Some((name.to_owned(), kind));
            } else {
                assert!(seen.insert(line.rsplit_once(' ').expect("a sample has a value").0), "{line} is there twice");
                let sample = sample(line);
                let (family, kind) = open.as_ref().expect("a family is described before its samples");
                let endings: &[&str] = if *kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                let is_its = endings.iter().any(|ending| sample.name == format!("{family}{ending}"));
                assert!(is_its, "{line} stands under {family}");
                assert!(sample.value.is_finite() && (*kind == "gauge" || sample.value >= 0.0), "{line}");
                scrape.samples.push(Sample { family: family.clone(), ..sample });
            }
        }
        scrape
    }

    /// The sum of the samples of this name that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &Sample| {
            labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|found| found == value))
        };
        self.samples.iter().filter(|sample| sample.name == name && has(sample)).map(|sample| sample.value).sum()
    }
}

/// `name{label="value",…} value`, without escapes: no value of ours needs any.
fn sample(line: &str) -> Sample {
    let (what, value) = line.rsplit_once(' ').expect("a sample has a value");
    let value = value.parse().unwrap_or_else(|_| panic!("{line}: no number"));
    let (name, labels) = what.split_once('{').unwrap_or((what, "}"));
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    assert!(name.starts_with("redial_") && is_name(name), "{line}");
    let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}: its labels do not end"));
    let label = |part: &str| {
        let (label, value) = part.split_once('=').unwrap_or_else(|| panic!("{line}: {part}"));
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect("a value is quoted");
        assert!(is_name(label) && !value.contains(['"', '\\', '+']) || label == "le", "{line}");
        (label.to_owned(), value.to_owned())
    };
    let labels = labels.split(',').filter(|part| !part.is_empty()).map(label).collect();
    Sample { family: String::new(), name: name.to_owned(), labels, value }
}
