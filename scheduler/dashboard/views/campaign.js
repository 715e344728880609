// One campaign: how it goes, what is wrong, and what lies ahead.

import { path, send } from "../api.js";
import { h, put, say, when } from "../dom.js";
import { away, count, limit as speed, moment, percent, plural, rate, tellTime, time } from "../format.js";
import { icon } from "../icons.js";
import { watch } from "../live.js";
import { badge, button, card, failure, linkButton, meter, shareBar, stateTag, ticker, toast, viewHead, waiting } from "../parts.js";
import { go } from "../router.js";
import { mayAct } from "../session.js";
import { CAMPAIGN_STATES, CONTACT_STATES, DONE, LIMITED_BY } from "../words.js";
import { activity, dueLater } from "./charts.js";
import { problemsOf, shownProblem } from "./problems.js";
import { verbButton, verbsOf } from "./verbs.js";
import { zonesSaid, zonesTable } from "./zones.js";

const STATUS_EVERY_MS = 1000;
const AHEAD_EVERY_MS = 15_000;
const PLAN_EVERY_MS = 60_000;
const MACHINES_EVERY_MS = 5000;

export function campaignView({ parts: { name }, signal }) {
  const known = { status: null, ahead: null, accounts: [], workers: null, plan: null };
  const state = badge(CAMPAIGN_STATES, "draft");
  const sentence = h("p", { class: "lead" });
  const actions = h("div", { class: "actions" });
  const problems = h("div", { class: "problems", role: "region", "aria-label": "Problems" });
  const progress = progressCard();
  const pace = paceCard();
  const due = dueLater();
  const charts = activity(name, signal, () => limit(known.ahead));
  const zones = zonesCard();
  const body = h("div", { class: "view-body" }, waiting(8));
  let shown = false;

  const after = () => {
    askStatus();
    askAhead();
    charts.refresh();
  };

  function tell() {
    const { status } = known;
    if (!status) return;
    if (!shown) {
      put(body, problems, progress.element, h("div", { class: "columns" }, h("div", { class: "view-body" }, charts.calls, charts.outcomes, zones.element), h("div", { class: "view-body" }, pace.element, due.element, finder(name))));
      shown = true;
    }
    state.tell(status.state);
    when(sentence, said(status, known.ahead, true), () => said(status, known.ahead));
    progress.tell(status);
    pace.tell(status, known.ahead);
    const account = known.accounts.find((one) => one.provider === known.ahead?.provider);
    const found = problemsOf({ ...known, account }, { after });
    when(problems, found.map(({ level, title, todo }) => [level, text(title), text(todo)]), () => found.map(shownProblem));
    problems.hidden = found.length === 0;
    when(actions, [status.state, status.contacts.total > 0, Boolean(status.archived)], () => actionsOf(status, () => known.status, after));
  }

  const askStatus = watch(
    path(["campaigns", name]),
    STATUS_EVERY_MS,
    signal,
    (status) => {
      known.status = status;
      tell();
    },
    (problem) => {
      if (problem?.status === 404) put(body, failure(problem), linkButton("All campaigns", "/", { name: "back" }));
      else document.dispatchEvent(new CustomEvent("trouble", { detail: problem }));
    },
  );
  const quietly = () => {};
  const askAhead = watch(path(["campaigns", name, "ahead"]), AHEAD_EVERY_MS, signal, (ahead) => {
    const first = known.ahead === null;
    known.ahead = ahead;
    zones.tell(ahead);
    due.tell(ahead);
    if (first) charts.refresh();
    tell();
  }, quietly);
  watch(path(["campaigns", name, "plan"]), PLAN_EVERY_MS, signal, (plan) => {
    known.plan = plan;
    tell();
  }, quietly);
  watch(path(["providers"]), MACHINES_EVERY_MS, signal, ({ providers }) => (known.accounts = providers), quietly);
  watch(path(["workers"]), MACHINES_EVERY_MS, signal, ({ workers }) => (known.workers = workers.length), quietly);

  const head = viewHead(name, { crumbs: [["Campaigns", "/"]], below: [state.element, sentence], actions });
  return { title: name, element: h("div", { class: "view" }, head, body) };
}

