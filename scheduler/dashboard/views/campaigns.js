// All campaigns: what needs somebody first, then what runs, then the rest.

import { path } from "../api.js";
import { h, keyed, mark, put, say, when } from "../dom.js";
import { away, count, percent, plural, rate, tellTime, rich } from "../format.js";
import { icon } from "../icons.js";
import { watch } from "../live.js";
import { badge, empty, shareBar, viewHead, waiting } from "../parts.js";
import { CAMPAIGN_STATES, DONE } from "../words.js";

const EVERY_MS = 2000;
const RANK = ["running", "stopping", "paused", "scheduled", "draft", "completed", "stopped"];
const FILTERS = [
  ["all", "All", () => true],
  ["attention", "Need you", needsSomebody],
  ["running", "Running", (one) => one.state === "running" || one.state === "stopping"],
  ["paused", "Paused", (one) => one.state === "paused"],
  ["scheduled", "Scheduled", (one) => one.state === "scheduled"],
  ["draft", "Draft", (one) => one.state === "draft"],
  ["ended", "Ended", (one) => one.state === "completed" || one.state === "stopped"],
];
const COLUMNS = [
  ["name", "Campaign", (a, b) => a.campaign.localeCompare(b.campaign)],
  ["state", "State", (a, b) => order(a, b)],
  ["progress", "Done", (a, b) => share(b) - share(a)],
  ["answered", "Answered", (a, b) => reached(b) - reached(a)],
  ["live", "Live", (a, b) => b.live_calls - a.live_calls],
  ["rate", "Calls/s", (a, b) => b.rate_now - a.rate_now],
  ["next", "Next", (a, b) => next(a).localeCompare(next(b))],
];

const done = (one) => DONE.reduce((sum, state) => sum + one.contacts[state], 0);
const share = (one) => (one.contacts.total ? done(one) / one.contacts.total : 0);
const ended = (one) => Object.values(one.outcomes).reduce((sum, number) => sum + number, 0);
const reached = (one) => ((one.outcomes.answered ?? 0) + (one.outcomes.submitted ?? 0)) / Math.max(1, ended(one));
const next = (one) => one.finish_estimate ?? one.next_run_at ?? "9";

function needsSomebody(one) {
  return (one.reason !== "" && ["running", "paused"].includes(one.state)) || (one.contacts.held > 0 && one.state !== "stopped");
}

function order(a, b) {
  const first = Number(needsSomebody(b)) - Number(needsSomebody(a));
  return first || RANK.indexOf(a.state) - RANK.indexOf(b.state) || a.campaign.localeCompare(b.campaign);
}

