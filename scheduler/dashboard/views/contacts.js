// Looking for somebody by number or id, in all campaigns.

import { get, path } from "../api.js";
import { h, put } from "../dom.js";
import { away, plural, time } from "../format.js";
import { icon } from "../icons.js";
import { badge, button, empty, failure, stateTag, viewHead, waiting } from "../parts.js";
import { go } from "../router.js";
import { CAMPAIGN_STATES, outcome } from "../words.js";

export const contactAddress = (campaign, contact) => `/campaigns/${encodeURIComponent(campaign)}/contacts/${encodeURIComponent(contact)}`;

export function contactsView({ query, signal }) {
  const key = h("input", { type: "search", "aria-label": "Number or id", placeholder: "+1 202 555 0123, or an id from your list", value: query.get("q") ?? "", required: true, maxlength: 200 });
  const campaign = query.get("campaign");
  const found = h("div", { class: "list", "aria-live": "polite" });
  const form = h("form", { class: "finder wide", role: "search" }, h("div", { class: "search" }, icon("search"), key), button("Search", { kind: "primary", type: "submit" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(`/contacts?${new URLSearchParams({ q: key.value.trim() })}`);
  });

  async function look() {
    if (!key.value.trim()) {
      put(found, empty("Who is it?", "Type a whole phone number, however it is written, or a contact's id. You will see every attempt, and why it is not being called now."));
      key.focus({ preventScroll: true });
      return;
    }
    put(found, waiting(3));
    try {
      const answer = await get(path(["contacts"], { q: key.value.trim(), campaign }), signal);
      tell(answer);
    } catch (problem) {
      if (problem.name !== "AbortError") put(found, failure(problem));
    }
  }

  function tell({ contacts, campaigns }) {
    const where = campaign ? `in ${campaign}` : `in ${plural(campaigns, "campaign")}`;
    if (contacts.length === 0) {
      put(found, empty(`Nobody ${where} has this number or id`, "Numbers are found however they are written, but only whole ones, with the country's code."), campaign && h("p", {}, h("a", { href: `/contacts?${new URLSearchParams({ q: key.value.trim() })}` }, "Search all campaigns")));
      return;
    }
    if (campaign && contacts.length === 1) return go(contactAddress(contacts[0].campaign, contacts[0].contact_id), true);
    const row = (one) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("a", { href: contactAddress(one.campaign, one.contact_id) }, one.contact_id), h("span", { class: "quiet" }, one.numbers.filter((number) => number !== one.contact_id).join(", "))),
        h("td", {}, h("a", { href: `/campaigns/${encodeURIComponent(one.campaign)}` }, one.campaign), " ", badge(CAMPAIGN_STATES, one.campaign_state).element),
        h("td", {}, stateTag(one.state)),
        h("td", {}, one.attempts ? `${plural(one.attempts, "attempt")}${one.outcome ? `, ${outcome(one.outcome).toLowerCase()}` : ""}` : "not called yet"),
        h("td", { class: "quiet" }, one.last_attempt_at && time(one.last_attempt_at, away)),
      );
    const heads = ["Contact", "Campaign", "State", "Attempts", "Last call"].map((label) => h("th", { scope: "col" }, label));
    put(found, h("p", { class: "note" }, `${plural(contacts.length, "contact")} ${where}`), h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Contacts found" }, h("table", { class: "rows" }, h("caption", { class: "unseen" }, "Contacts found"), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, contacts.map(row)))));
  }

  look();
  return { title: "Contacts", element: h("div", { class: "view" }, viewHead("Contacts", { below: h("p", { class: "lead" }, campaign ? `Looking in ${campaign} only.` : "Find anybody in any campaign, and what became of them.") }), form, found) };
}