const text = (value) => (Array.isArray(value) ? value.map((one) => one.textContent ?? one).join("") : value);

/** The campaign's limit that binds, for the chart. */
function limit(ahead) {
  const own = ahead?.limits.rate;
  const account = ahead?.limits.provider_rate;
  if (own && (!account || own <= account)) return [own, `limit ${speed(own)}/s`];
  return account ? [account, `account's limit ${speed(account)}/s`] : [0, ""];
}

/** How it stands, in a sentence. `plain`: as a key that changes when the sentence does. */
function said(status, ahead, plain = false) {
  const at = (iso) => (plain ? away(iso) : [time(iso), ` (${away(iso)})`]);
  const left = status.contacts.total - DONE.reduce((sum, one) => sum + status.contacts[one], 0);
  switch (status.state) {
    case "running": {
      if (status.live_calls > 0 || status.rate_now > 0) {
        const finish = status.finish_estimate ? [" Done about ", at(status.finish_estimate), "."] : "";
        return [`Calling: ${plural(status.live_calls, "live call")}, ${rate(status.rate_now)} started a second.`, finish];
      }
      if (left === 0) return ["Nobody is left to be called."];
      const open = ahead?.zones.some((zone) => zone.open_now);
      const next = ahead?.zones.map((zone) => zone.next_open_at).filter(Boolean).sort()[0];
      if (ahead && !open && next) return ["Outside calling hours everywhere; the next time zone opens ", at(next), "."];
      const later = ahead?.due_later[0];
      if (ahead && ahead.due_now === 0 && later) return [`Nobody is due now; the next contacts come due after ${plain ? later.from : moment(later.from)}.`];
      return ["Running; no call is live at the moment."];
    }
    case "scheduled":
      return status.next_run_at ? ["The next run starts ", at(status.next_run_at), "."] : [CAMPAIGN_STATES.scheduled.means];
    case "paused":
      return [status.live_calls ? `No new call starts; ${plural(status.live_calls, "call")} still live.` : "No new call starts until it is resumed."];
    case "stopping":
      return [`No new call starts; ${plural(status.live_calls, "call")} still live.`];
    default:
      return status.archived ? [`${CAMPAIGN_STATES[status.state].means} Archived since `, at(status.archived.since), `: its files are in ${status.archived.place}, and it is not changed any more.`] : [CAMPAIGN_STATES[status.state].means];
  }
}

function actionsOf(status, now, after) {
  const archived = Boolean(status.archived);
  const verbs = mayAct() && !archived ? verbsOf(status.state).map((verb) => verbButton(verb, now, after)) : [];
  const over = archived || ["stopped", "stopping"].includes(status.state);
  const upload = mayAct() && !over && linkButton("Upload", `/campaigns/${status.campaign}/upload`, { name: "upload" });
  return [verbs, upload, status.contacts.total > 0 && downloads(status.campaign)];
}

