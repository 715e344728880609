//! Whom a campaign has still to call, hour by hour, at a bounded price: for whoever looks every few seconds. Exact counts,
//! at the price of a read for each time at which somebody waits, are [`Store::backlogs`].

use std::time::Duration;

use super::{
    CampaignInfo, LaneBacklog, Store, StoreError,
    backlog::{push_hints, thin_out},
    hints::Hint,
};
use crate::domain::Timestamp;

/// Hours told apart.
const HOURS: usize = 24;
const HOUR_MS: i64 = 3_600_000;
/// Due times whose contacts are counted, over all lanes and hours.
const COUNTED_MAX: usize = 16_384;
/// Entries of a lane's queue that are read, of a longer one in so many places.
const ENTRIES_MAX: usize = 4_096;
const PLACES: usize = 16;
/// Of how many contacts in queues, and of how many that wait, the records are looked at, about.
const LOOKED_AT: usize = 4_096;
/// Its multiples' fractions are spread evenly, however many they are.
const GOLDEN: f64 = 0.618_033_988_749_895;
/// Commands of one pipeline.
const COMMANDS: usize = 1_024;

/// What lies ahead of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ahead {
    /// By lane, empty ones left out. Where hours are told apart, `later` has an entry an hour, whose time is the hour's begin,
    /// the last one standing for all later ones too.
    pub lanes: Vec<LaneBacklog>,
    /// Whether some counts are estimated from a part.
    pub estimated: bool,
}

/// One lane's keys that are not empty.
pub(super) struct Filled {
    pub(super) lane: u16,
    queue: usize,
    buckets: usize,
}

impl Store {
    /// Whom a campaign has still to call: now, and in each of the hours to come. Each contact counts once, if it still waits.
    ///
    /// # Errors
    /// When Redis does not answer, or a lane's entry or a record is damaged.
    pub async fn ahead(&self, info: &CampaignInfo) -> Result<Ahead, StoreError> {
        if self.unfinished(info.id).await?.is_some() {
            return Ok(Ahead::default());
        }
        let now = self.clock().now();
        let windows = windows(now);
        let filled = self.filled_lanes(info).await?;
        let mut lanes = Vec::new();
        for lane in &filled {
            let times = self.due_times(info, lane, &windows).await?;
            lanes.push((lane, times));
        }
        let all: usize = lanes.iter().flat_map(|(_, times)| times).sum();
        let mut estimated = all > COUNTED_MAX;
        let mut hints = Vec::new();
        for (lane, times) in &lanes {
            hints.extend(self.queued(info, lane, LOOKED_AT / filled.len(), &mut estimated).await?);
            hints.extend(self.waiting(info, lane.lane, &windows, times, all).await?);
        }
        let waiting = self.weigh(info, &hints).await?;
        let hour = |at: Timestamp| {
            let began = windows[1..].iter().rev().find(|(begin, ..)| *begin <= at);
            began.map_or(windows[1].0, |(begin, ..)| *begin)
        };
        Ok(Ahead { lanes: waiting.by_lane(now, hour), estimated: estimated || waiting.estimated })
    }

    /// The lanes in which anything stands.
    pub(super) async fn filled_lanes(&self, info: &CampaignInfo) -> Result<Vec<Filled>, StoreError> {
        let keys = self.connection.keys();
        let lanes: Vec<u16> = info.lanes().collect();
        let mut filled = Vec::new();
        for some in lanes.chunks(COMMANDS / 2) {
            let mut pipeline = redis::pipe();
            for lane in some {
                pipeline.cmd("LLEN").arg(keys.queue(info.id, lane));
                pipeline.cmd("ZCARD").arg(keys.buckets(info.id, lane));
            }
            let sizes: Vec<usize> = self.connection.query_all(&pipeline).await?;
            let sized = some.iter().zip(sizes.chunks(2));
            let sized = sized.map(|(lane, size)| Filled { lane: *lane, queue: size[0], buckets: size[1] });
            filled.extend(sized.filter(|lane| lane.queue + lane.buckets > 0));
        }
        Ok(filled)
    }

    /// Contacts of a lane's queue, about `most` of which stand for the others.
    async fn queued(
        &self,
        info: &CampaignInfo,
        lane: &Filled,
        most: usize,
        estimated: &mut bool,
    ) -> Result<Vec<Hint>, StoreError> {
        let mut hints = Vec::new();
        if lane.queue == 0 {
            return Ok(hints);
        }
        // Those at one end may be all alike.
        let places = if lane.queue > ENTRIES_MAX { PLACES } else { 1 };
        let mut pipeline = redis::pipe();
        for place in 0..places {
            let from = lane.queue / places * place;
            let to = from + ENTRIES_MAX / places - 1;
            pipeline.cmd("LRANGE").arg(self.connection.keys().queue(info.id, lane.lane)).arg(from).arg(to);
        }
        let entries = self.connection.query_all::<Vec<Vec<String>>>(&pipeline).await?.concat();
        push_hints(&mut hints, lane.lane, Timestamp::default(), &entries)?;
        *estimated |= lane.queue > entries.len().max(ENTRIES_MAX);
        let all = scaled(hints.len() as u64, entries.len(), lane.queue);
        thin_out(&mut hints, most);
        stand_for(&mut hints, all);
        Ok(hints)
    }

