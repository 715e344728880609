#!/usr/bin/env python3
"""Writes places.txt: where a telephone number can be, by its first digits.

The time zones and area codes are those of libphonenumber, which the Python package carries:

    pip install phonenumbers==9.0.43 regex
    python3 generate.py            # writes places.txt beside this file, in two minutes
    python3 generate.py --check    # compares places.txt with the package, by random numbers

Regions are countries (ISO 3166-1), and for the United States, their territories and Canada also states and provinces
(ISO 3166-2). A number is looked up by the longest of the prefixes listed.
"""

import argparse
import collections
import pathlib
import random

import phonenumbers
import regex
from phonenumbers import phonenumberutil, timezone
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE as REGIONS_OF_CODE
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.phonemetadata import PhoneMetadata
from phonenumbers.tzdata import TIMEZONE_DATA

TARGET = pathlib.Path(__file__).parent / "places.txt"
UNKNOWN_ZONE = "Etc/Unknown"
NO_COUNTRY = "001"
# A prefix fits 32 bits.
PREFIX_DIGITS_MAX = 9
# By so many digits kinds of numbers are told apart.
KIND_DIGITS_MAX = 7

TYPE = phonenumbers.PhoneNumberType
KINDS = {
    TYPE.FIXED_LINE: ["fixed_line"],
    TYPE.MOBILE: ["mobile"],
    TYPE.VOIP: ["toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail"],
}

# Where the package names another zone that has the same time for a part of the year only.
CORRECTIONS = {"740": {"Europe/Bucharest": "Europe/Kaliningrad"}, "7840": {"Europe/Bucharest": "Europe/Moscow"}}

TERRITORIES = {"AS", "GU", "MP", "PR", "VI"}
US_STATES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Washington D.C.": "DC", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI",
    "Idaho": "ID", "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY",
    "Louisiana": "LA", "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN",
    "Mississippi": "MS", "Missouri": "MO", "Montana": "MT", "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH",
    "New Jersey": "NJ", "New Mexico": "NM", "New York": "NY", "North Carolina": "NC", "North Dakota": "ND",
    "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR", "Pennsylvania": "PA", "Rhode Island": "RI",
    "South Carolina": "SC", "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
    "Virginia": "VA", "Washington State": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}
CA_PROVINCES = {
    "Alberta": "AB", "British Columbia": "BC", "British Colombia": "BC", "Manitoba": "MB", "New Brunswick": "NB",
    "Newfoundland and Labrador": "NL", "Northwest Territories": "NT", "Nova Scotia": "NS", "Nunavut": "NU",
    "Ontario": "ON", "Prince Edward Island": "PE", "Quebec": "QC", "Saskatchewan": "SK", "Yukon": "YT",
}
PARTS = {"US": US_STATES, "CA": CA_PROVINCES}


def ancestors(prefix):
    """Its proper prefixes, longest first."""
    return (prefix[:length] for length in range(len(prefix) - 1, 0, -1))


def longest(prefix, table):
    """The longest prefix of `prefix`, itself included, that the table has."""
    return next((one for one in (prefix, *ancestors(prefix)) if one in table), None)


# Kinds of numbers

def kinds(code, region):
    """What tells a country's numbers from others with its calling code: those that belong to a place, and those that do not."""
    metadata = PhoneMetadata.metadata_for_region(region)
    geographic, others = [], []
    for kind, names in KINDS.items():
        for name in names:
            pattern = getattr(getattr(metadata, name), "national_number_pattern", None)
            if pattern:
                is_geographic = phonenumberutil.is_number_type_geographical(kind, code)
                if name == "mobile" and metadata.fixed_line.national_number_pattern == pattern:
                    is_geographic = True
                (geographic if is_geographic else others).append(regex.compile(pattern))
    return [(region, True, geographic), (region, False, others)]


# States and provinces

def part_of(text, country):
    """`San Antonio, TX`, `Texas` or `Nova Scotia/Prince Edward Island`: the codes of its states."""
    names = PARTS[country]
    end = text.rsplit(", ", 1)[-1]
    if end in names.values():
        return {end}
    found = {names[name] for name in text.split("/") if name in names}
    return found or ({names[end]} if end in names else set())