export function campaignsView({ query, signal }) {
  let all = null;
  let filter = FILTERS.some(([key]) => key === query.get("show")) ? query.get("show") : "all";
  let words = query.get("q") ?? "";
  let sort = null;

  const totals = h("p", { class: "lead", "aria-live": "off" });
  const search = h("input", { type: "search", placeholder: "Name of a campaign", "aria-label": "Filter campaigns by name", value: words });
  const chips = FILTERS.map(([key, label]) => {
    const number = h("span", { class: "chip-count" });
    const element = h("button", { type: "button", class: "chip", onclick: () => choose(key) }, label, number);
    return { key, element, number };
  });
  const heads = COLUMNS.map(([key, label]) => {
    const press = h("button", { type: "button", onclick: () => sortBy(key) }, label, h("span", { class: "sort-mark", "aria-hidden": "true" }));
    return { key, element: h("th", { scope: "col", class: `col-${key}` }, press) };
  });
  const body = h("tbody");
  const table = h("table", { class: "campaigns" }, h("caption", { class: "unseen" }, "Campaigns"), h("thead", {}, h("tr", {}, heads.map((head) => head.element))), body);
  const list = h("div", { class: "list" }, waiting(6));
  const found = h("p", { class: "unseen", role: "status" });

  search.addEventListener("input", () => {
    words = search.value;
    remember();
    tell();
  });

  function choose(key) {
    filter = key;
    remember();
    tell();
  }

  function sortBy(key) {
    if (sort?.key !== key) sort = { key, back: false };
    else sort = sort.back ? null : { key, back: true };
    tell();
  }

  function remember() {
    const kept = new URLSearchParams([...(filter === "all" ? [] : [["show", filter]]), ...(words ? [["q", words]] : [])]);
    history.replaceState(null, "", kept.size ? `/?${kept}` : "/");
  }

  function tell() {
    if (!all) return;
    const running = all.filter((one) => one.state === "running" || one.state === "stopping");
    const live = all.reduce((sum, one) => sum + one.live_calls, 0);
    const pace = all.reduce((sum, one) => sum + one.rate_now, 0);
    say(totals, all.length === 0 ? "Nothing is here yet." : `${running.length} of ${plural(all.length, "campaign")} running · ${plural(live, "live call")} · ${rate(pace)} calls a second`);
    for (const chip of chips) {
      const [, , test] = FILTERS.find(([key]) => key === chip.key);
      const number = all.filter(test).length;
      say(chip.number, count(number));
      mark(chip.element, "aria-pressed", chip.key === filter);
      chip.element.hidden = number === 0 && chip.key !== filter && chip.key !== "all";
    }
    for (const head of heads) {
      mark(head.element, "aria-sort", sort?.key !== head.key ? null : sort.back ? "descending" : "ascending");
    }
    const wanted = words.trim().toLowerCase();
    const [, , test] = FILTERS.find(([key]) => key === filter);
    const shown = all.filter((one) => test(one) && one.campaign.includes(wanted));
    const by = sort ? COLUMNS.find(([key]) => key === sort.key)[2] : order;
    shown.sort((a, b) => (sort?.back ? -by(a, b) : by(a, b)) || a.campaign.localeCompare(b.campaign));
    if (wanted || filter !== "all") say(found, `${plural(shown.length, "campaign")} shown`);
    if (all.length === 0) {
      put(list, empty("No campaigns yet", "Describe one in a file and apply it: redial apply config/campaigns/demo.toml. Then upload its contacts here, and start it."));
    } else if (shown.length === 0) {
      put(list, empty("No campaign fits", "Nothing matches this filter.", h("button", { type: "button", class: "button", onclick: () => ((search.value = words = ""), choose("all")) }, "Show all")));
    } else {
      if (table.parentElement !== list) put(list, table);
      keyed(body, shown, (one) => one.campaign, row);
    }
  }

  watch(path(["campaigns"]), EVERY_MS, signal, (answer) => {
    all = answer.campaigns;
    tell();
  });

  const tools = h("div", { class: "tools" }, h("div", { class: "search" }, icon("search"), search), h("div", { class: "chips", role: "group", "aria-label": "Show" }, chips.map((chip) => chip.element)));
  return { title: "Campaigns", element: h("div", { class: "view" }, viewHead("Campaigns", { below: totals }), tools, found, list) };
}

function row(one) {
  const name = h("a", { href: `/campaigns/${encodeURIComponent(one.campaign)}` }, one.campaign);
  const why = h("span", { class: "why" });
  const state = badge(CAMPAIGN_STATES, one.state);
  const bar = shareBar(true);
  const part = h("span", { class: "share-text" });
  const of = h("span", { class: "quiet" });
  const cells = Object.fromEntries(["answered", "live", "rate"].map((key) => [key, h("span")]));
  const what = h("span");
  const at = h("time");
  const element = h(
    "tr",
    {},
    h("th", { scope: "row", class: "col-name" }, name, why),
    h("td", { class: "col-state" }, state.element),
    h("td", { class: "col-progress" }, bar.element, h("span", { class: "share-line" }, part, of)),
    h("td", { class: "col-answered number", "data-label": "answered" }, cells.answered),
    h("td", { class: "col-live number", "data-label": "live" }, cells.live),
    h("td", { class: "col-rate number", "data-label": "calls/s" }, cells.rate),
    h("td", { class: "col-next" }, what, at),
  );
  const update = (now) => {
    state.tell(now.state);
    const held = now.contacts.held > 0 && needsSomebody(now) && !now.reason ? `${plural(now.contacts.held, "contact")} held` : "";
    const reason = ["running", "paused"].includes(now.state) ? now.reason : "";
    when(why, [reason, held], () => (reason ? rich(reason) : held));
    mark(element, "class", needsSomebody(now) ? "attention" : null);
    bar.tell(now.contacts);
    say(part, now.contacts.total ? percent(done(now), now.contacts.total) : "no contacts");
    say(of, now.contacts.total ? ` of ${count(now.contacts.total)}` : "");
    mark(cells.answered.parentElement, "data-none", !ended(now));
    mark(cells.live.parentElement, "data-none", !now.live_calls);
    mark(cells.rate.parentElement, "data-none", !(now.rate_now > 0));
    say(cells.answered, ended(now) ? percent((now.outcomes.answered ?? 0) + (now.outcomes.submitted ?? 0), ended(now)) : "–");
    say(cells.live, now.live_calls ? count(now.live_calls) : "–");
    say(cells.rate, now.rate_now > 0 ? rate(now.rate_now) : "–");
    const instant = now.finish_estimate ?? now.next_run_at;
    say(what, now.finish_estimate ? "done " : now.next_run_at ? "runs " : now.archived ? "archived" : "");
    at.hidden = !instant;
    if (instant) tellTime(at, instant, away);
  };
  return { element, update };
}