    /// How many due times a lane has in each window.
    async fn due_times(
        &self,
        info: &CampaignInfo,
        lane: &Filled,
        windows: &[(Timestamp, String, String)],
    ) -> Result<Vec<usize>, StoreError> {
        if lane.buckets == 0 {
            return Ok(vec![0; windows.len()]);
        }
        let buckets = self.connection.keys().buckets(info.id, lane.lane);
        let mut pipeline = redis::pipe();
        for (_, from, to) in windows {
            pipeline.cmd("ZCOUNT").arg(&buckets).arg(from).arg(to);
        }
        self.connection.query_all(&pipeline).await
    }

    /// Contacts of a lane that wait, some of each window. Where there are `all` due times in all lanes and that is too many, each
    /// window's first ones stand for the others.
    async fn waiting(
        &self,
        info: &CampaignInfo,
        lane: u16,
        windows: &[(Timestamp, String, String)],
        times: &[usize],
        all: usize,
    ) -> Result<Vec<Hint>, StoreError> {
        let buckets = self.connection.keys().buckets(info.id, lane);
        let of_each = (LOOKED_AT / all.clamp(1, COUNTED_MAX)).max(1);
        let mut waiting = Vec::new();
        for (place, (_, from, to)) in windows.iter().enumerate().filter(|(place, _)| times[*place] > 0) {
            let counted = (times[place] * COUNTED_MAX.min(all)).div_ceil(all);
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(&buckets).arg(from).arg(to).arg("LIMIT").arg(0).arg(counted);
            let dues: Vec<i64> = self.connection.query(&command).await?;
            let looked_at = (times[place] * LOOKED_AT.min(all)).div_ceil(all);
            let (contacts, mut hints) = self.some_of(info, lane, &dues, looked_at, of_each).await?;
            stand_for(&mut hints, scaled(contacts, dues.len(), times[place]));
            waiting.append(&mut hints);
        }
        Ok(waiting)
    }

    /// How many contacts are filed for these times, and `of_each` of them of about so many of these times.
    async fn some_of(
        &self,
        info: &CampaignInfo,
        lane: u16,
        dues: &[i64],
        looked_at: usize,
        of_each: usize,
    ) -> Result<(u64, Vec<Hint>), StoreError> {
        let keys = self.connection.keys();
        let every = dues.len().div_ceil(looked_at.max(1)).max(1);
        let (mut contacts, mut hints) = (0, Vec::new());
        for some in dues.chunks(COMMANDS) {
            let mut pipeline = redis::pipe();
            for due in some {
                pipeline.cmd("LLEN").arg(keys.bucket(info.id, lane, due));
            }
            let sizes: Vec<usize> = self.connection.query_all(&pipeline).await?;
            contacts += sizes.iter().sum::<usize>() as u64;
            let read: Vec<(i64, usize)> = some.iter().copied().zip(sizes).step_by(every).collect();
            let mut pipeline = redis::pipe();
            for (place, (due, size)) in read.iter().enumerate() {
                // Now from the begin, now from the end: those of one end may be all alike.
                let from = (size.saturating_sub(of_each) as f64 * (place as f64 * GOLDEN).fract()).round() as usize;
                pipeline.cmd("LRANGE").arg(keys.bucket(info.id, lane, due)).arg(from).arg(from + of_each - 1);
            }
            let entries: Vec<Vec<String>> = self.connection.query_all(&pipeline).await?;
            for ((due, _), entries) in read.into_iter().zip(&entries) {
                push_hints(&mut hints, lane, Timestamp::from_millis(due), entries)?;
            }
        }
        Ok((contacts, hints))
    }
}

/// Has some hints stand for so many contacts, all of them together.
fn stand_for(hints: &mut [Hint], contacts: u64) {
    let each = (contacts as f64 / hints.len().max(1) as f64).max(1.0);
    hints.iter_mut().for_each(|hint| hint.stands_for = each);
}

/// Begin, and bounds as Redis reads them: all that is due, the rest of this hour, and the hours after it; the last one has no end.
fn windows(now: Timestamp) -> Vec<(Timestamp, String, String)> {
    let ms = now.as_millis();
    let next_hour = ms.div_euclid(HOUR_MS) * HOUR_MS + HOUR_MS;
    let mut begins = vec![now + Duration::from_millis(1), Timestamp::from_millis(next_hour)];
    begins.extend((1..HOURS as i64).map(|hour| Timestamp::from_millis(next_hour + hour * HOUR_MS)));
    let mut windows = vec![(now, "-inf".to_owned(), ms.to_string())];
    for (place, begin) in begins.iter().enumerate() {
        let end = begins.get(place + 1).map_or("+inf".to_owned(), |end| format!("({}", end.as_millis()));
        windows.push((*begin, begin.as_millis().to_string(), end));
    }
    windows
}

fn scaled(counted: u64, of: usize, all: usize) -> u64 {
    if of == 0 || of >= all { counted } else { (counted as f64 * all as f64 / of as f64).round() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_the_clock_and_leave_no_gap() {
        let now = Timestamp::from_millis(1_780_315_800_000);
        let windows = windows(now);
        assert_eq!(windows.len(), 2 + HOURS);
        assert_eq!(windows[0].2, "1780315800000");
        assert_eq!(windows[1].1, "1780315800001");
        assert_eq!((&*windows[1].2, &*windows[2].1), ("(1780318800000", "1780318800000"));
        assert_eq!(windows[HOURS + 1].2, "+inf");
    }

    #[test]
    fn a_part_stands_for_the_whole() {
        assert_eq!([scaled(10, 5, 5), scaled(10, 5, 50), scaled(0, 0, 0)], [10, 100, 0]);
    }
}
