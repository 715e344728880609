// One contact's story: why it is not being called now, and every attempt.

import { path, remove } from "../api.js";
import { confirm } from "../dialog.js";
import { h, put, when } from "../dom.js";
import { away, lasting, moment, time, rich } from "../format.js";
import { icon } from "../icons.js";
import { watch } from "../live.js";
import { button, card, failure, linkButton, outcomeTag, stateTag, viewHead, waiting } from "../parts.js";
import { mayAct } from "../session.js";
import { DONE, outcome, sentence } from "../words.js";

const EVERY_MS = 2000;
const KNOWN_FROM = { list: "by its list", numbers: "by its numbers", unknown: "" };

export function contactView({ parts: { name, contact: key }, signal }) {
  const state = h("span");
  const actions = h("div", { class: "actions" });
  const body = h("div", { class: "view-body" }, waiting(5));
  const url = path(["campaigns", name, "contacts", key]);

  const ask = watch(url, EVERY_MS, signal, tell, (problem) => {
    if (problem?.status === 404) put(body, failure(problem), linkButton("Search all campaigns", `/contacts?${new URLSearchParams({ q: key })}`, { name: "search" }));
    else document.dispatchEvent(new CustomEvent("trouble", { detail: problem }));
  });

  function tell(contact) {
    when(state, contact.state, () => stateTag(contact.state));
    when(actions, DONE.includes(contact.state), () => (DONE.includes(contact.state) || !mayAct() ? [] : [takeOut(contact)]));
    when(body, contact, () => [why(contact), h("div", { class: "columns" }, story(contact), facts(contact))]);
  }

  const takeOut = (contact) =>
    button("Take out", {
      name: "close",
      onpress: async () => {
        const act = async () => {
          const { cancelled, on_call: onCall, cancelled_before: before } = await remove(url);
          if (onCall) return "it is on a call now, and is not called again after it";
          return cancelled ? "it is not called any more" : before ? "it was taken out before" : "it was finished before";
        };
        const text = [h("p", {}, "It is not called any more in this campaign. A call that goes on now goes on to its end."), h("p", {}, h("b", {}, "This cannot be undone."))];
        if (await confirm({ title: `Take ${contact.contact_id} out of ${name}?`, yes: "Take out", danger: true, body: text, act })) ask();
      },
    });

  const crumbs = [["Campaigns", "/"], [name, `/campaigns/${encodeURIComponent(name)}`]];
  return { title: `${key} in ${name}`, element: h("div", { class: "view" }, viewHead(key, { crumbs, below: state, actions }), body) };
}

function why(contact) {
  const next = contact.next_attempt_at && [" Next attempt ", time(contact.next_attempt_at, (iso) => `${moment(iso)} (${away(iso)})`), "."];
  return h("div", { class: "why-now" }, icon(DONE.includes(contact.state) ? "check" : contact.state === "active" ? "phone" : "clock"), h("div", {}, h("h2", {}, contact.state === "active" ? "Now" : "Why not now"), h("p", {}, rich(sentence(contact.why)), next)));
}

function story(contact) {
  if (contact.attempts.length === 0) return card("Attempts", {}, h("p", { class: "quiet" }, "It has not been called yet."));
  const attempt = (one, place) => {
    const label = one.outcome ? outcome(one.outcome) : "On the call";
    const length = one.ended_at && Date.parse(one.ended_at) - Date.parse(one.started_at);
    const said = [
      ["Called", `${one.phone}${contact.numbers.length > 1 ? ` (number ${one.number})` : ""} through ${one.provider}`],
      ["Took", length ? `${lasting(length)}${one.duration_s ? `, ${lasting(one.duration_s * 1000)} of talk` : ""}` : null],
      ["Provider said", one.provider_status],
      ["Reason", one.reason && sentence(one.reason)],
      ...Object.entries(one.captured ?? {}),
    ].filter(([, value]) => value !== null && value !== "" && value !== undefined);
    return h(
      "li",
      {},
      h("i", { class: `story-dot outcome-${one.outcome ?? "live"}`, "aria-hidden": "true" }),
      h("div", { class: "story-head" }, h("b", {}, `${place + 1}. `, one.outcome ? outcomeTag(one.outcome, label) : label), h("span", { class: "quiet" }, time(one.started_at, (iso) => `${moment(iso, true)} · ${away(iso)}`))),
      h("dl", { class: "pairs" }, said.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
      h("p", { class: "ids" }, [one.call_id && `call ${one.call_id}`, `attempt ${one.attempt_id}`, `worker ${one.worker}`].filter(Boolean).join(" · ")),
    );
  };
  return card("Attempts", { note: "The newest first." }, h("ol", { class: "story", reversed: true }, contact.attempts.map(attempt).reverse()));
}

function facts(contact) {
  const zones = contact.timezones.length ? `${contact.timezones.slice(0, 4).join(", ")}${contact.timezones.length > 4 ? ` and ${contact.timezones.length - 4} more` : ""}` : "Nobody knows";
  const known = [
    [contact.numbers.length === 1 ? "Number" : "Numbers", contact.numbers.map((number) => h("div", {}, number))],
    ["Time zone", [zones, contact.timezones_from !== "unknown" && h("span", { class: "quiet" }, ` ${KNOWN_FROM[contact.timezones_from]}`)]],
    ["Regions", contact.regions.join(", ")],
    ["Priority", contact.priority],
    ...Object.entries(contact.attributes),
  ].filter(([, value]) => value !== "" && value !== null);
  return card("Contact", {}, h("dl", { class: "pairs" }, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}
