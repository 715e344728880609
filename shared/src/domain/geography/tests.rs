use proptest::prelude::*;

use super::*;
use crate::domain::PhoneNumber;

fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

fn place_of(e164: &str) -> String {
    NumberPlace::of(&number(e164)).place().to_string()
}

#[test]
fn numbers_are_where_their_prefix_says() {
    for (e164, place) in [
        ("+12025550123", "America/New_York|US,US-DC"),
        ("+12125550123", "America/New_York|US,US-NY"),
        ("+13125550123", "America/Chicago|US,US-IL"),
        ("+12085550123", "America/Boise,America/Los_Angeles|US,US-ID"),
        ("+18085550123", "Pacific/Honolulu|US,US-HI"),
        ("+16715550123", "Pacific/Guam|US,US-GU"),
        ("+16845550123", "Pacific/Pago_Pago|US,US-AS"),
        ("+17875550123", "America/Puerto_Rico|US,US-PR"),
        ("+14165550123", "America/Toronto|CA,CA-ON"),
        ("+15145550123", "America/Toronto|CA,CA-QC"),
        ("+19025550123", "America/Halifax|CA,CA-NS,CA-PE"),
        ("+18765550123", "America/Jamaica|JM"),
        ("+442079460018", "Europe/London|GB"),
        ("+33199001234", "Europe/Paris|FR"),
        ("+33639981234", "Europe/Paris|FR"),
        ("+74012000000", "Europe/Kaliningrad|RU"),
        ("+61255501234", "Australia/Sydney|AU"),
        ("+61855501234", "Australia/Adelaide,Australia/Perth|AU"),
        ("+551155501234", "America/Sao_Paulo|BR"),
    ] {
        assert_eq!(place_of(e164), place, "{e164}");
    }
}

#[test]
fn a_number_that_belongs_to_no_place_can_be_anywhere_in_its_country() {
    for (e164, country, some, never) in [
        ("+18005550123", "US", "Pacific/Honolulu", "Pacific/Guam"),
        ("+61491570156", "AU", "Australia/Perth", "Pacific/Auckland"),
        ("+79005550123", "RU", "Asia/Vladivostok", "Asia/Almaty"),
    ] {
        let place = NumberPlace::of(&number(e164)).place();
        let zones: Vec<_> = place.zones.iter().map(|zone| zone.name()).collect();
        assert!(zones.len() > 3 && zones.contains(&some) && !zones.contains(&never), "{e164}: {zones:?}");
        assert_eq!(place.regions.iter().map(|region| region.as_str()).collect::<Vec<_>>(), [country], "{e164}");
    }
}

#[test]
fn of_a_number_of_no_country_nothing_is_known() {
    assert_eq!(place_of("+881612345678"), "");
    assert_eq!(NumberPlace::of(&number("+2100000000")), NumberPlace::NOWHERE);
}

#[test]
fn every_zone_and_region_of_the_table_is_known() {
    let all = table::TABLE.all();
    assert!((300..4_096).contains(&all.len()), "{} places", all.len());
    assert!(all[1..].iter().all(|place| !place.regions.is_empty()));
}

#[test]
fn the_column_wins_over_the_numbers_for_zones_and_both_give_regions() {
    let numbers = [number("+12025550123"), number("+13125550123"), number("+12025550124")];
    let florida = State::named("FL");
    let shown = |zone, state, numbers: &[PhoneNumber]| Clues::new(zone, state, numbers).whereabouts().to_string();
    let paris = Some(chrono_tz::Europe::Paris);
    assert_eq!(shown(None, None, &numbers), "#America/Chicago,America/New_York|US,US-DC,US-IL");
    assert_eq!(shown(None, None, &numbers[..1]), "#America/New_York|US,US-DC");
    assert_eq!(shown(None, florida, &numbers[..1]), "#America/New_York|US,US-DC,US-FL");
    assert_eq!(shown(paris, florida, &numbers[..1]), "Europe/Paris|US,US-DC,US-FL");
    assert_eq!(
        shown(paris, florida, &[number("+442079460018")]),
        "Europe/Paris|GB",
        "a state of the US says nothing there"
    );
    assert_eq!(shown(None, None, &[number("+881612345678")]), "");
    assert_eq!(shown(paris, None, &[number("+881612345678")]), "Europe/Paris");
}

#[test]
fn the_same_places_in_another_order_are_the_same_clues() {
    let numbers = ["+12025550123", "+442079460018", "+33199001234", "+12025550124"].map(number);
    let turned: Vec<_> = numbers.iter().rev().cloned().collect();
    assert_eq!(Clues::new(None, None, &numbers), Clues::new(None, None, &turned));
    assert_eq!(Clues::new(None, None, &numbers), Clues::new(None, None, &turned[1..]));
}

#[test]
fn whereabouts_read_back_as_they_are_shown() {
    for (text, from) in [
        ("#America/New_York|US,US-DC", ZoneSource::Numbers),
        ("Europe/Paris|US", ZoneSource::List),
        ("Europe/Paris", ZoneSource::List),
        ("|US", ZoneSource::Nothing),
        ("", ZoneSource::Nothing),
    ] {
        let whereabouts: Whereabouts = text.parse().unwrap();
        assert_eq!((whereabouts.to_string().as_str(), whereabouts.zones_from), (text, from));
    }
    assert_eq!("#Mars/Olympus|US".parse::<Whereabouts>().unwrap(), Whereabouts::default());
}

/// The plainest way: the longest prefix of all.
fn by_trying(listed: &[(String, usize)], digits: &str) -> usize {
    let fits = listed.iter().filter(|(prefix, _)| digits.starts_with(prefix.as_str()));
    fits.max_by_key(|(prefix, _)| prefix.len()).map_or(0, |(_, place)| place + 1)
}

proptest! {
    #[test]
    fn the_longest_prefix_decides(
        prefixes in prop::collection::btree_set("[1-3]{1,6}", 1..40), digits in prop::collection::vec("[1-3]{7,12}", 1..40),
    ) {
        let zones = ["UTC", "Europe/Paris", "Asia/Tokyo"];
        let listed: Vec<(String, usize)> = prefixes.into_iter().enumerate().map(|(n, prefix)| (prefix, n % 3)).collect();
        let line = |n: usize| {
            let of_zone: Vec<&str> = listed.iter().filter(|(_, place)| *place == n).map(|(prefix, _)| prefix.as_str()).collect();
            (!of_zone.is_empty()).then(|| format!("{}|FR {}", zones[n], of_zone.join(" ")))
        };
        let lines: Vec<String> = (0..3).filter_map(line).collect();
        let table = table::Table::read(&lines.join("\n")).unwrap();
        for digits in digits {
            let expected = by_trying(&listed, &digits).checked_sub(1).map_or("", |place| zones[place]);
            let found = table.place(table.find(&digits)).zones.first().map_or("", |zone| zone.name());
            prop_assert_eq!(found, expected, "{}", digits);
        }
    }
}
