// Where contacts can be called now and when: the next 24 hours of each time zone, as bars on one axis.

import { h, s } from "../dom.js";
import { clockOf, count, moment, roughly, time } from "../format.js";
import { icon } from "../icons.js";
import { timeTicks } from "../chart.js";

const AHEAD_MS = 24 * 3_600_000;
const SHOWN = 8;

/** `ahead` as the API gives it; `all` shows every zone. */
export function zonesTable(ahead, all, more) {
  const now = Date.now();
  const zones = all ? ahead.zones : ahead.zones.slice(0, SHOWN);
  const ticks = timeTicks(now, now + AHEAD_MS, 6);
  const at = (ms) => `${(((ms - now) / AHEAD_MS) * 100).toFixed(2)}%`;
  const labels = ticks.filter((tick) => tick - now > AHEAD_MS * 0.04 && tick - now < AHEAD_MS * 0.96);
  const axis = h("div", { class: "zone-axis", "aria-hidden": "true" }, h("span", { class: "zone-now" }, "now"), labels.map((tick) => h("span", { style: { left: at(tick) } }, clockOf(tick))));
  const row = (zone) => {
    const spans = zone.open.map(({ from, to }) => [Math.max(now, Date.parse(from)), Math.min(now + AHEAD_MS, Date.parse(to))]).filter(([from, to]) => to > from);
    const bars = spans.map(([from, to]) => s("rect", { class: "zone-open", x: at(from), width: `${(((to - from) / AHEAD_MS) * 100).toFixed(2)}%`, y: "20%", height: "60%", rx: 3 }));
    const lines = ticks.map((tick) => s("line", { class: "grid", x1: at(tick), x2: at(tick), y1: "0", y2: "100%" }));
    const strip = s("svg", { class: "zone-strip", "aria-hidden": "true" }, s("rect", { class: "zone-shut", x: 0, width: "100%", y: "42%", height: "16%", rx: 2 }), lines, bars);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, nameOf(zone.zone), zone.regions.length > 0 && h("span", { class: "quiet" }, zone.regions.join(", "))),
      h("td", { class: "number" }, count(zone.contacts)),
      h("td", { class: "zone-state" }, stateOf(zone, now)),
      h("td", { class: "zone-cell" }, strip),
    );
  };
  const hidden = ahead.zones.length - zones.length;
  const head = h("tr", {}, h("th", { scope: "col" }, "Time zone"), h("th", { scope: "col", class: "number" }, "To call"), h("th", { scope: "col" }, "Now"), h("th", { scope: "col", class: "zone-cell" }, h("span", { class: "unseen" }, "The next 24 hours"), axis));
  const table = h("table", { class: "zones" }, h("caption", { class: "unseen" }, "Calling hours by time zone"), h("thead", {}, head), h("tbody", {}, zones.map(row)));
  return [table, hidden > 0 && h("button", { type: "button", class: "button plain", onclick: more }, `Show ${count(hidden)} more`)];
}

/** `America/New_York` as `New York`, with the rest small. */
function nameOf(zones) {
  if (!zones) return "Unknown";
  const names = zones.split(",").map((zone) => zone.split("/").at(-1).replaceAll("_", " "));
  const shown = names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
  return h("span", { title: zones }, shown);
}

function stateOf(zone, now) {
  const mine = zone.open.find(({ to }) => Date.parse(to) > now);
  if (zone.open_now) {
    const closes = mine && Date.parse(mine.to) - now < 2 * AHEAD_MS - 60_000 ? [" until ", time(mine.to)] : ", day and night";
    return h("span", { class: "zone-is open" }, icon("open"), h("span", {}, "Open", closes));
  }
  const opens = zone.next_open_at ? ["Opens ", time(zone.next_open_at, (iso) => `${moment(iso)}, ${roughly(iso)}`)] : "Does not open within 15 days";
  return h("span", { class: "zone-is closed" }, icon("closed"), h("span", {}, h("span", { class: "unseen" }, "Closed. "), opens));
}

/** How many zones are open, in words. */
export function zonesSaid(ahead) {
  const open = ahead.zones.filter((zone) => zone.open_now).length;
  if (ahead.zones.length === 0) return "Nobody is left to be called.";
  if (open === ahead.zones.length) return open === 1 ? "Its one time zone is open." : `All ${open} time zones are open.`;
  const next = ahead.zones.map((zone) => zone.next_open_at).filter(Boolean).sort()[0];
  return [`${open} of ${ahead.zones.length} open`, next && [", the next opens ", time(next, (iso) => `${moment(iso)} (${roughly(iso)})`)], "."];
}

