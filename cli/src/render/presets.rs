//! Legal calling hours.

use redial_shared::domain::{
    calling_hours::{DAY_NAMES, DaySpan, Week},
    caps::Cap,
    preset::{Preset, Read, Rule},
};

use super::table::{Align, table};

/// What is said once, below all that is shown.
const NO_ADVICE: &str = "Not legal advice: check what binds you before you call.";

/// All presets, a line each.
pub fn all(presets: &[Preset]) -> String {
    let columns = [("NAME", Align::Left), ("TITLE", Align::Left), ("VERSION", Align::Left), ("DEMANDS", Align::Left)];
    let row = |preset: &Preset| {
        vec![preset.name.clone(), preset.title.clone(), preset.version.to_string(), preset.summary.clone()]
    };
    let rows: Vec<_> = presets.iter().map(row).collect();
    format!("{}\n{NO_ADVICE} Every rule with its source: redial presets show NAME\n", table(&columns, &rows))
}

/// Every rule of a preset.
pub fn one(preset: &Preset) -> String {
    let Preset { name, title, version, summary, rules } = preset;
    let rules: String = rules.iter().map(rule).collect();
    format!("{name}: {title}, version {version}\n{summary}\n\n{rules}{NO_ADVICE}\n")
}

fn rule(rule: &Rule) -> String {
    let mut lines = vec![format!("{}{}", rule.name, bounds(rule))];
    let mut say = |what: &str, text: String| lines.push(format!("  {what:<9}{text}"));
    if rule.regions.len() > 1 {
        say("regions", rule.regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    }
    if let Some(hours) = &rule.hours {
        say("hours", week(hours));
    }
    if let Some(holidays) = &rule.holidays {
        say("holidays", format!("no calls on the public holidays of {}", holidays.region()));
    }
    for cap in caps(rule) {
        say("cap", cap);
    }
    if let Some(demands) = &rule.demands {
        say("demands", demands.clone());
    }
    let source = &rule.source;
    say("source", format!("{}: {}", source.name, source.citation));
    say("", source.url.clone());
    say("checked", format!("{}, {}", source.checked, read(source.read)));
    lines.join("\n") + "\n\n"
}

/// `, from 2026-08-11`
fn bounds(rule: &Rule) -> String {
    let from = rule.from.map(|from| format!(", from {from}"));
    let until = rule.until.map(|until| format!(", until {until}"));
    from.unwrap_or_default() + &until.unwrap_or_default()
}

fn caps(rule: &Rule) -> Vec<String> {
    let each = |caps: &[Cap], whose: &str| caps.iter().map(|cap| format!("{cap} a {whose}")).collect::<Vec<_>>();
    let mut said = each(&rule.caps.per_number, "number");
    said.extend(each(&rule.caps.per_contact, "contact"));
    said.extend(rule.caps.after_answer.iter().map(|span| format!("none for {span} after an answered call")));
    said
}

/// Days with the same hours together: `mon-fri 09:00-21:30, sat-sun 10:00-18:00`.
fn week(hours: &Week) -> String {
    let days: Vec<&[DaySpan]> = hours.days().collect();
    let mut parts = Vec::new();
    let mut first = 0;
    for day in 1..=days.len() {
        if day < days.len() && days[day] == days[first] {
            continue;
        }
        if !days[first].is_empty() {
            let spans = days[first].iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            parts.push(format!("{} {spans}", names(first, day - 1)));
        }
        first = day;
    }
    parts.join(", ")
}

fn names(first: usize, last: usize) -> String {
    match (first, last) {
        (0, 6) => "daily".to_owned(),
        _ if first == last => DAY_NAMES[first].to_owned(),
        _ => format!("{}-{}", DAY_NAMES[first], DAY_NAMES[last]),
    }
}

fn read(read: Read) -> &'static str {
    match read {
        Read::Text => "against its own words",
        Read::Summary => "against a summary",
        Read::Unread => "could not be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_line_and_advice_is_declined_once() {
        let text = all(redial_shared::domain::preset::all());
        assert!(text.starts_with("NAME     TITLE "), "{text}");
        assert!(text.contains("\nfr       France, prospecting of consumers "), "{text}");
        assert!(text.contains("  2026-11-21  Mon-Fri 10:00-13:00 and 14:00-20:00, no public holidays;"), "{text}");
        assert_eq!(text.matches("Not legal advice").count(), 1);
    }

    #[test]
    fn a_rule_tells_hours_caps_demands_and_its_source() {
        let text = one(Preset::named("fr").unwrap());
        for expected in [
            "fr: France, prospecting of consumers, version 2026-11-21\n",
            "\nFR, from 2023-03-01\n  regions  FR RE GP MQ GF YT BL MF\n  hours    mon-fri 10:00-13:00 14:00-20:00\n",
            "\n  cap      4 per 30d a number\n",
            "\nFR opposition, until 2026-08-11\n",
            "\n  source   Loi n° 2025-594 du 30 juin 2025, art. 13: Code de la consommation, art. L. 223-1\n",
            "\n  checked  2026-11-21, against its own words\n",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let canada = one(Preset::named("ca").unwrap());
        assert!(canada.contains("hours    mon-fri 09:00-21:30, sat-sun 10:00-18:00\n"), "{canada}");
    }
}
