//! Durations and rates as users write them: `500ms 2s 5m 4h 1d`, `10/s 300/m 1000/h`.

use std::{fmt, str::FromStr, time::Duration};

/// The longest duration that can be written, in days: ten years keeps every sum far from overflow.
pub const SPAN_MAX_DAYS: u64 = 3650;

/// The highest count a rate may have.
pub const RATE_COUNT_MAX: u32 = 1_000_000;

const MILLISECONDS_BY_UNIT: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A duration of whole milliseconds, 0 to [`SPAN_MAX_DAYS`], written as a whole number and its unit. A day is 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(Duration);

/// Why a text is no duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadSpan {
    /// Not a whole number followed by a unit.
    #[error("`{0}` is no duration: a whole number and its unit expected (ms, s, m, h or d), like `5m`")]
    Malformed(String),
    /// Longer than [`SPAN_MAX_DAYS`].
    #[error("`{0}` is too long: at most {SPAN_MAX_DAYS}d")]
    TooLong(String),
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// A duration of so many milliseconds.
    pub const fn from_millis(span_ms: u64) -> Self {
        Self(Duration::from_millis(span_ms))
    }

    /// A duration of so many seconds.
    pub const fn from_secs(span_s: u64) -> Self {
        Self(Duration::from_secs(span_s))
    }

    /// A duration of so many minutes.
    pub const fn from_mins(span_min: u64) -> Self {
        Self::from_secs(span_min * 60)
    }

    /// The same for the standard library.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// Whole milliseconds.
    pub const fn as_millis(self) -> u64 {
        // Bounded by SPAN_MAX_DAYS where it is parsed, so the upper half is never used.
        self.0.as_millis() as u64
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl FromStr for Span {
    type Err = BadSpan;
    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let malformed = || BadSpan::Malformed(shortened(text));
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(malformed)?;
        let (digits, unit) = text.split_at(unit_at);
        let (_, unit_ms) = MILLISECONDS_BY_UNIT.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        if digits.is_empty() {
            return Err(malformed());
        }
        let span_ms = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(*unit_ms));
        span_ms
            .filter(|ms| *ms <= SPAN_MAX_DAYS * 86_400_000)
            .map(Self::from_millis)
            .ok_or_else(|| BadSpan::TooLong(shortened(text)))
    }
}

/// In the largest unit that is exact.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span_ms = self.as_millis();
        let exact = MILLISECONDS_BY_UNIT.iter().find(|(_, unit_ms)| span_ms > 0 && span_ms.is_multiple_of(*unit_ms));
        match exact {
            Some((unit, unit_ms)) => write!(f, "{}{unit}", span_ms / unit_ms),
            None => f.write_str("0s"),
        }
    }
}

/// So many starts in a second, a minute or an hour, evenly spread. `count` is 1 to [`RATE_COUNT_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub per: Duration,
}

/// Why a text is no rate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadRate {
    /// Not a whole number, `/` and a unit.
    #[error("`{0}` is no rate: a whole number per s, m or h expected, like `10/s` or `300/m`")]
    Malformed(String),
    /// Nothing could ever start.
    #[error("a rate of 0 would start no call, ever")]
    Zero,
    /// More than [`RATE_COUNT_MAX`].
    #[error("`{0}` is too high: at most {RATE_COUNT_MAX}")]
    TooHigh(String),
}

impl Rate {
    /// The spacing of permits in microseconds, rounded up. It is stretched by one second's worth of `lag_us`, the time
    /// by which a request may leave later than its permit, so that no sliding second holds more than the rate:
    /// `(1 s + lag) / rate`. A rate per minute or hour is spread evenly and stretched alike: `300/m` is spaced as `5/s`.
    pub fn interval_us(&self, lag_us: u64) -> u64 {
        let stretched = self.per.as_micros() * (1_000_000 + u128::from(lag_us));
        let interval_us = stretched.div_ceil(1_000_000 * u128::from(self.count.max(1)));
        u64::try_from(interval_us).unwrap_or(u64::MAX)
    }

    /// Starts per second.
    pub fn per_second(&self) -> f64 {
        f64::from(self.count) / self.per.as_secs_f64()
    }
}

impl FromStr for Rate {
    type Err = BadRate;
    fn from_str(text: &str) -> Result<Self, BadRate> {
        let malformed = || BadRate::Malformed(shortened(text));
        let (digits, unit) = text.split_once('/').ok_or_else(malformed)?;
        let per_s = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(malformed()),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        match digits.parse::<u32>() {
            Ok(0) => Err(BadRate::Zero),
            Ok(count) if count <= RATE_COUNT_MAX => Ok(Self { count, per: Duration::from_secs(per_s) }),
            _ => Err(BadRate::TooHigh(shortened(text))),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per.as_secs() {
            60 => "m",
            3600 => "h",
            _ => "s",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

/// Values that travel as the text users write.
macro_rules! serde_as_text {
    ($($name:ty),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
serde_as_text!(Span, Rate);

/// Enough of a text to recognise it in an error.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_in_their_largest_exact_unit() {
        for (text, span_ms, shown) in [
            ("500ms", 500, "500ms"),
            ("2s", 2_000, "2s"),
            ("5m", 300_000, "5m"),
            ("90s", 90_000, "90s"),
            ("60s", 60_000, "1m"),
            ("4h", 14_400_000, "4h"),
            ("1d", 86_400_000, "1d"),
            ("0s", 0, "0s"),
            ("3650d", 315_360_000_000, "3650d"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.as_millis(), span.to_string().as_str()), (span_ms, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_what_was_expected() {
        for text in ["", "5", "m", "5 m", "-5m", "1.5h", "5min", "1h30m", "٣m", "5M"] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert!(error.contains("ms, s, m, h or d"), "{text}: {error}");
        }
        for text in ["3651d", "99999999999999999999s"] {
            assert!(text.parse::<Span>().unwrap_err().to_string().contains("at most 3650d"), "{text}");
        }
    }

    #[test]
    fn rates_are_read_and_shown() {
        for (text, count, per_s) in [("10/s", 10, 1), ("300/m", 300, 60), ("1000/h", 1000, 3600)] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate, Rate { count, per: Duration::from_secs(per_s) });
            assert_eq!(rate.to_string(), text);
        }
        for text in ["", "10", "/s", "10/", "10/d", "-1/s", "+1/s", "1.5/s", "0/s", "1000001/s", "99999999999/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn permits_are_spaced_by_a_second_and_the_lag_over_the_rate() {
        let spacing = |text: &str| text.parse::<Rate>().unwrap().interval_us(8_000);
        assert_eq!(spacing("10/s"), 100_800);
        assert_eq!(spacing("3/s"), 336_000);
        assert_eq!(spacing("7/s"), 144_000);
        assert_eq!(spacing("11/s"), 91_637, "1,008,000 / 11 = 91,636.4 is rounded up");
        assert_eq!(spacing("300/m"), spacing("5/s"));
        assert_eq!(spacing("1/h"), 3_628_800_000);
        assert_eq!("1/s".parse::<Rate>().unwrap().interval_us(0), 1_000_000);
    }

    #[test]
    fn they_travel_as_text() {
        assert_eq!(serde_json::to_string(&Span::from_mins(5)).unwrap(), "\"5m\"");
        assert_eq!(serde_json::from_str::<Rate>("\"300/m\"").unwrap().count, 300);
        assert!(serde_json::from_str::<Span>("\"5x\"").is_err());
    }
}
