// Pieces that several views are made of.

import { h, isCalm, mark, put, say } from "./dom.js";
import { count, percent, rich } from "./format.js";
import { icon } from "./icons.js";
import { CONTACT_STATES } from "./words.js";

/** A state as a mark and a word, from one of the tables of `words.js`. */
export function badge(table, word) {
  const element = h("span", { class: "badge" });
  const tell = (now) => {
    if (element.dataset.word === now) return;
    const known = table[now] ?? { label: now, icon: "info", tone: "quiet" };
    element.dataset.word = now;
    mark(element, "class", `badge tone-${known.tone}`);
    mark(element, "title", known.means ?? null);
    put(element, icon(known.icon), known.label);
  };
  tell(word);
  return { element, tell };
}

/** A contact's state, with the colour it has in the bar. */
export const stateTag = (word) =>
  h("span", { class: "tag", title: CONTACT_STATES[word]?.means }, h("i", { class: `dot state-${word}`, "aria-hidden": "true" }), CONTACT_STATES[word]?.label ?? word);

/** An outcome, with the colour it has in charts. */
export const outcomeTag = (word, label) =>
  h("span", { class: "tag" }, h("i", { class: `dot outcome-${word}`, "aria-hidden": "true" }), label);

/** Makes a number move to its next value instead of jumping. */
export function ticker(element, show = count) {
  let shown = null;
  let frame = 0;
  return (wanted) => {
    if (wanted === shown) return;
    cancelAnimationFrame(frame);
    const from = shown;
    shown = wanted;
    if (from === null || isCalm() || document.hidden || Math.abs(wanted - from) < 2) {
      say(element, show(wanted));
      return;
    }
    const began = performance.now();
    const step = (now) => {
      const part = Math.min(1, (now - began) / 700);
      const eased = 1 - (1 - part) ** 3;
      say(element, show(Math.round(from + (wanted - from) * eased)));
      if (part < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  };
}

/** A bar in which every state of contacts has its share. */
export function shareBar(small = false) {
  const parts = Object.keys(CONTACT_STATES).map((state) => [state, h("i", { class: `state-${state}` })]);
  const element = h("div", { class: small ? "share small" : "share", role: "img" }, parts.map(([, part]) => part));
  const tell = (contacts) => {
    for (const [state, part] of parts) {
      const share = contacts.total ? (contacts[state] / contacts.total) * 100 : 0;
      const width = `${share.toFixed(3)}%`;
      if (part.style.getPropertyValue("flex-basis") !== width) part.style.setProperty("flex-basis", width);
      part.hidden = share === 0;
    }
    const told = Object.entries(CONTACT_STATES).filter(([state]) => contacts[state] > 0);
    const words = told.map(([state, { label }]) => `${label} ${percent(contacts[state], contacts.total)}`).join(", ");
    mark(element, "aria-label", words || "No contacts yet");
  };
  return { element, tell };
}

/** A bar that is filled so far; above its limit it stays full. */
export function meter(label) {
  const fill = h("i");
  const element = h("div", { class: "meter", role: "meter", "aria-label": label, "aria-valuemin": "0" }, fill);
  const tell = (value, limit, words) => {
    element.hidden = !limit;
    if (!limit) return;
    fill.style.setProperty("inline-size", `${Math.min(100, (value / limit) * 100).toFixed(1)}%`);
    mark(element, "aria-valuenow", Math.min(value, limit).toFixed(1));
    mark(element, "aria-valuemax", limit);
    mark(element, "aria-valuetext", words);
  };
  return { element, tell };
}

let headings = 0;

/** A part of a view under a heading. */
export function card(title, { aside, className = "", note } = {}, ...children) {
  headings += 1;
  const id = `heading-${headings}`;
  const head = h("div", { class: "card-head" }, h("h2", { id }, title), note && h("p", { class: "note" }, note), aside);
  return h("section", { class: `card ${className}`, "aria-labelledby": id }, head, children);
}

const NOTICES = { bad: ["alert", "Problem"], warn: ["alert", "Attention"], info: ["info", "Note"], good: ["check", "Done"] };

/** Something to be told, and what to do about it. */
export function notice(level, title, todo, action) {
  const [name, word] = NOTICES[level];
  const text = h("div", { class: "notice-text" }, h("p", { class: "notice-title" }, h("span", { class: "unseen" }, `${word}: `), told(title)), todo && h("div", { class: "notice-todo" }, told(todo)));
  return h("div", { class: `notice ${level}` }, icon(name), text, action && h("div", { class: "notice-action" }, action));
}

const told = (text) => (typeof text === "string" ? rich(text) : text);

/** What a request that failed said, and its remedy. */
export const failure = (problem) => notice("bad", sentenceOf(problem.message), problem.hint && sentenceOf(problem.hint));

const sentenceOf = (text) => {
  const first = text[0].toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
};

/** A button; while what it began goes on it can not be pressed again. */
export function button(label, { kind = "", name, title, onpress, type = "button", ...more } = {}) {
  const element = h("button", { class: `button ${kind}`, type, title, ...more }, name && icon(name), h("span", {}, label));
  if (onpress) {
    element.addEventListener("click", async () => {
      if (element.getAttribute("aria-busy") === "true") return;
      mark(element, "aria-busy", "true");
      try {
        await onpress(element);
      } finally {
        mark(element, "aria-busy", null);
      }
    });
  }
  return element;
}

/** A link that looks like a button. */
export const linkButton = (label, href, { kind = "", name } = {}) =>
  h("a", { class: `button ${kind}`, href }, name && icon(name), h("span", {}, label));

/** What is shown where there is nothing. */
export const empty = (title, text, ...action) =>
  h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), text && h("p", {}, text), action.length > 0 && h("div", { class: "actions" }, action));

/** A place for what is being fetched. */
export const waiting = (lines = 3) =>
  h("div", { class: "waiting", "aria-busy": "true" }, h("span", { class: "unseen" }, "Loading"), Array.from({ length: lines }, () => h("i")));

/** A field with its label and what is to be known of it. */
export function field(label, control, help) {
  headings += 1;
  const id = `field-${headings}`;
  control.id = id;
  if (help) mark(control, "aria-describedby", `${id}-help`);
  return h("div", { class: "field" }, h("label", { for: id }, label), control, help && h("p", { class: "help", id: `${id}-help` }, help));
}

/** Tells something in passing, to screen readers too. */
export function toast(text, level = "good") {
  const element = h("div", { class: `toast ${level}` }, icon(NOTICES[level][0]), h("p", {}, text));
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), level === "good" ? 6000 : 12_000);
}

/** The head of a view: where it is, its name, and what can be done. */
export function viewHead(title, { crumbs = [], below, actions } = {}) {
  const trail = crumbs.map(([label, href]) => h("li", {}, h("a", { href }, label)));
  return h(
    "header",
    { class: "view-head" },
    trail.length > 0 && h("nav", { "aria-label": "Where this is", class: "crumbs" }, h("ol", {}, trail)),
    h("div", { class: "view-title" }, h("h1", {}, title), below),
    actions,
  );
}
