//! When a campaign that is over leaves Redis, and whereto.

use super::{CampaignState, Timestamp, units::Span};

/// `[archive]`
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Archive {
    /// The campaign stays in Redis for so long after its end.
    pub retention: Span,
    /// The directory, or `s3://bucket/prefix`, to which it goes then; none: where the configuration says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl Archive {
    /// When a campaign in this state, which ended then the last time, is to go; none: it is not over.
    pub fn due(&self, state: CampaignState, ended_at: Option<Timestamp>) -> Option<Timestamp> {
        let is_over = matches!(state, CampaignState::Completed | CampaignState::Stopped);
        ended_at.filter(|_| is_over).map(|ended_at| ended_at + self.retention.duration())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_over_goes_and_not_before_its_time() {
        let archive = Archive { retention: Span::from_secs(60), to: None };
        let ended_at = Timestamp::from_millis(5_000);
        for state in CampaignState::ALL {
            let is_over = matches!(state, CampaignState::Completed | CampaignState::Stopped);
            let due = archive.due(*state, Some(ended_at));
            assert_eq!(due, is_over.then_some(Timestamp::from_millis(65_000)), "{state}");
        }
        assert_eq!(archive.due(CampaignState::Completed, None), None);
    }
}
