"""Writes public.txt, the table of public holidays that is compiled into Redial.

    python3 -m venv venv && venv/bin/pip install holidays==0.109
    venv/bin/python config/holidays/generate.py > config/holidays/public.txt

The dates come from the package `holidays` of PyPI (https://github.com/vacanza/holidays, MIT licence), category
"public" alone: no bank, school, half or optional days. A day that the package moves to a weekday is there twice, as
itself and as its substitute: calls are closed on both.
"""

import re
import warnings

import holidays

FIRST, LAST = 2024, 2040

COUNTRIES = """
AD AE AR AS AT AU BE BG BL BR CA CH CI CL CO CY CZ DE DK DZ EE ES FI FR GB GF GG GP GR GU HR HU IE IL IM IN IS IT JE
JP KR LT LU LV MA MC MF MP MQ MT MX NL NO NZ PE PL PM PR PT RE RO SE SG SI SK SN TN TR UA US VI YT ZA
""".split()

# Parts that people and lists call by a code which the package does not have.
SAME = {"FR-67": "FR-6AE", "FR-68": "FR-6AE"}


def dates_of(country, part, last):
    return set(holidays.country_holidays(country, subdiv=part, years=range(FIRST, last + 1)))


def last_year(country):
    """Some calendars are known to the package for fewer years; it warns, and leaves out what it does not know."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        holidays.country_holidays(country, years=range(FIRST, LAST + 1))
    known = [re.search(r"available only from \d+ to (\d+)", str(one.message)) for one in told]
    return min([LAST] + [int(found.group(1)) for found in known if found])


def lines(region, dates, signed_from=None):
    for year in sorted({date.year for date in dates | (signed_from or set())}):
        of_year = lambda some: {date for date in some if date.year == year}
        if signed_from is None:
            words = [f"{date:%m%d}" for date in sorted(of_year(dates))]
        else:
            words = [f"+{date:%m%d}" for date in sorted(of_year(dates - signed_from))]
            words += [f"-{date:%m%d}" for date in sorted(of_year(signed_from - dates))]
        if words:
            yield f"{region} {year} " + " ".join(words)


def country_lines(country):
    last = last_year(country)
    whole = dates_of(country, None, last)
    names = [name for name in getattr(holidays, country).subdivisions if re.fullmatch(r"[A-Z0-9]{1,3}", name)]
    parts = {f"{country}-{name}": dates_of(country, name, last) for name in names}
    parts |= {other: parts[known] for other, known in SAME.items() if known in parts}
    yield f"{country} {FIRST}-{last}" + "".join(f" {part}" for part in sorted(parts))
    yield from lines(country, whole)
    for part in sorted(parts):
        yield from lines(part, parts[part], whole)


print(f"# Public holidays from the package `holidays` {holidays.__version__} of PyPI (MIT licence, github.com/vacanza/holidays).")
print("# Written by config/holidays/generate.py: do not edit.")
print("# A country's first line tells its years and its parts. Then a line a year, months and days; a part's lines tell how it")
print("# differs from the country: + more, - less.")
for country in COUNTRIES:
    for line in country_lines(country):
        print(line)
