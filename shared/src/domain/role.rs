//! What a token's bearer may do.

use std::{fmt, str::FromStr};

/// A token's role; each may everything that the ones before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// May look, and sees phone numbers masked.
    Viewer,
    /// May run campaigns.
    Operator,
    /// May everything.
    Admin,
}

/// Why a text is no role.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a role: `viewer`, `operator` or `admin` expected")]
pub struct BadRole;

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: &[Self] = &[Self::Viewer, Self::Operator, Self::Admin];

    /// The word users see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Whether phone numbers are shown in full.
    pub const fn sees_numbers(self) -> bool {
        !matches!(self, Self::Viewer)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text).ok_or(BadRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_by_the_words_they_are_shown_as() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(*role));
        }
        assert_eq!("root".parse::<Role>(), Err(BadRole));
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
    }
}
