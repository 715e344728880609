//! Numbers that are valid by libphonenumber's rules and that nobody has.

/// A time zone and some of its cities.
#[derive(Debug)]
pub(super) struct Zone {
    pub name: &'static str,
    pub cities: [&'static str; 4],
}

/// Area codes of the North American plan that lie in one time zone.
struct NorthAmerica {
    zone: Zone,
    area_codes: &'static [u16],
}

/// Ranges that a country's regulator keeps for fiction: consecutive numbers from each of `from`.
struct Reserved {
    zone: Zone,
    from: &'static [u64],
    count: u64,
}

/// Area codes by time zone, of those that lie in one zone only.
static NORTH_AMERICA: [NorthAmerica; 12] = [
    NorthAmerica {
        zone: Zone { name: "America/Edmonton", cities: ["Calgary", "Edmonton", "Red Deer", "Lethbridge"] },
        area_codes: &[368, 403, 587, 780, 825],
    },
    NorthAmerica {
        zone: Zone { name: "America/Halifax", cities: ["Halifax", "Moncton", "Fredericton", "Charlottetown"] },
        area_codes: &[428, 506, 782, 902],
    },
    NorthAmerica {
        zone: Zone { name: "America/Regina", cities: ["Regina", "Saskatoon", "Moose Jaw", "Prince Albert"] },
        area_codes: &[306, 639],
    },
    NorthAmerica {
        zone: Zone { name: "America/Toronto", cities: ["Toronto", "Ottawa", "Montréal", "Québec"] },
        area_codes: &[
            226, 249, 263, 273, 289, 343, 354, 365, 367, 382, 416, 418, 437, 438, 450, 468, 514, 519, 548, 579, 581,
            613, 647, 683, 705, 742, 753, 807, 819, 873, 905, 942,
        ],
    },
    NorthAmerica {
        zone: Zone { name: "America/Vancouver", cities: ["Vancouver", "Victoria", "Kelowna", "Nanaimo"] },
        area_codes: &[236, 250, 257, 604, 672, 778],
    },
    NorthAmerica {
        zone: Zone { name: "America/Winnipeg", cities: ["Winnipeg", "Brandon", "Steinbach", "Portage la Prairie"] },
        area_codes: &[204, 431, 474, 584],
    },
    NorthAmerica {
        zone: Zone { name: "America/Chicago", cities: ["Chicago", "Houston", "Dallas", "Minneapolis"] },
        area_codes: &[
            205, 210, 214, 217, 218, 224, 225, 228, 235, 251, 254, 256, 262, 274, 281, 308, 309, 312, 314, 316, 318,
            319, 320, 325, 327, 331, 334, 337, 346, 353, 361, 402, 405, 409, 414, 417, 423, 430, 432, 447, 464, 469,
            479, 501, 504, 507, 512, 515, 531, 534, 539, 557, 563, 572, 573, 580, 601, 608, 612, 615, 618, 620, 629,
            630, 636, 641, 651, 659, 660, 662, 682, 689, 708, 712, 713, 715, 726, 730, 731, 737, 763, 769, 773, 779,
            785, 806, 815, 816, 817, 830, 832, 847, 870, 872, 901, 903, 913, 918, 920, 931, 936, 938, 940, 945, 952,
            956, 972, 975, 979, 985,
        ],
    },
    NorthAmerica {
        zone: Zone { name: "America/Denver", cities: ["Denver", "Salt Lake City", "Albuquerque", "Boulder"] },
        area_codes: &[303, 307, 385, 406, 435, 505, 575, 719, 720, 748, 801, 915, 970, 983],
    },
    NorthAmerica {
        zone: Zone { name: "America/Los_Angeles", cities: ["Los Angeles", "Seattle", "San Diego", "Portland"] },
        area_codes: &[
            206, 209, 213, 253, 279, 310, 323, 341, 350, 360, 369, 408, 415, 424, 425, 442, 458, 503, 509, 510, 530,
            541, 559, 562, 564, 619, 626, 628, 650, 657, 661, 669, 702, 707, 714, 725, 738, 747, 760, 805, 818, 820,
            831, 840, 858, 909, 916, 925, 949, 951, 971,
        ],
    },
    NorthAmerica {
        zone: Zone { name: "America/New_York", cities: ["New York", "Boston", "Atlanta", "Miami"] },
        area_codes: &[
            201, 202, 203, 207, 212, 215, 216, 219, 220, 223, 227, 229, 231, 234, 239, 240, 248, 252, 260, 267, 269,
            270, 272, 276, 283, 301, 302, 304, 305, 313, 315, 317, 321, 324, 326, 329, 330, 332, 336, 339, 347, 351,
            352, 363, 364, 380, 386, 401, 404, 407, 410, 412, 413, 419, 434, 440, 443, 445, 448, 463, 470, 472, 475,
            478, 484, 502, 508, 513, 516, 517, 518, 540, 551, 561, 567, 570, 571, 574, 582, 585, 586, 603, 606, 607,
            609, 610, 614, 616, 617, 631, 640, 645, 646, 656, 667, 678, 680, 681, 686, 703, 704, 706, 716, 717, 718,
            724, 727, 728, 732, 734, 740, 743, 754, 757, 762, 765, 770, 771, 772, 774, 781, 786, 802, 803, 804, 810,
            812, 813, 814, 821, 826, 828, 835, 838, 839, 843, 845, 848, 850, 854, 856, 857, 859, 860, 862, 863, 864,
            865, 878, 904, 906, 908, 910, 912, 914, 917, 919, 929, 930, 934, 937, 941, 943, 947, 948, 954, 959, 973,
            978, 980, 984, 989,
        ],
    },
    NorthAmerica {
        zone: Zone { name: "America/Phoenix", cities: ["Phoenix", "Tucson", "Mesa", "Flagstaff"] },
        area_codes: &[480, 520, 602, 623, 928],
    },
    NorthAmerica {
        zone: Zone { name: "Pacific/Honolulu", cities: ["Honolulu", "Hilo", "Kailua", "Lahaina"] },
        area_codes: &[808],
    },
];

/// Ofcom's, ARCEP's and ACMA's numbers for drama.
static RESERVED: [Reserved; 5] = [
    Reserved {
        zone: Zone { name: "Europe/London", cities: ["London", "Leeds", "Glasgow", "Cardiff"] },
        from: &[
            442079460000,
            441134960000,
            441144960000,
            441164960000,
            441174960000,
            441184960000,
            441214960000,
            441314960000,
            441414960000,
            441514960000,
            441614960000,
            441914980000,
        ],
        count: 1_000,
    },
    Reserved {
        zone: Zone { name: "Europe/Paris", cities: ["Paris", "Lyon", "Marseille", "Nîmes"] },
        from: &[33199000000, 33261910000, 33353010000, 33465710000, 33536490000],
        count: 10_000,
    },
    Reserved {
        zone: Zone { name: "Australia/Sydney", cities: ["Sydney", "Newcastle", "Wollongong", "Orange"] },
        from: &[61255500000, 61270100000],
        count: 10_000,
    },
    Reserved {
        zone: Zone { name: "Australia/Melbourne", cities: ["Melbourne", "Geelong", "Ballarat", "Bendigo"] },
        from: &[61355500000, 61370100000],
        count: 10_000,
    },
    Reserved {
        zone: Zone { name: "Australia/Brisbane", cities: ["Brisbane", "Cairns", "Townsville", "Toowoomba"] },
        from: &[61755500000, 61770100000],
        count: 10_000,
    },
];

/// 555-0100 to 555-0199.
const FICTION_LINES: u64 = 100;
/// The other lines of 555 but 555-1212 (directory assistance), then 958 and 959, the exchanges kept for test lines.
const SPARE_LINES: u64 = 9_999 - FICTION_LINES + 20_000;

/// How many numbers are reserved for fiction: so many contacts have no other.
pub const FICTITIOUS_MAX: u64 = area_codes() * FICTION_LINES + reserved();
/// How many contacts there can be.
pub const CONTACTS_MAX: u64 = FICTITIOUS_MAX + area_codes() * SPARE_LINES;

/// The numbers, by index: below [`FICTITIOUS_MAX`] those for fiction, then the others.
pub(super) struct Numbers {
    fictitious: Vec<Block>,
    areas: Vec<(u64, &'static Zone)>,
}

/// Consecutive numbers of one zone.
struct Block {
    first_index: u64,
    first_number: u64,
    zone: &'static Zone,
}

impl Numbers {
    pub fn new() -> Self {
        let areas: Vec<(u64, &Zone)> = NORTH_AMERICA
            .iter()
            .flat_map(|part| part.area_codes.iter().map(|code| (u64::from(*code), &part.zone)))
            .collect();
        let drama = areas.iter().map(|(code, zone)| (line(*code, 555, 100), FICTION_LINES, *zone));
        let abroad = RESERVED.iter().flat_map(|part| part.from.iter().map(|from| (*from, part.count, &part.zone)));
        let mut first_index = 0;
        let mut fictitious = Vec::new();
        for (first_number, count, zone) in drama.chain(abroad) {
            fictitious.push(Block { first_index, first_number, zone });
            first_index += count;
        }
        Self { fictitious, areas }
    }

