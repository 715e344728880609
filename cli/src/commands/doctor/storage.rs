//! The places where files are kept that leave Redial.

use super::finding::Finding;
use crate::processes::Settings;

/// Whether every place that the configuration names can be written.
pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, place, written) in settings.check_storage().await {
        findings.push(match written {
            Ok(()) => Finding::ok("storage", format_args!("{key}: {place} is writable")),
            Err(failure) => {
                let remedy = failure.remedy().unwrap_or("give this user the place, or name another");
                Finding::fail("storage", format_args!("{key}: {}", failure.error()), remedy)
            }
        });
    }
    findings
}
