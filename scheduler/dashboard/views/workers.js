// The worker processes that are alive.

import { path } from "../api.js";
import { h, put } from "../dom.js";
import { plural, time } from "../format.js";
import { watch } from "../live.js";
import { empty, viewHead, waiting } from "../parts.js";

const EVERY_MS = 2000;

export function workersView({ signal }) {
  const body = h("div", { class: "list" }, waiting(2));
  const lead = h("p", { class: "lead" });
  watch(path(["workers"]), EVERY_MS, signal, ({ workers }) => {
    put(lead, workers.length ? `${plural(workers.length, "worker")} alive. Should one die, the others take over its calls when its lease ends.` : "");
    if (workers.length === 0) return put(body, empty("No worker is running", "Nobody places calls. Start redial worker, or redial up, with the same Redis."));
    workers.sort((a, b) => a.id - b.id);
    const row = (one) => h("tr", {}, h("th", { scope: "row" }, one.name), h("td", { class: "number" }, one.id), h("td", {}, time(one.alive_until, left)));
    const heads = h("tr", {}, h("th", { scope: "col" }, "Process"), h("th", { scope: "col", class: "number" }, "Number"), h("th", { scope: "col" }, "Lease ends unless renewed"));
    put(body, h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Workers" }, h("table", { class: "rows" }, h("caption", { class: "unseen" }, "Workers"), h("thead", {}, heads), h("tbody", {}, workers.map(row)))));
  });
  return { title: "Workers", element: h("div", { class: "view" }, viewHead("Workers", { below: lead }), body) };
}

const left = (iso) => `in ${Math.max(0, Math.round((Date.parse(iso) - Date.now()) / 1000))} s`;