    /// The digits of a number with its country code, and its zone. `index` must be below [`CONTACTS_MAX`].
    pub fn get(&self, index: u64) -> (u64, &'static Zone) {
        match index.checked_sub(FICTITIOUS_MAX) {
            None => self.fictitious(index),
            Some(index) => self.spare(index),
        }
    }

    fn fictitious(&self, index: u64) -> (u64, &'static Zone) {
        let block = self.fictitious.partition_point(|block| block.first_index <= index) - 1;
        let block = &self.fictitious[block];
        (block.first_number + index - block.first_index, block.zone)
    }

    fn spare(&self, index: u64) -> (u64, &'static Zone) {
        let (code, zone) = self.areas[(index % area_codes()) as usize];
        let number = match index / area_codes() {
            n @ 0..100 => line(code, 555, n),
            n @ 100..1_112 => line(code, 555, n + 100),
            n @ 1_112..9_899 => line(code, 555, n + 101),
            n @ 9_899..19_899 => line(code, 958, n - 9_899),
            n => line(code, 959, n - 19_899),
        };
        (number, zone)
    }
}

const fn line(area_code: u64, exchange: u64, line: u64) -> u64 {
    10_000_000_000 + area_code * 10_000_000 + exchange * 10_000 + line
}

const fn area_codes() -> u64 {
    let mut count = 0;
    let mut i = 0;
    while i < NORTH_AMERICA.len() {
        count += NORTH_AMERICA[i].area_codes.len() as u64;
        i += 1;
    }
    count
}

const fn reserved() -> u64 {
    let mut count = 0;
    let mut i = 0;
    while i < RESERVED.len() {
        count += RESERVED[i].from.len() as u64 * RESERVED[i].count;
        i += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_valid_and_never_directory_assistance() {
        let numbers = Numbers::new();
        // 997 is prime, so that the steps meet every area code and range.
        for index in (0..CONTACTS_MAX).step_by(997).chain([CONTACTS_MAX - 1]) {
            let (number, _) = numbers.get(index);
            let parsed = rlibphonenumber::PHONE_NUMBER_UTIL.parse(format!("+{number}"), None).unwrap();
            assert!(parsed.is_valid(), "+{number}");
            assert!(number / 10_000_000_000 != 1 || number % 10_000_000 != 5_551_212);
        }
    }

    #[test]
    fn no_two_indexes_have_the_same_number() {
        let numbers = Numbers::new();
        // All for fiction, and all of one area code.
        let of_one_area = (FICTITIOUS_MAX..CONTACTS_MAX).step_by(area_codes() as usize);
        let mut all: Vec<u64> = (0..FICTITIOUS_MAX).chain(of_one_area).map(|index| numbers.get(index).0).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
