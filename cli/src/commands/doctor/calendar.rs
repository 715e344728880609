//! The public holidays that ship.

use chrono::{Datelike, NaiveDate, TimeDelta, Utc};
use redial_shared::domain::holidays;

use super::finding::Finding;

/// Campaigns look two days ahead, people who plan them some months.
const WARN_AHEAD: TimeDelta = TimeDelta::days(180);

/// Whether the public holidays of the months to come are known: where they are not, calling hours that close on them stay
/// closed.
pub(super) fn public_holidays() -> Finding {
    judge(Utc::now().date_naive(), holidays::last_years())
}

fn judge<'a>(today: NaiveDate, last_years: impl Iterator<Item = (&'a str, i32)>) -> Finding {
    let last_years: Vec<_> = last_years.collect();
    let ending = |year: i32| last_years.iter().filter(move |(_, last)| *last < year).map(|(country, _)| *country);
    let told = |year: i32| format!("not known for {year} in {}", ending(year).collect::<Vec<_>>().join(", "));
    let remedy = "install a newer release, or calls stop in those years where holidays are kept";
    let soon = (today + WARN_AHEAD).year();
    // No promise is broken: calls stop, they do not ring on holidays.
    if ending(today.year()).next().is_some() {
        Finding::warn("public holidays", told(today.year()), remedy)
    } else if ending(soon).next().is_some() {
        Finding::warn("public holidays", told(soon), remedy)
    } else {
        let until = last_years.iter().map(|(_, last)| last).min().copied().unwrap_or_default();
        Finding::ok("public holidays", format_args!("known until {until} at least, {} countries", last_years.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_year_that_comes_without_known_holidays_is_warned_of() {
        let on = |today: &str| judge(today.parse().unwrap(), [("FR", 2040), ("IN", 2035)].into_iter());
        assert_eq!(on("2026-11-21").verdict, Verdict::Ok);
        assert_eq!(on("2026-11-21").detail, "known until 2035 at least, 2 countries");
        let warned = on("2035-10-01");
        assert_eq!((warned.verdict, warned.detail.as_str()), (Verdict::Warn, "not known for 2036 in IN"));
        assert_eq!(on("2041-01-01").detail, "not known for 2041 in FR, IN");
    }
}
