// The charts of one campaign: calls per second, outcomes, and who comes due when.

import { path } from "../api.js";
import { chart } from "../chart.js";
import { h, mark, put, say, when } from "../dom.js";
import { count, plural, rate } from "../format.js";
import { watch } from "../live.js";
import { card, empty, outcomeTag } from "../parts.js";
import { OUTCOMES } from "../words.js";

const RANGES = [
  [15, "15 min", 2000],
  [60, "1 h", 5000],
  [360, "6 h", 30_000],
  [1440, "24 h", 60_000],
  [4320, "3 days", 60_000],
];
const RANGE_KEY = "redial.range";
const HOUR_MS = 3_600_000;
/** So much of the last stretch must have passed for it to be shown. */
const LAST_PART_MS = 4000;

/** Calls and outcomes over time. `limitOf` gives the campaign's limit in calls a second and what it is called. */
export function activity(name, signal, limitOf) {
  const kept = Number(sessionStorage.getItem(RANGE_KEY));
  let minutes = RANGES.some(([one]) => one === kept) ? kept : 60;
  const calls = chart({ label: "Calls started per second", show: (value, step) => (step !== undefined && step % 1 === 0 ? count(value) : rate(value)) });
  const outcomes = chart({ label: "Outcomes of calls", columns: true, show: (value) => count(Math.round(value)) });
  const callsPlace = h("div");
  const outcomesPlace = h("div");
  const totals = h("ul", { class: "legend" });
  const note = h("p", { class: "note" });
  const choices = RANGES.map(([one, label]) => h("button", { type: "button", class: "chip", onclick: () => choose(one), "data-minutes": one }, label));
  const ranges = h("div", { class: "chips", role: "group", "aria-label": "Time shown" }, choices);
  let chosen = minutes === kept;
  let ask = () => {};
  let leaving = null;

  function choose(next) {
    chosen = true;
    minutes = next;
    sessionStorage.setItem(RANGE_KEY, String(next));
    begin();
  }

  function begin() {
    choices.forEach((choice) => mark(choice, "aria-pressed", Number(choice.dataset.minutes) === minutes));
    leaving?.abort();
    leaving = new AbortController();
    const [, , every] = RANGES.find(([one]) => one === minutes);
    ask = watch(path(["campaigns", name, "timeline"], { minutes }), every, leaving.signal, tell);
  }

  function tell(line) {
    if (!chosen && isRecent(line)) return choose(RANGES[0][0]);
    chosen = true;
    const from = Date.parse(line.from);
    const step = line.step_s * 1000;
    const last = Date.now() - (Date.parse(line.to) - step);
    const values = line.calls.map((started, place) => started / (place === line.calls.length - 1 ? Math.max(1, Math.min(line.step_s, last / 1000)) : line.step_s));
    if (last < LAST_PART_MS) values.pop();
    const all = line.calls.reduce((sum, one) => sum + one, 0);
    const isIdle = all === 0 && Object.keys(line.outcomes).length === 0;
    for (const [place, drawn, what] of [[callsPlace, calls, "No call was started in this time"], [outcomesPlace, outcomes, "No call ended in this time"]]) {
      when(place, isIdle, () => (isIdle ? empty(what) : drawn.element));
    }
    totals.hidden = isIdle;
    const [limit, limitLabel] = limitOf();
    say(note, isIdle ? "" : `${plural(all, "call")}, at most ${rate(Math.max(0, ...values))} a second`);
    calls.tell({ from, step, series: [{ key: "calls", label: "Calls per second", values, tone: "calls" }], limit, limitLabel, summary: note.textContent });
    const known = Object.keys(OUTCOMES).filter((key) => line.outcomes[key]);
    const zeros = line.calls.map(() => 0);
    const series = known.length ? known.map((key) => ({ key, label: OUTCOMES[key], values: line.outcomes[key] })) : [{ key: "answered", label: OUTCOMES.answered, values: zeros }];
    const sums = known.map((key) => [key, line.outcomes[key].reduce((sum, one) => sum + one, 0)]);
    outcomes.tell({ from, step, series, summary: sums.map(([key, sum]) => `${OUTCOMES[key]} ${count(sum)}`).join(", ") });
    put(totals, sums.length ? sums.map(([key, sum]) => h("li", {}, outcomeTag(key, OUTCOMES[key]), h("b", {}, count(sum)))) : h("li", { class: "quiet" }, "No call has ended in this time."));
  }

  signal.addEventListener("abort", () => leaving?.abort());
  begin();
  return {
    calls: card("Calls per second", { aside: ranges, note }, callsPlace),
    outcomes: card("Outcomes", {}, totals, outcomesPlace),
    refresh: () => ask(),
  };
}

/** Whether all calls of an hour came in its last quarter: then the quarter shows more. */
function isRecent({ calls }) {
  const before = calls.slice(0, Math.floor(calls.length * 0.75));
  return before.every((one) => one === 0) && calls.some((one) => one > 0);
}

/** Contacts that come due later, hour by hour. */
export function dueLater() {
  const columns = chart({ label: "Contacts that come due, by hour", columns: true, show: (value) => count(Math.round(value)), height: 150 });
  const body = h("div");
  const note = h("p", { class: "note" });
  const tell = (ahead) => {
    const from = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const values = Array.from({ length: 24 }, () => 0);
    for (const { from: at, contacts } of ahead.due_later) {
      const place = Math.floor((Date.parse(at) - from) / HOUR_MS);
      values[Math.max(0, Math.min(23, place))] += contacts;
    }
    const all = values.reduce((sum, one) => sum + one, 0);
    say(note, `${ahead.estimated ? "About " : ""}${plural(ahead.due_now, "contact")} due now, ${count(all)} later`);
    if (all === 0) put(body, empty("Nobody waits for a later time", "Retries that are due later show here."));
    else if (columns.element.parentElement !== body) put(body, columns.element);
    columns.tell({ from, step: HOUR_MS, series: [{ key: "waiting", label: "Come due", values, tone: "state-waiting" }], summary: note.textContent });
  };
  return { element: card("Due later, by hour", { note }, body), tell };
}
