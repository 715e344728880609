//! Do-not-call lists and caps.

use std::{collections::BTreeSet, time::Duration};

use rand::Rng;
use redial_shared::{
    domain::{PhoneNumber, campaign, caps::Caps},
    store::Suppress,
};

use crate::{
    people::{Entry, Scope},
    world::{Step, World, failed, same},
};

/// Few, so that a number is on several.
const LISTS: [&str; 2] = ["opted-out", "registry"];
/// Caps that bind all campaigns.
const CAPS: [&str; 4] = [
    "",
    "",
    "[caps]\nper_number = [\"2 per 10m\", \"4 per 1d\"]\n",
    "[caps]\nper_number = [\"3 per 1m\"]\nper_contact = [\"1 per 20s\"]\nafter_answer = \"2h\"\n",
];

impl World {
    pub async fn people(&mut self) -> Step {
        match self.random.random_range(0..10) {
            0..4 => self.suppress().await,
            4..6 => self.unsuppress().await,
            6..8 => self.import().await,
            8 => self.prune_people().await,
            _ => self.set_caps().await,
        }
    }

    fn some_numbers(&mut self, most: usize) -> Vec<PhoneNumber> {
        let count = self.random.random_range(1..=most);
        (0..count).map(|_| self.some_number()).collect()
    }

    /// Mostly of the workspace.
    fn some_scope(&mut self) -> Scope {
        let own = self.chance(30);
        self.any_campaign().filter(|_| own)
    }

    async fn suppress(&mut self) -> Step {
        let (scope, list, numbers) = (self.some_scope(), self.pick(&LISTS), self.some_numbers(3));
        let lasts = self.chance(40).then(|| Duration::from_secs(self.random.random_range(1..600)));
        let until = lasts.map(|lasts| self.model.now() + lasts);
        self.note(format!("suppress {} numbers on {list} of {scope:?} until {until:?}", numbers.len()));
        let how = Suppress { scope, list: list.parse().expect("a name"), until, reason: "asked".to_owned() };
        let new = self.store.suppress(&how, &numbers).await.map_err(failed)?;
        let expected = numbers.iter().filter(|number| self.model.suppress(scope, list, number.digits(), until)).count();
        same("newly suppressed", new, expected as u64)
    }

    async fn unsuppress(&mut self) -> Step {
        let (scope, mut numbers) = (self.some_scope(), self.some_numbers(3));
        numbers.sort();
        numbers.dedup();
        self.note(format!("unsuppress {} numbers of {scope:?}", numbers.len()));
        let gone = self.store.unsuppress(scope, None, &numbers).await.map_err(failed)?;
        let expected: Vec<_> = numbers.iter().map(|number| self.model.unsuppress(scope, number.digits())).collect();
        same("unsuppressed", gone, expected)
    }

    /// Replaces a list's import, or adds to it; sometimes it is given up.
    async fn import(&mut self) -> Step {
        let (scope, list, numbers, append) =
            (self.some_scope(), self.pick(&LISTS), self.some_numbers(8), self.chance(30));
        let lasts = self.chance(30).then(|| Duration::from_secs(self.random.random_range(1..600)));
        let until = lasts.map(|lasts| self.model.now() + lasts);
        self.note(format!("import {} numbers to {list} of {scope:?}, append {append}", numbers.len()));
        let name = list.parse().expect("a name");
        let mut import = self.store.import(scope, name, append, until, "").await.map_err(failed)?;
        import.push(numbers.clone()).await.map_err(failed)?;
        if !append && self.chance(20) {
            return Ok(());
        }
        let imported = import.finish().await.map_err(failed)?;
        let given: BTreeSet<String> = numbers.iter().map(|number| number.digits().to_owned()).collect();
        let now = self.model.now();
        let present = self.model.people.imports.entry((scope, list.to_owned())).or_default();
        let before = if append { present.1.clone() } else { BTreeSet::new() };
        let is_new = !append || present.0.since.as_millis() == 0;
        if is_new {
            present.0 = Entry { since: now, until };
        }
        present.1 = &before | &given;
        same("imported", imported.numbers, present.1.len() as u64)?;
        same("new numbers", imported.new, given.difference(&before).count() as u64)
    }

    async fn prune_people(&mut self) -> Step {
        self.note("lists are pruned");
        while self.store.prune_suppressions(2).await.map_err(failed)? > 0 {}
        self.model.prune_people();
        let (next, _) = self.store.prune_history(0, 16).await.map_err(failed)?;
        same("where pruning goes on", next, 16)
    }

    async fn set_caps(&mut self) -> Step {
        let tables = self.pick(&CAPS);
        self.note(format!("all campaigns: {}", tables.replace('\n', "; ")));
        let definition = campaign::parse(&format!("name = \"x\"\nprovider = \"x\"\n{tables}"), "case");
        let caps: Caps = definition.map_err(|error| error.to_string())?.caps;
        self.store.set_caps(&caps).await.map_err(failed)?;
        self.model.people.caps = caps;
        Ok(())
    }
}
