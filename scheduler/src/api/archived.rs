//! Campaigns that are files: read like those in Redis.

use axum::http::StatusCode;
use futures_util::{Stream, TryStreamExt};
use redial_shared::{
    domain::{CampaignName, calling_hours::CallingHours},
    store::{Archived, Edition, view::ContactView},
};

use super::{ApiState, Problem, estimate::LastTurn, openings::Openings, status::Status};
use crate::archive::{ArchiveError, Kept, Reading};

impl ApiState {
    /// The archived campaign of this name; none: it is not archived, or there is none.
    pub(super) async fn archived(&self, name: &CampaignName) -> Result<Option<Archived>, Problem> {
        Ok(self.store.archive(name).await?)
    }

    /// Reads what its files say.
    pub(super) async fn read(&self, archived: &Archived) -> Result<Reading, Problem> {
        Ok(self.shelf.read(archived).await?)
    }

    /// How an archived campaign stood.
    pub(super) fn status_of_archived(&self, archived: &Archived) -> Status {
        let status = Status::of(&archived.view, None, LastTurn::Nobodys, self.store.clock().now());
        status.archived(archived.since, &archived.place.location)
    }

    /// Nobody calls its contacts any more.
    pub(super) fn openings_of_archived(&self, archived: &Archived) -> Openings {
        Openings::new(&archived.view, &CallingHours::default(), self.store.clock().now())
    }
}

/// The edition of an archived campaign's definition.
pub(super) fn edition_of(archived: &Archived) -> Edition {
    Edition { campaign: archived.view.id, version: archived.view.version }
}

/// All of its contacts, in batches.
pub(super) fn contacts(reading: &Reading) -> impl Stream<Item = Result<Vec<ContactView>, ArchiveError>> + Send + use<> {
    let views = |batch: Vec<Kept>| batch.into_iter().map(|kept| kept.view).collect();
    reading.contacts().map_ok(views)
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Store(error) => error.into(),
            error => {
                tracing::warn!(%error, "an archive cannot be read");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).with_hint(error.hint())
            }
        }
    }
}
