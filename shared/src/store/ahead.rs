//! Whom a campaign has still to call, hour by hour, at a bounded price: for whoever looks every few seconds. Exact counts,
//! at the price of a read for each time at which somebody waits, are [`Store::backlogs`].

use std::time::Duration;

use super::{CampaignInfo, LaneBacklog, Store, StoreError, hold::positions_of};
use crate::domain::Timestamp;

/// Hours told apart.
const HOURS: usize = 24;
const HOUR_MS: i64 = 3_600_000;
/// Due times whose contacts are counted, over all lanes and hours.
const COUNTED_MAX: usize = 16_384;
/// Entries of a lane's queue that are read.
const ENTRIES_MAX: usize = 4_096;
/// Commands of one pipeline.
const COMMANDS: usize = 1_024;

/// What lies ahead of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ahead {
    /// By lane; `later` has an entry an hour, whose time is the hour's begin, the last one standing for all later ones too.
    pub lanes: Vec<LaneBacklog>,
    /// Whether some counts are estimated from a part.
    pub estimated: bool,
}

/// One lane's keys that are not empty.
struct Filled {
    lane: u16,
    queue: usize,
    buckets: usize,
}

impl Store {
    /// Whom a campaign has still to call: now, and in each of the hours to come.
    ///
    /// # Errors
    /// When Redis does not answer, or a lane's entry is damaged.
    pub async fn ahead(&self, info: &CampaignInfo) -> Result<Ahead, StoreError> {
        let now = self.clock().now();
        let windows = windows(now);
        let mut lanes = Vec::new();
        for filled in self.filled_lanes(info).await? {
            let times = self.due_times(info, &filled, &windows).await?;
            lanes.push((filled, times));
        }
        let all: usize = lanes.iter().flat_map(|(_, times)| times).sum();
        let mut ahead = Ahead { estimated: all > COUNTED_MAX, ..Ahead::default() };
        for (filled, times) in &lanes {
            let mut backlog = LaneBacklog { lane: filled.lane, ..LaneBacklog::default() };
            backlog.due = self.queued(info, filled, &mut ahead.estimated).await?;
            let waiting = self.waiting(info, filled.lane, &windows, times, all).await?;
            for (window, count) in windows.iter().zip(waiting).filter(|(_, count)| *count > 0) {
                if window.0 <= now { backlog.due += count } else { backlog.later.push((window.0, count)) }
            }
            ahead.lanes.push(backlog);
        }
        Ok(ahead)
    }

    async fn filled_lanes(&self, info: &CampaignInfo) -> Result<Vec<Filled>, StoreError> {
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

    /// Contacts of a lane's queue; of a long one the first entries stand for the others.
    async fn queued(&self, info: &CampaignInfo, lane: &Filled, estimated: &mut bool) -> Result<u64, StoreError> {
        if lane.queue == 0 {
            return Ok(0);
        }
        let mut command = redis::cmd("LRANGE");
        command.arg(self.connection.keys().queue(info.id, lane.lane)).arg(0).arg(ENTRIES_MAX - 1);
        let entries: Vec<String> = self.connection.query(&command).await?;
        let mut counted = 0;
        for entry in &entries {
            counted += positions_of(entry)?.len() as u64;
        }
        *estimated |= lane.queue > entries.len().max(ENTRIES_MAX);
        Ok(scaled(counted, entries.len(), lane.queue))
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

    /// Contacts of a lane by window. Where there are `all` due times in all lanes and that is too many, each window's first
    /// ones stand for the others.
    async fn waiting(
        &self,
        info: &CampaignInfo,
        lane: u16,
        windows: &[(Timestamp, String, String)],
        times: &[usize],
        all: usize,
    ) -> Result<Vec<u64>, StoreError> {
        let keys = self.connection.keys();
        let buckets = keys.buckets(info.id, lane);
        let mut counts = vec![0; windows.len()];
        for (place, (_, from, to)) in windows.iter().enumerate().filter(|(place, _)| times[*place] > 0) {
            let counted = (times[place] * COUNTED_MAX.min(all)).div_ceil(all);
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(&buckets).arg(from).arg(to).arg("LIMIT").arg(0).arg(counted);
            let dues: Vec<String> = self.connection.query(&command).await?;
            let mut contacts = 0;
            for some in dues.chunks(COMMANDS) {
                let mut pipeline = redis::pipe();
                for due in some {
                    pipeline.cmd("LLEN").arg(keys.bucket(info.id, lane, due));
                }
                contacts += self.connection.query_all::<Vec<u64>>(&pipeline).await?.iter().sum::<u64>();
            }
            counts[place] = scaled(contacts, dues.len(), times[place]);
        }
        Ok(counts)
    }
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