def area_parts(area, country):
    """The states of an area code: that of its own entry, else those of the places listed below it."""
    own = GEOCODE_DATA.get(area, {}).get("en")
    if own:
        return part_of(own, country)
    votes = collections.Counter()
    for prefix, names in GEOCODE_DATA.items():
        if prefix.startswith(area) and "en" in names:
            votes.update(part_of(names["en"], country))
    most = sum(votes.values())
    # A single stray place is a slip of the data.
    return {part for part, count in votes.items() if count * 20 > most}


def regions(country, prefix):
    if country in TERRITORIES:
        return {"US", f"US-{country}"}
    parts = area_parts(prefix[:4], country) if country in PARTS and len(prefix) >= 4 else set()
    return {country} | {f"{country}-{part}" for part in parts}


# Time zones

def zones_table():
    table = {}
    for prefix, zones in TIMEZONE_DATA.items():
        corrections = CORRECTIONS.get(prefix, {})
        table[prefix] = {corrections.get(zone, zone) for zone in zones} - {UNKNOWN_ZONE}
    return table


def narrowed(candidates, national):
    """The kinds of numbers that may begin so, with those of their patterns that do."""
    left = []
    for name, geographic, found in candidates:
        found = [pattern for pattern in found if pattern.fullmatch(national, partial=True)]
        if found:
            left.append((name, geographic, found))
    return left


class Plan:
    """The numbers of one calling code."""

    def __init__(self, code, countries, table):
        self.code, self.root, self.countries = code, str(code), countries
        self.zones = {prefix: zones for prefix, zones in table.items() if longest(prefix, {self.root})}
        self.kinds = [kind for country in countries for kind in kinds(code, country)]
        self.whole = collections.defaultdict(set)
        for prefix, zones in self.zones.items():
            fits = narrowed(self.kinds, prefix[len(self.root):])
            if len(countries) == 1:
                self.whole[countries[0]] |= zones
            elif prefix != self.root and fits and fits[0][1]:
                # What is listed for toll-free numbers and the like is of several countries.
                self.whole[fits[0][0]] |= zones

    def whole_of(self, country):
        return self.whole[country] or self.zones.get(self.root, set())

    def place(self, prefix, country, is_geographic):
        """The zones listed for a prefix; all of its country for numbers that belong to no place. What only the calling code
        lists is narrowed to the country, for North America to the area code where numbers of it are listed."""
        found = longest(prefix, self.zones)
        zones = self.zones[found] if is_geographic and found else self.whole_of(country)
        if is_geographic and found == self.root and len(self.countries) > 1:
            below = [one for one in self.zones if one.startswith(prefix[:4])] if self.code == 1 and len(prefix) >= 4 else []
            zones = set().union(*(self.zones[one] for one in below)) if below else self.whole_of(country)
        return tuple(sorted(zones)), tuple(sorted(regions(country, prefix if is_geographic else self.root)))

    def divide(self, prefix, candidates, found):
        """Fills `found` with the prefixes below this one that differ; answers the place of most numbers of this one."""
        fits = narrowed(candidates, prefix[len(self.root):])
        if not fits:
            return None
        if self.is_uniform(prefix, fits):
            country = fits[0][0]
            return self.place(prefix, country, all(geographic for name, geographic, _ in fits if name == country))
        below = {prefix + digit: self.divide(prefix + digit, fits, found) for digit in "0123456789"}
        votes = collections.Counter(place for place in below.values() if place)
        if not votes:
            return None
        most = votes.most_common(1)[0][0]
        found.update((one, place) for one, place in below.items() if place and place != most)
        return most

    def is_uniform(self, prefix, fits):
        has_parts = any(country in PARTS for country in self.countries) and len(prefix) < 4
        if len({frozenset(zones) for zones in self.zones.values()}) <= 1 and len(self.countries) == 1:
            return True
        one_kind = len({(name, geographic) for name, geographic, _ in fits}) == 1
        below = any(len(one) > len(prefix) and one.startswith(prefix) for one in self.zones)
        is_told = one_kind or len(prefix) >= KIND_DIGITS_MAX
        return is_told and not has_parts and not (below and any(geographic for _, geographic, _ in fits))


