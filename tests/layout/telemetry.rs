//! What the manual, the dashboard and the alerts say of metrics is what the product has.

use redial_shared::telemetry::metrics::catalogue::{FAMILIES, Family, Kind};
use serde_json::Value;

use crate::tree::files_in;

const MANUAL: &str = "deploy/prometheus/README.md";
const ALERTS: &str = "deploy/prometheus/alerts.yml";
const DASHBOARD: &str = "deploy/grafana/redial.json";

/// A family's row in the manual's table.
fn row(family: &Family) -> String {
    let Family { name, kind, labels, served_by, help } = family;
    let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
    format!("| `{name}` | {} | {} | {} | {help} |", kind.as_str(), labels.join(", "), served_by.as_str())
}

/// The family to which a sample of this name belongs.
fn family_of(sample: &str) -> Option<&'static Family> {
    let is_histogram = |family: &&Family| family.kind == Kind::Histogram;
    let endings = ["_bucket", "_sum", "_count"];
    let of_histogram = endings.iter().find_map(|ending| sample.strip_suffix(ending));
    let of_histogram = of_histogram.and_then(|name| FAMILIES.iter().filter(is_histogram).find(|it| it.name == name));
    of_histogram.or_else(|| FAMILIES.iter().filter(|family| !is_histogram(family)).find(|it| it.name == sample))
}

/// The names in a text that look like metrics of ours.
fn metrics_in(text: &str) -> Vec<&str> {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
    words.filter(|word| word.starts_with("redial_")).collect()
}

#[test]
fn the_manual_lists_every_metric_as_it_is_served() {
    let manual = &files_in(MANUAL)[0].text;
    let listed: Vec<&str> = manual.lines().filter(|line| line.starts_with("| `redial_")).collect();
    let served: Vec<String> = FAMILIES.iter().map(row).collect();
    assert_eq!(listed, served, "the table should be:\n{}", served.join("\n"));
}

#[test]
fn dashboard_and_alerts_name_only_metrics_that_there_are() {
    for place in [DASHBOARD, ALERTS, MANUAL] {
        let text = &files_in(place)[0].text;
        let named = metrics_in(text);
        assert!(place == MANUAL || named.len() > 20, "{place} names {} metrics", named.len());
        for name in named {
            let told = place != DASHBOARD && FAMILIES.iter().any(|family| family.name == name);
            assert!(told || family_of(name).is_some(), "{place} names {name}");
        }
    }
}

#[test]
fn the_dashboard_shows_every_metric() {
    let dashboard = &files_in(DASHBOARD)[0].text;
    let read: Value = serde_json::from_str(dashboard).expect("the dashboard is JSON");
    let panels = read["panels"].as_array().expect("it has panels");
    assert!(panels.iter().all(|panel| panel["targets"].as_array().is_some_and(|targets| !targets.is_empty())));
    let shown = metrics_in(dashboard);
    for family in FAMILIES {
        let is_shown = shown.iter().any(|name| family_of(name) == Some(family));
        assert!(is_shown, "{} is not shown", family.name);
    }
}

#[test]
fn every_alert_says_what_is_wrong_and_what_to_do() {
    let alerts = &files_in(ALERTS)[0].text;
    let rules: Vec<&str> = alerts.split("- alert: ").skip(1).collect();
    assert!(rules.len() > 10);
    for rule in rules {
        for part in ["        expr: ", "        labels: { severity: ", "          summary: ", "          description: "]
        {
            let line =
                rule.lines().find(|line| line.starts_with(part)).unwrap_or_else(|| panic!("{rule} lacks {part}"));
            let sentence = part.contains("summary") || part.contains("description");
            assert!(!sentence || line.ends_with('.'), "{line}");
        }
    }
}
