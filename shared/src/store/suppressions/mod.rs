//! Numbers not to be called: lists of the workspace, which bind every campaign, and of single campaigns.
//!
//! A list has two parts: numbers that were put on it one by one, each with its reason and perhaps an end, and the last
//! import of a file. An import replaces the one before and leaves the others alone. Whatever is on a list is refused by
//! `begin` from that moment on.

mod container;
mod import;

use std::time::Duration;

use super::{Store, StoreError, arguments::Arguments, claims::campaign_id, limits};
use crate::domain::{
    CampaignId, PhoneNumber, Timestamp,
    suppression::{ListName, Suppression, reason_of},
};
pub use import::{Import, Imported};

/// Whose list: one campaign's, or (none) the workspace's.
pub type Scope = Option<CampaignId>;

/// Numbers asked for in one go.
const NUMBERS_PER_SCRIPT: usize = 256;

/// How numbers are put on a list.
#[derive(Debug, Clone, Default)]
pub struct Suppress {
    /// Whose list.
    pub scope: Scope,
    /// Which list.
    pub list: ListName,
    /// Until when; none: for good.
    pub until: Option<Timestamp>,
    /// Why, one line of at most 200 characters; the rest is cut off.
    pub reason: String,
}

/// One list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListView {
    /// Whose.
    pub scope: Scope,
    /// Its name.
    pub list: ListName,
    /// Numbers that were put on it one by one.
    pub added: u64,
    /// Numbers of its import.
    pub imported: u64,
    /// When it was imported; none: it has no import.
    pub imported_at: Option<Timestamp>,
    /// Until when the import counts; none: for good.
    pub until: Option<Timestamp>,
    /// Why, as the import said.
    pub reason: String,
}

/// A list as it is stored.
struct Stored {
    generation: u64,
    imported_at: Timestamp,
    until: Option<Timestamp>,
    added: u64,
    reason: String,
}

impl Store {
    /// Puts numbers on a list. No attempt at them is begun from now on. Answers how many were not on it.
    ///
    /// A call that was begun before may still start, until [`Store::last_send`].
    ///
    /// # Errors
    /// When Redis does not answer, or the scope would have more than 32 lists: some numbers may be on the list.
    pub async fn suppress(&self, how: &Suppress, numbers: &[PhoneNumber]) -> Result<u64, StoreError> {
        let mut new = 0;
        for some in numbers.chunks(NUMBERS_PER_SCRIPT) {
            let mut arguments = Arguments::default()
                .text(stored_scope(how.scope))
                .text(&how.list)
                .text(how.until.map_or(0, Timestamp::as_millis))
                .text(reason_of(&how.reason));
            some.iter().for_each(|number| arguments.push(number.digits()));
            match self.connection.run::<i64>("suppress", arguments.as_slice()).await? {
                -1 => return Err(too_many_lists()),
                count => new += count.unsigned_abs(),
            }
        }
        Ok(new)
    }

    /// No call that was begun before now starts after this instant: permits are given at most 200 ms ahead.
    pub fn last_send(&self) -> Timestamp {
        self.clock().now() + Duration::from_micros(limits::HORIZON_US + limits::SEND_LAG_US)
    }

    /// Takes numbers off one list of a scope, or off all of them, imported ones too. Answers for each whether it was on one.
    ///
    /// # Errors
    /// When Redis does not answer: some may be off.
    pub async fn unsuppress(
        &self,
        scope: Scope,
        list: Option<&ListName>,
        numbers: &[PhoneNumber],
    ) -> Result<Vec<bool>, StoreError> {
        let mut gone = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(NUMBERS_PER_SCRIPT) {
            let name = list.map_or("", ListName::as_str);
            let mut arguments = Arguments::default().text(stored_scope(scope)).text(name);
            some.iter().for_each(|number| arguments.push(number.digits()));
            let counts: Vec<u64> = self.connection.run("unsuppress", arguments.as_slice()).await?;
            gone.extend(counts.into_iter().map(|count| count > 0));
        }
        let sought: Vec<u64> = numbers.iter().map(value).collect();
        for name in self.stored_lists(scope).await?.into_iter().map(|(name, _)| name) {
            if list.is_none_or(|list| *list == name) {
                let found = self.remove_imported(scope, &name, &sought).await?;
                gone.iter_mut().zip(found).for_each(|(gone, found)| *gone |= found);
            }
        }
        Ok(gone)
    }

