// Charts over time, drawn to the pixel: an area under a line, or columns of parts. Pointer and arrow keys read values; the
// same numbers are there as a table.

import { h, mark, put, s, say, when } from "./dom.js";
import { clockOf, dayOf, preciseOf } from "./format.js";

const LEFT = 44;
const BOTTOM = 22;
const TOP = 10;
const COLUMN_PX = 9;
const DAY_MS = 86_400_000;

/** Round steps of an axis: the least one that needs no more than `most` lines. */
export function axisStep(max, most) {
  const rough = Math.max(max, 1e-9) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((part) => part * power).find((step) => step >= rough);
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * 60_000);

/** Full steps of the viewer's clock between two instants. */
export function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((one) => (to - from) / one <= most) ?? DAY_MS;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** Sums of `size` values in a row, aligned to the end. */
export function grouped(values, size) {
  const sums = [];
  for (let end = values.length; end > 0; end -= size) {
    sums.unshift(values.slice(Math.max(0, end - size), end).reduce((sum, one) => sum + one, 0));
  }
  return sums;
}

/**
 * A chart. `columns`: parts on top of each other instead of a line. `show` says a value, `height` is in pixels.
 * `tell({from, step, series: [{key, label, values}], limit, limitLabel, summary})`; `from` and `step` in milliseconds.
 */
