//! How provider accounts stand.

use super::{
    count, instant, plural, printable,
    table::{Align, table},
};
use crate::api::Provider;

/// All accounts, a line each; what is wrong with one stands behind it.
pub fn providers(all: &[Provider]) -> String {
    let columns = [
        ("PROVIDER", Align::Left),
        ("KIND", Align::Left),
        ("LIVE", Align::Right),
        ("LIMIT", Align::Right),
        ("RATE", Align::Right),
        ("STATE", Align::Left),
    ];
    let none = || "-".to_owned();
    let row = |account: &Provider| {
        vec![
            account.provider.clone(),
            account.kind.clone(),
            count(account.live_calls),
            account.max_concurrent.map_or_else(none, |limit| count(u64::from(limit))),
            account.rate.map_or_else(none, |rate| format!("{rate}/s")),
            state(account),
        ]
    };
    table(&columns, &all.iter().map(row).collect::<Vec<_>>())
}

/// One account on one line.
pub fn line(account: &Provider) -> String {
    format!("{} is {}, {} live", account.provider, state(account), plural(account.live_calls, "call"))
}

fn state(account: &Provider) -> String {
    let mut text = account.state.clone();
    if let Some(until) = account.until {
        text += &format!(" until {}", instant(until));
    }
    if !account.reason.is_empty() {
        text += &format!(": {}", printable(&account.reason));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(state: &str, reason: &str, until: Option<&str>) -> Provider {
        let json = serde_json::json!({"provider": "acme", "kind": "knovvu", "state": state, "reason": reason,
            "until": until, "rate": 12.5, "max_concurrent": null, "live_calls": 1200});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_is_wrong_stands_behind_an_account() {
        let waits = account("waiting", "too many requests", Some("2026-12-01T19:00:00.000Z"));
        let text = providers(&[account("ok", "", None), waits]);
        assert_eq!(
            text,
            "PROVIDER  KIND     LIVE  LIMIT    RATE  STATE\n\
             acme      knovvu  1,200      -  12.5/s  ok\n\
             acme      knovvu  1,200      -  12.5/s  waiting until 2026-12-01 19:00:00 UTC: too many requests\n"
        );
    }

    #[test]
    fn a_paused_account_is_told_on_one_line() {
        assert_eq!(line(&account("paused", "by request", None)), "acme is paused: by request, 1,200 calls live");
    }
}