# The file

def places():
    """Prefix -> (zones, regions), where it differs from that of the prefix above it."""
    table, found = zones_table(), {}
    for code, countries in REGIONS_OF_CODE.items():
        if countries[0] != NO_COUNTRY:
            plan = Plan(code, countries, table)
            found[plan.root] = plan.divide(plan.root, plan.kinds, found) or plan.place(plan.root, countries[0], False)
    return found


def write(found):
    by_place = collections.defaultdict(list)
    for prefix, place in found.items():
        by_place[place].append(prefix)
    assert all(len(prefix) <= PREFIX_DIGITS_MAX for prefix in found)
    lines = [
        "# Where a telephone number can be, by its first digits: time zones | regions, then the prefixes.",
        f"# Made by generate.py from libphonenumber's data (Apache-2.0) in phonenumbers {phonenumbers.__version__}.",
        "# Do not edit: see generate.py.",
    ]
    for (zones, where), prefixes in sorted(by_place.items()):
        lines.append(f"{','.join(zones)}|{','.join(where)} {' '.join(sorted(prefixes))}")
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"{len(by_place)} places, {len(found)} prefixes, {TARGET.stat().st_size} bytes")


# The check

def read():
    table = {}
    for line in TARGET.read_text().splitlines():
        if not line.startswith("#"):
            place, *prefixes = line.split(" ")
            zones, where = place.split("|")
            table.update((prefix, (set(zones.split(",")) - {""}, set(where.split(",")))) for prefix in prefixes)
    return table


def random_numbers(count, seed):
    """Valid numbers: half of them spread over calling codes, half below listed prefixes."""
    chance = random.Random(seed)
    codes, listed = [str(code) for code in REGIONS_OF_CODE], list(TIMEZONE_DATA)
    while count:
        start = chance.choice(codes if chance.random() < 0.5 else listed)
        text = start + "".join(chance.choice("0123456789") for _ in range(chance.randint(3, 11)))
        try:
            number = phonenumbers.parse("+" + text)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and phonenumbers.format_number(number, 0) == "+" + text:
            count -= 1
            yield text, number


def check(count, seed):
    """A number's zones are the package's, or those of its country where that knows its calling code only; its country is the
    package's. Where the first digits do not tell which kind of number it is, there may be more zones."""
    table, differ, narrower, wider = read(), collections.Counter(), 0, 0
    corrected = {zone for one in CORRECTIONS.values() for pair in one.items() for zone in pair}
    for text, number in random_numbers(count, seed):
        if text.startswith("1310") and len(text) == 8:
            continue  # a Canadian service number of seven digits: it looks like the beginning of one in Los Angeles
        zones, where = table.get(longest(text, table), (set(), set()))
        theirs = set(timezone.time_zones_for_number(number)) - {UNKNOWN_ZONE}
        if text[0] == "7":
            zones, theirs = zones - corrected, theirs - corrected
        by_code_only = theirs == set(TIMEZONE_DATA.get(str(number.country_code), ())) - (corrected if text[0] == "7" else set())
        if zones != theirs and zones >= theirs:
            wider += 1
        elif zones != theirs and by_code_only and zones and len(REGIONS_OF_CODE[number.country_code]) > 1:
            narrower += 1
        elif zones != theirs:
            differ["zones", text[:6], tuple(sorted(zones))[:5], tuple(sorted(theirs))[:5]] += 1
        country = phonenumbers.region_code_for_number(number)
        mine = "US-" + country if country in TERRITORIES else country
        if country != NO_COUNTRY and mine not in where:
            differ["country", text[:7], country, tuple(where)] += 1
    print(f"{count} numbers: {narrower} narrowed to the country, {wider} wider, {sum(differ.values())} differ")
    for what, times in differ.most_common(40):
        print(times, *what)
    return 1 if differ else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="compare the file with the package")
    arguments.add_argument("--numbers", type=int, default=200_000, help="random numbers to compare")
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    if wanted.check:
        raise SystemExit(check(wanted.numbers, wanted.seed))
    write(places())
