//! Carries one campaign's events to its receiver, until none is left.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use redial_shared::{
    domain::notify::Notify,
    store::{CampaignInfo, Delivery, FeedId, Store, StoreError},
};
use tokio::time::{Instant, sleep};

use super::{
    messages::{Message, Teller},
    queue::{Place, Queue},
    receiver::{Answer, Receiver},
};

/// Events that are read ahead.
const READ_AHEAD: usize = 1_000;
/// Pause between two looks for more.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A courier who had nothing to carry for so long goes home.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Shorter pauses are not worth a look at the queue.
const PAUSE_LEAST: Duration = Duration::from_millis(5);
/// An event that was never taken is given up at this age.
const GIVE_UP: Duration = Duration::from_secs(3 * 24 * 3600);

/// One campaign's events on their way.
pub(super) struct Courier {
    store: Store,
    info: Arc<CampaignInfo>,
    notify: Notify,
    receiver: Arc<Receiver>,
    queue: Queue,
    messages: BTreeMap<Place, Message>,
    read_to: FeedId,
    next_look: Instant,
    /// When something was read last.
    last_read: Instant,
}

impl Courier {
    pub(super) fn new(store: Store, info: Arc<CampaignInfo>, notify: Notify, receiver: Receiver) -> Self {
        let (queue, messages, read_to) = Default::default();
        let now = Instant::now();
        let receiver = Arc::new(receiver);
        Self { store, info, notify, receiver, queue, messages, read_to, next_look: now, last_read: now }
    }

    /// Sends what there is until nothing has come for a while. It may be cut off anywhere: what was not noted as taken is sent again.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(super) async fn run(&mut self) -> Result<(), StoreError> {
        let mut sending = FuturesUnordered::new();
        loop {
            self.read().await?;
            let now = self.store.clock().now();
            for place in self.queue.take(now) {
                let (receiver, message) = (self.receiver.clone(), self.messages[&place].clone());
                sending.push(async move {
                    let answer = receiver.send(&message, now).await;
                    (place, message, answer)
                });
            }
            let is_idle = sending.is_empty() && self.queue.is_empty();
            if is_idle && self.last_read.elapsed() >= IDLE_MAX {
                return Ok(());
            }
            let pause = self.queue.next_due().map_or(LOOK_EVERY, |due| due.since(now).min(LOOK_EVERY));
            tokio::select! {
                Some((place, message, answer)) = sending.next() => {
                    self.note(place, &message, answer).await?;
                }
                () = sleep(pause.max(PAUSE_LEAST)) => {}
            }
        }
    }

    /// Reads on, if there is room and it is time.
    async fn read(&mut self) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.queue.len() >= READ_AHEAD / 2 || now < self.next_look {
            return Ok(());
        }
        let entries = self.store.outbox(self.info.id, self.read_to, READ_AHEAD).await?;
        if entries.is_empty() {
            self.next_look = now + LOOK_EVERY;
            return Ok(());
        }
        self.last_read = now;
        self.next_look = if entries.len() == READ_AHEAD { now } else { now + LOOK_EVERY };
        let positions = entries.iter().filter_map(|(_, happened)| happened.position()).collect();
        let (info, contacts) = self.store.contacts_at(self.info.id, &positions).await?;
        let teller = Teller { campaign: info.id, name: &info.name, topics: &self.notify.events };
        let mut silent = Vec::new();
        for (entry, happened) in entries {
            self.read_to = entry;
            if happened.ends_campaign() {
                self.store.tell_unfinished(info.id, entry).await?;
            }
            let subject = happened.position();
            let messages = teller.messages(entry, &happened, subject.and_then(|position| contacts.get(&position)));
            if messages.is_empty() {
                silent.push(entry);
            }
            for (part, message) in (0..).zip(messages) {
                self.queue.push((entry, part), subject);
                self.messages.insert((entry, part), message);
            }
        }
        self.store.outbox_done(self.info.id, &silent, None).await
    }

    /// Writes down what came of an event.
    async fn note(&mut self, place: Place, message: &Message, answer: Answer) -> Result<(), StoreError> {
        let now = self.store.clock().now();
        let entry = place.0;
        let is_given_up = !answer.is_taken() && now.since(entry.at()) > GIVE_UP;
        if answer.is_taken() || is_given_up {
            self.queue.done(place, answer.is_taken());
            self.messages.remove(&place);
        } else {
            self.queue.failed(place, now, answer.pause);
        }
        if is_given_up {
            tracing::warn!(campaign = %self.info.name, event = message.id, cause = answer.error, "an event is given up: nobody took it for 3 days");
        }
        let delivery = Delivery {
            event: message.id.clone(),
            kind: message.kind.to_owned(),
            happened_at: entry.at().to_string(),
            sent_at: now.to_string(),
            status: answer.status,
            error: answer.error,
            is_given_up,
        };
        let done: &[FeedId] = if self.queue.holds(entry) { &[] } else { &[entry] };
        self.store.outbox_done(self.info.id, done, Some(&delivery)).await
    }
}
