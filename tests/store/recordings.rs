//! Recordings wait in a queue until they are kept or lost.

use std::time::Duration;

use redial_shared::{
    domain::Outcome,
    store::{Recording, RecordingCounts, RecordingFate},
};

use crate::{
    LEASE,
    caller::{Caller, after},
};

const NAME: &str = "nightly";

impl Caller {
    /// Calls the next contact and has the call end so, under the id `call`.
    async fn talk(&self, outcome: Outcome) -> Recording {
        let (intent, _) = self.begin(NAME).await.expect("somebody is due");
        self.place(&intent).await;
        self.end(intent.attempt(), outcome).await;
        self.store.set_now(self.store.clock().now() + Duration::from_millis(200));
        Recording { attempt: intent.attempt(), call_id: "call".to_owned() }
    }

    async fn due(&self) -> Vec<Recording> {
        let (mut due, _) = self.store.take_recordings(NAME, 10, LEASE).await.unwrap();
        due.sort_by_key(|recording| recording.attempt);
        due
    }
}

#[tokio::test]
async fn calls_that_somebody_or_something_answered_wait_for_their_recordings_once() {
    let caller = Caller::new().await;
    caller.store.keep_recordings(NAME, true).await.unwrap();
    caller.campaign(NAME, "", &[&[1], &[2], &[3], &[4]]).await;
    let answered = caller.talk(Outcome::Answered).await;
    let machine = caller.talk(Outcome::Voicemail).await;
    caller.talk(Outcome::Busy).await;
    let late = caller.talk(Outcome::Unknown).await;
    assert_eq!(caller.due().await, [], "they are not there at once");
    caller.store.set_now(after(Duration::from_secs(10)));
    assert_eq!(caller.due().await, [answered.clone(), machine.clone()]);
    assert_eq!(caller.due().await, [], "whoever took them has them for a lease");
    caller.end(late.attempt, Outcome::Answered).await;
    let awaited = caller.store.recording_fate(NAME, &late).await.unwrap();
    assert_eq!(awaited, Some(RecordingFate::Awaited(after(Duration::from_secs(12)))), "late truth counts");

    let kept = RecordingFate::Kept("./calls/1.wav".to_owned());
    let lost = RecordingFate::Lost("HTTP 410".to_owned());
    assert!(caller.store.end_recording(NAME, &answered, Some(&kept)).await.unwrap());
    assert!(!caller.store.end_recording(NAME, &answered, Some(&lost)).await.unwrap(), "another was faster");
    caller.store.put_off_recording(NAME, &answered, after(Duration::ZERO)).await.unwrap();
    caller.store.set_now(after(Duration::from_secs(60)));
    assert_eq!(
        caller.due().await,
        [machine.clone(), late.clone()],
        "what was ended stays ended, the others come again"
    );
    assert!(caller.store.end_recording(NAME, &machine, Some(&lost)).await.unwrap());
    caller.store.put_off_recording(NAME, &late, after(Duration::from_secs(600))).await.unwrap();
    let (taken, next_due) = caller.store.take_recordings(NAME, 10, LEASE).await.unwrap();
    assert_eq!((taken, next_due), (vec![], Some(after(Duration::from_secs(600)))));
    let counts = caller.store.recording_counts(NAME).await.unwrap();
    assert_eq!(counts, RecordingCounts { awaited: 1, kept: 1, lost: 1 });
    assert_eq!(caller.store.recording_fate(NAME, &answered).await.unwrap(), Some(kept));
    assert_eq!(caller.store.recording_fate(NAME, &machine).await.unwrap(), Some(lost));
}

#[tokio::test]
async fn nothing_waits_where_nobody_wants_recordings_nor_where_a_call_has_no_id() {
    let caller = Caller::new().await;
    caller.campaign(NAME, "", &[&[1], &[2]]).await;
    let unwanted = caller.talk(Outcome::Answered).await;
    caller.store.keep_recordings(NAME, true).await.unwrap();
    caller.call(NAME, Outcome::Answered).await;
    caller.store.set_now(after(Duration::from_secs(10)));
    assert_eq!(caller.due().await, []);
    assert_eq!(caller.store.recording_fate(NAME, &unwanted).await.unwrap(), None);
}