export function chart({ label, columns = false, show, height = 190 }) {
  const svg = s("svg", { class: "chart-svg", "aria-hidden": "true", height });
  const tip = h("div", { class: "chart-tip", hidden: true });
  const read = h("p", { class: "unseen", "aria-live": "polite" });
  const plot = h("div", { class: "chart-plot", tabindex: "0", role: "application", "aria-roledescription": "chart" }, svg, tip);
  const rows = h("div", { class: "chart-numbers" });
  const numbers = h("details", { class: "chart-details" }, h("summary", {}, "Numbers"), rows);
  const element = h("figure", { class: "chart" }, plot, read, numbers);
  let data = null;
  let width = 0;
  let at = null;
  let drawn = { count: 0, x: () => 0, points: [] };

  function draw() {
    if (!data || width < 60) return;
    const size = columns ? Math.max(1, Math.ceil(data.series[0].values.length / Math.floor((width - LEFT) / COLUMN_PX))) : 1;
    const series = data.series.map((one) => ({ ...one, values: size > 1 ? grouped(one.values, size) : one.values }));
    const length = series[0].values.length;
    const step = data.step * size;
    const to = data.from + data.step * data.series[0].values.length;
    const from = to - step * length;
    const tops = Array.from({ length }, (_, place) => columns ? series.reduce((sum, one) => sum + one.values[place], 0) : Math.max(...series.map((one) => one.values[place] ?? 0)));
    const reach = Math.max(...tops, 0);
    const limitShown = data.limit && data.limit <= reach * 4 ? data.limit : 0;
    const max = Math.max(reach, limitShown, columns ? 4 : 0.5) * 1.06;
    const inner = { w: width - LEFT, h: height - BOTTOM - TOP };
    const x = (time) => LEFT + ((time - from) / (to - from)) * inner.w;
    const y = (value) => TOP + inner.h - (value / max) * inner.h;
    const parts = [];
    const gridStep = axisStep(max, 4);
    for (let value = 0; value <= max; value += gridStep) {
      const line = Math.round(y(value)) + 0.5;
      parts.push(s("line", { class: value === 0 ? "axis" : "grid", x1: LEFT, x2: width, y1: line, y2: line }));
      parts.push(s("text", { class: "tick", x: LEFT - 8, y: line + 4, "text-anchor": "end" }, show(value, gridStep)));
    }
    for (const time of timeTicks(from, to, Math.max(3, Math.floor(inner.w / 90)))) {
      const place = x(time);
      if (place < LEFT + 14 || place > width - 16) continue;
      const text = to - from > DAY_MS * 1.2 && new Date(time).getHours() === 0 ? dayOf(time) : clockOf(time);
      parts.push(s("text", { class: "tick", x: place, y: height - 5, "text-anchor": "middle" }, text));
    }
    parts.push(...(columns ? drawColumns(series, x, y, from, step) : drawLines(series, x, y, from, step)));
    if (limitShown) {
      const line = Math.round(y(limitShown)) + 0.5;
      parts.push(s("line", { class: "limit", x1: LEFT, x2: width, y1: line, y2: line }));
      parts.push(s("text", { class: "limit-label", x: width - 4, y: line - 5, "text-anchor": "end" }, data.limitLabel));
    }
    const cursor = s("line", { class: "cursor", y1: TOP, y2: TOP + inner.h, visibility: "hidden" });
    parts.push(cursor);
    put(svg, parts);
    drawn = { from, step, series, length, x, cursor };
    point();
  }

  function point(spoken = false) {
    const { length, series, x, cursor, from, step } = drawn;
    tip.hidden = at === null || !length;
    if (tip.hidden) {
      if (cursor) mark(cursor, "visibility", "hidden");
      return;
    }
    const place = Math.max(0, Math.min(length - 1, at));
    const begin = from + place * step;
    const middle = x(begin + step / 2);
    mark(cursor, "visibility", null);
    mark(cursor, "x1", middle);
    mark(cursor, "x2", middle);
    const seconds = step < 60_000 ? preciseOf : clockOf;
    const title = `${step >= DAY_MS / 2 || Date.now() - begin > DAY_MS ? `${dayOf(begin)}, ` : ""}${seconds(begin)}–${seconds(begin + step)}`;
    const told = series.filter((one) => !columns || series.length === 1 || one.values[place] > 0);
    put(tip, h("p", { class: "tip-time" }, title), told.length === 0 && h("p", {}, "nothing"), told.map((one) => h("p", {}, h("i", { class: `dot ${one.tone}` }), h("span", {}, one.label), h("b", {}, show(one.values[place] ?? 0)))));
    const half = tip.offsetWidth / 2 + 4;
    tip.style.setProperty("left", `${Math.max(half, Math.min(width - half, middle))}px`);
    if (spoken) say(read, `${title}: ${told.map((one) => `${one.label} ${show(one.values[place] ?? 0)}`).join(", ") || "nothing"}`);
  }

  function table() {
    if (!data || !numbers.open) return;
    const groups = grouped(data.series[0].values.map((_, place) => place), Math.ceil(data.series[0].values.length / 24));
    const size = Math.ceil(data.series[0].values.length / groups.length);
    when(rows, [data.from, data.step, data.series], () => {
      const sums = data.series.map((one) => grouped(one.values, size).map((sum) => (columns ? sum : sum / size)));
      const to = data.from + data.step * data.series[0].values.length;
      const body = sums[0].map((_, place) => {
        const begin = to - (sums[0].length - place) * size * data.step;
        return h("tr", {}, h("th", { scope: "row" }, `${Date.now() - begin > DAY_MS ? `${dayOf(begin)} ` : ""}${clockOf(begin)}`), sums.map((one) => h("td", {}, show(one[place]))));
      });
      const head = h("tr", {}, h("th", { scope: "col" }, "From"), data.series.map((one) => h("th", { scope: "col" }, one.label)));
      return h("table", {}, h("caption", { class: "unseen" }, label), h("thead", {}, head), h("tbody", {}, body));
    });
  }

  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    at = Math.floor(((event.clientX - box.left - LEFT) / (width - LEFT)) * drawn.length);
    point();
  });
  const leave = () => {
    at = null;
    point();
  };
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("blur", leave);
  plot.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -6, PageDown: 6 };
    if (event.key === "Escape") return leave();
    if (event.key === "Home") at = 0;
    else if (event.key === "End") at = drawn.length - 1;
    else if (moves[event.key]) at = Math.max(0, Math.min(drawn.length - 1, (at ?? drawn.length) + moves[event.key]));
    else return;
    event.preventDefault();
    point(true);
  });
  numbers.addEventListener("toggle", table);
  new ResizeObserver(([entry]) => {
    width = Math.floor(entry.contentRect.width);
    mark(svg, "width", width);
    draw();
  }).observe(plot);

  const tell = (next) => {
    data = { ...next, series: next.series.map((one) => ({ ...one, tone: one.tone ?? `outcome-${one.key}` })) };
    mark(plot, "aria-label", `${label}. ${next.summary ?? ""} Arrow keys read values.`);
    draw();
    table();
  };
  return { element, tell };
}

function drawLines(series, x, y, from, step) {
  return series.flatMap((one) => {
    const points = one.values.map((value, place) => [x(from + (place + 0.5) * step), y(value ?? 0)]);
    const line = points.map(([px, py], place) => `${place ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
    const area = `${line}L${points.at(-1)[0].toFixed(1)} ${y(0)}L${points[0][0].toFixed(1)} ${y(0)}Z`;
    return [s("path", { class: `area ${one.tone}`, d: area }), s("path", { class: `line ${one.tone}`, d: line })];
  });
}

function drawColumns(series, x, y, from, step) {
  const wide = Math.max(1, x(from + step) - x(from) - 2);
  const sums = series[0].values.map(() => 0);
  return series.flatMap((one) =>
    one.values.flatMap((value, place) => {
      if (!value) return [];
      const low = y(sums[place]);
      sums[place] += value;
      const high = y(sums[place]);
      const top = Math.min(high, low - 1);
      return [s("rect", { class: `column ${one.tone}`, x: (x(from + place * step) + 1).toFixed(1), width: wide.toFixed(1), y: top.toFixed(1), height: (low - top).toFixed(1), rx: Math.min(1.5, wide / 4) })];
    }),
  );
}