    /// The lists on which numbers are, for each: those that bind the whole workspace, and those of `scope`.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn suppressions(
        &self,
        scope: Scope,
        numbers: &[PhoneNumber],
    ) -> Result<Vec<Vec<Suppression>>, StoreError> {
        type Line = (String, String, String, String, String);
        let mut found = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(NUMBERS_PER_SCRIPT) {
            let mut arguments = Arguments::default().text(stored_scope(scope));
            some.iter().for_each(|number| arguments.push(number.digits()));
            let lines: Vec<Vec<Line>> = self.connection.run("suppressed", arguments.as_slice()).await?;
            for of_number in lines {
                found.push(of_number.into_iter().map(suppression).collect::<Result<_, _>>()?);
            }
        }
        Ok(found)
    }

    /// All lists of the workspace and of its campaigns.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn suppression_lists(&self) -> Result<Vec<ListView>, StoreError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.connection.keys().names());
        let ids: Vec<String> = self.connection.query(&command).await?;
        let ids = ids.iter().map(|id| campaign_id(id)).collect::<Result<Vec<_>, _>>()?;
        let mut views = Vec::new();
        for scope in std::iter::once(None).chain(ids.into_iter().map(Some)) {
            for (list, stored) in self.stored_lists(scope).await? {
                let imported = self.imported_numbers(stored.generation).await?;
                let has_import = stored.generation > 0;
                views.push(ListView {
                    scope,
                    list,
                    added: stored.added,
                    imported,
                    imported_at: has_import.then_some(stored.imported_at),
                    until: stored.until,
                    reason: stored.reason,
                });
            }
        }
        Ok(views)
    }

    /// A scope's lists, by name.
    async fn stored_lists(&self, scope: Scope) -> Result<Vec<(ListName, Stored)>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.connection.keys().suppressions(stored_scope(scope)));
        let stored: Vec<(String, String)> = self.connection.query(&command).await?;
        let corrupt = || StoreError::Corrupt("a do-not-call list".to_owned());
        let list = |(name, text): (String, String)| Some((name.parse().ok()?, stored_list(&text)?));
        let lists: Option<Vec<(ListName, Stored)>> = stored.into_iter().map(list).collect();
        let mut lists = lists.ok_or_else(corrupt)?;
        lists.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(lists)
    }

    async fn imported_numbers(&self, generation: u64) -> Result<u64, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().generation(generation)).arg("numbers");
        Ok(self.connection.query::<Option<u64>>(&command).await?.unwrap_or(0))
    }
}

fn stored_scope(scope: Scope) -> String {
    scope.map_or(String::new(), |campaign| campaign.to_string())
}

fn too_many_lists() -> StoreError {
    let most = limits::SUPPRESSION_LISTS_MAX;
    StoreError::Conflict(format!("there are {most} do-not-call lists already: name one of them, or empty one first"))
}

/// A number as what it is: at most 15 digits, the first of them no 0.
fn value(number: &PhoneNumber) -> u64 {
    number.digits().bytes().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

/// `generation imported_ms until_ms added reason`
fn stored_list(text: &str) -> Option<Stored> {
    let mut parts = text.splitn(5, ' ');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (generation, imported_ms, until_ms, added) = (number()?, number()?, number()?, number()?);
    Some(Stored {
        generation,
        imported_at: Timestamp::from_millis(imported_ms as i64),
        until: (until_ms > 0).then(|| Timestamp::from_millis(until_ms as i64)),
        added,
        reason: parts.next().unwrap_or_default().to_owned(),
    })
}

fn suppression(line: (String, String, String, String, String)) -> Result<Suppression, StoreError> {
    let corrupt = || StoreError::Corrupt("an entry of a do-not-call list".to_owned());
    let (scope, list, since_ms, until_ms, reason) = line;
    let instant = |text: String| text.parse().map(Timestamp::from_millis).map_err(|_| corrupt());
    Ok(Suppression {
        list: list.parse().map_err(|_| corrupt())?,
        of_campaign: !scope.is_empty(),
        since: instant(since_ms)?,
        until: Some(instant(until_ms)?).filter(|until| until.as_millis() > 0),
        reason,
    })
}