/** The exports, fetched with the token and saved as files. */
function downloads(name) {
  const save = (what) => async () => {
    try {
      const response = await send("GET", path(["campaigns", name, what], { format: "csv" }), { accept: "text/csv" });
      const link = h("a", { href: URL.createObjectURL(await response.blob()), download: `${name}-${what}.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (problem) {
      toast(`${problem.message}. ${problem.hint ?? ""}`, "bad");
    }
    menu.open = false;
  };
  const menu = h(
    "details",
    { class: "menu" },
    h("summary", { class: "button" }, icon("download"), h("span", {}, "Download")),
    h("div", { class: "menu-list" }, button("Results, one row a contact", { kind: "plain", onpress: save("results") }), button("Attempts, one row a call", { kind: "plain", onpress: save("attempts") })),
  );
  menu.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && (menu.open = false));
  return menu;
}

function progressCard() {
  const bar = shareBar();
  const part = h("b", { class: "big" });
  const of = h("span", { class: "quiet" });
  const cells = Object.entries(CONTACT_STATES).map(([state, { means }]) => {
    const number = h("b", { "data-state": state });
    return { state, tick: ticker(number), element: h("li", { title: means }, stateTag(state), number) };
  });
  const element = card("Contacts", { className: "progress" }, h("p", { class: "progress-line" }, part, of), bar.element, h("ul", { class: "counts" }, cells.map((cell) => cell.element)));
  const tell = ({ contacts }) => {
    const done = DONE.reduce((sum, state) => sum + contacts[state], 0);
    say(part, contacts.total ? percent(done, contacts.total) : "–");
    say(of, contacts.total ? `${count(done)} of ${plural(contacts.total, "contact")} done` : "no contacts yet");
    bar.tell(contacts);
    cells.forEach((cell) => cell.tick(contacts[cell.state]));
  };
  return { element, tell };
}

function paceCard() {
  const now = h("b", { class: "big" });
  const nowOf = h("span", { class: "quiet" });
  const pace = meter("Calls per second against the limit");
  const live = h("b", { class: "big" });
  const tick = ticker(live);
  const liveOf = h("span", { class: "quiet" });
  const lines = meter("Live calls against the limit");
  const finish = h("time");
  const finishRow = h("div", { class: "fact" }, h("dt", {}, "Done about"), h("dd", {}, finish));
  const attempts = h("dd");
  const per = h("dd");
  const bound = h("dd");
  const facts = h("dl", { class: "facts" }, finishRow, h("div", { class: "fact" }, h("dt", {}, "Attempts"), attempts), h("div", { class: "fact" }, h("dt", {}, "Answered"), per), h("div", { class: "fact" }, h("dt", {}, "Limited by"), bound));
  const element = card("Pace", {}, h("p", { class: "pace-line" }, now, nowOf), pace.element, h("p", { class: "pace-line" }, live, liveOf), lines.element, facts);
  const least = (...limits) => Math.min(...limits.filter((one) => one));
  const tell = (status, ahead) => {
    const limits = ahead?.limits ?? {};
    const fastest = least(limits.rate, limits.provider_rate);
    const most = least(limits.max_concurrent, limits.provider_max_concurrent);
    say(now, rate(status.rate_now));
    say(nowOf, Number.isFinite(fastest) ? `of ${speed(fastest)} calls a second` : "calls a second, no limit");
    pace.tell(status.rate_now, Number.isFinite(fastest) ? fastest : 0, nowOf.textContent);
    tick(status.live_calls);
    say(liveOf, Number.isFinite(most) ? `of ${count(most)} live calls` : status.live_calls === 1 ? "live call" : "live calls");
    lines.tell(status.live_calls, Number.isFinite(most) ? most : 0, liveOf.textContent);
    finishRow.hidden = !status.finish_estimate;
    if (status.finish_estimate) tellTime(finish, status.finish_estimate, (iso) => `${moment(iso)} (${away(iso)})`);
    const ended = Object.values(status.outcomes).reduce((sum, one) => sum + one, 0);
    const reached = (status.outcomes.answered ?? 0) + (status.outcomes.submitted ?? 0);
    say(attempts, count(status.attempts));
    say(per, ended ? `${percent(reached, ended)} of ended calls` : "–");
    say(bound, LIMITED_BY[ahead?.pace.limited_by] ?? "–");
  };
  return { element, tell };
}

function zonesCard() {
  const note = h("p", { class: "note" });
  const body = h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Calling hours by time zone" }, waiting(3));
  let all = false;
  let last = null;
  const tell = (ahead) => {
    last = ahead;
    put(note, zonesSaid(ahead));
    put(body, ahead.zones.length === 0 ? h("p", { class: "quiet" }, "Time zones show here while somebody is to be called.") : zonesTable(ahead, all, more));
  };
  const more = () => {
    all = true;
    tell(last);
  };
  return { element: card("Calling hours", { note }, body), tell };
}

/** Looks up one contact of the campaign. */
function finder(name) {
  const key = h("input", { type: "search", placeholder: "+1 202 555 0123, or an id", "aria-label": "Number or id of a contact", required: true });
  const form = h("form", { class: "finder" }, h("div", { class: "search" }, icon("search"), key), button("Find", { type: "submit" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(`/contacts?${new URLSearchParams({ q: key.value.trim(), campaign: name })}`);
  });
  return card("Find a contact", { note: "Every attempt, and why it is not being called now." }, form);
}
