//! States and outcomes, by the names that users see.

use std::{fmt, str::FromStr};

/// A closed list of words with a byte for storage each: one declaration gives the names, the bytes and both parsers.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $byte:literal $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant = $byte,)+ }

        impl $name {
            /// Every value, in the order in which reports list them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word users see.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// From the byte it is stored as.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($byte => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| UnknownWord {
                    found: text.chars().take(40).collect(),
                    known: Self::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A word that is not in its list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{found}` is none of {known}")]
pub struct UnknownWord {
    found: String,
    known: String,
}

words! {
    /// How an attempt ended.
    Outcome {
        /// A person answered.
        Answered = 1 "answered",
        /// A machine answered.
        Voicemail = 2 "voicemail",
        /// The line was engaged.
        Busy = 3 "busy",
        /// It rang and nobody answered.
        NoAnswer = 4 "no_answer",
        /// The callee declined.
        Rejected = 5 "rejected",
        /// The number does not exist; it is never called again.
        InvalidNumber = 6 "invalid_number",
        /// Out of coverage or switched off.
        TemporarilyUnavailable = 7 "temporarily_unavailable",
        /// The provider failed.
        Error = 8 "error",
        /// It may or may not have rung.
        Unknown = 9 "unknown",
        /// The provider took the call and reports no results.
        Submitted = 10 "submitted",
        /// Withdrawn at the provider before anybody answered.
        Cancelled = 11 "cancelled",
    }
}

words! {
    /// Where a contact stands. Counts by state always sum to the list's size.
    ContactState {
        /// Not called yet.
        Pending = 1 "pending",
        /// Being dialed or on a call.
        Active = 2 "active",
        /// Called, and to be called again.
        Waiting = 3 "waiting",
        /// Cannot be dialed: the reason says why.
        Held = 4 "held",
        /// Answered, or submitted to a provider that reports no results.
        Completed = 5 "completed",
        /// Attempts or numbers used up, or a permanent refusal.
        Failed = 6 "failed",
        /// On a do-not-call list.
        Suppressed = 7 "suppressed",
        /// Not finished when the campaign ended.
        Expired = 8 "expired",
        /// Taken out, or not finished when the campaign was stopped.
        Cancelled = 9 "cancelled",
    }
}

impl ContactState {
    /// Whether the contact can still move by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Waiting)
    }

    /// Whether the end of its campaign is the contact's end too. One on a call goes on until the call is over.
    pub const fn ends_with_campaign(self) -> bool {
        matches!(self, Self::Pending | Self::Waiting | Self::Held)
    }
}

words! {
    /// Where a campaign stands.
    CampaignState {
        /// Defined, never started.
        Draft = 1 "draft",
        /// Armed: the next run starts it.
        Scheduled = 2 "scheduled",
        /// Dialing.
        Running = 3 "running",
        /// No new call starts; the reason says why.
        Paused = 4 "paused",
        /// No new call starts, and the live ones are being finished.
        Stopping = 5 "stopping",
        /// Ended by the user.
        Stopped = 6 "stopped",
        /// No contact can move by itself.
        Completed = 7 "completed",
    }
}
