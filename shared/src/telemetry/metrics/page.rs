//! What `/metrics` answers, in the two formats that scrapers read.

use std::{borrow::Cow, fmt::Write};

use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{family, gauge::ConstGauge},
    registry::{Metric, Registry},
};

use super::catalogue::{Family, Kind};

/// The labels of a sample.
pub type Labels = Vec<(&'static str, Cow<'static, str>)>;

/// Families with their samples.
#[derive(Debug, Default)]
pub struct Page {
    registry: Registry,
}

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus's own text.
    Text,
    /// OpenMetrics, which has exemplars.
    OpenMetrics,
}

impl Format {
    /// The one that an `Accept` header asks for.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Text }
    }

    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

impl Page {
    /// Adds a family that goes on counting.
    pub fn add(&mut self, family: &Family, metric: impl Metric) {
        // The format writes the ending of counters and of sentences itself.
        let (name, help) = (family.name.trim_end_matches("_total"), family.help.trim_end_matches('.'));
        self.registry.register(name, help, metric);
    }

    /// Adds a family of which all samples are known now, each with the values of its labels.
    pub fn add_known<const N: usize>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = ([String; N], f64)>,
    ) {
        let known = family::Family::<Labels, KnownGauge>::default();
        let counters = family::Family::<Labels, KnownCounter>::default();
        for (values, value) in samples {
            let labels: Labels = family.labels.iter().copied().zip(values.map(Cow::from)).collect();
            match family.kind {
                Kind::Counter => drop(counters.get_or_create_owned(&labels).inc_by(value as u64)),
                _ => drop(known.get_or_create_owned(&labels).set(value)),
            }
        }
        match family.kind {
            Kind::Counter => self.add(family, counters),
            _ => self.add(family, known),
        }
    }

    /// Adds a family of one sample without labels.
    pub fn add_one(&mut self, family: &Family, value: f64) {
        self.add(family, ConstGauge::new(value));
    }
}

type KnownGauge = prometheus_client::metrics::gauge::Gauge<f64, std::sync::atomic::AtomicU64>;
type KnownCounter = prometheus_client::metrics::counter::Counter;

/// Writes pages one after the other.
pub fn written<'a>(pages: impl IntoIterator<Item = &'a Page>, format: Format) -> String {
    let mut text = String::new();
    let sure = "writing to a string succeeds";
    pages.into_iter().for_each(|page| encode_registry(&mut text, &page.registry).expect(sure));
    encode_eof(&mut text).expect(sure);
    match format {
        Format::OpenMetrics => text,
        Format::Text => plain(&text),
    }
}

/// The same in Prometheus's own text: a counter's family is called as its samples are, and exemplars are left out.
fn plain(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "EOF"] => {}
            ["#", "HELP", _, sentence] => help = sentence,
            ["#", "TYPE", name, kind] => {
                let total = if kind == "counter" { "_total" } else { "" };
                writeln!(text, "# HELP {name}{total} {help}\n# TYPE {name}{total} {kind}")
                    .expect("writing to a string succeeds");
            }
            _ => {
                text.push_str(line.split(" # {").next().unwrap_or_default());
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::catalogue;

    #[test]
    fn both_formats_describe_a_counter_as_scrapers_expect() {
        let mut page = Page::default();
        page.add_known(&catalogue::RECORDINGS, [(["acme".to_owned(), "kept".to_owned()], 3.0)]);
        page.add_one(&catalogue::WORKERS, 2.0);
        let text = written([&page], Format::Text);
        assert_eq!(
            text,
            "# HELP redial_recordings_total Recordings that were fetched and kept, or given up as lost.\n\
             # TYPE redial_recordings_total counter\n\
             redial_recordings_total{provider=\"acme\",result=\"kept\"} 3\n\
             # HELP redial_workers Worker processes that hold a lease.\n\
             # TYPE redial_workers gauge\nredial_workers 2.0\n"
        );
        let open_metrics = written([&page], Format::OpenMetrics);
        assert!(open_metrics.contains("# TYPE redial_recordings counter\nredial_recordings_total{"), "{open_metrics}");
        assert!(open_metrics.ends_with("# EOF\n"));
    }

    #[test]
    fn exemplars_are_left_out_where_the_format_has_none() {
        let bucket = "redial_x_bucket{le=\"1.0\"} 3 # {trace_id=\"0af7\"} 0.4";
        assert_eq!(plain(bucket), "redial_x_bucket{le=\"1.0\"} 3\n");
    }
}
