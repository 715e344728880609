// The words, and the keys.

import { h } from "../dom.js";
import { badge, card, stateTag, viewHead } from "../parts.js";
import { CAMPAIGN_STATES, CONTACT_STATES } from "../words.js";

const KEYS = [
  [["/"], "search"],
  [["g", "c"], "campaigns"],
  [["g", "o"], "contacts"],
  [["g", "d"], "do not call"],
  [["g", "p"], "providers"],
  [["g", "w"], "workers"],
  [["?"], "this page"],
  [["←", "→"], "read the values of a chart that has the focus"],
];

export function helpView() {
  const pairs = (rows) => h("dl", { class: "pairs" }, rows.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))));
  const keys = KEYS.map(([pressed, does]) => [pressed.map((key, place) => [place > 0 && " ", h("kbd", {}, key)]), does]);
  const campaigns = Object.entries(CAMPAIGN_STATES).map(([word, { means }]) => [badge(CAMPAIGN_STATES, word).element, means]);
  const contacts = Object.entries(CONTACT_STATES).map(([word, { means }]) => [stateTag(word), `${means[0].toUpperCase()}${means.slice(1)}.`]);
  const body = h("div", { class: "grid" }, card("Keys", {}, pairs(keys)), card("States of campaigns", {}, pairs(campaigns)), card("States of contacts", {}, pairs(contacts)));
  const lead = h("p", { class: "lead" }, "Times are those of your own clock; rest on one to see it in UTC.");
  return { title: "Help", element: h("div", { class: "view" }, viewHead("Help", { below: lead }), body) };
}
