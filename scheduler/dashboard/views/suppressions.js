// Who must not be called: looking a number up, adding and taking off, and the lists.

import { get, path, post, remove, send } from "../api.js";
import { confirm } from "../dialog.js";
import { h, put } from "../dom.js";
import { count, moment, plural, time } from "../format.js";
import { icon } from "../icons.js";
import { watch } from "../live.js";
import { button, card, empty, failure, field, notice, toast, viewHead, waiting } from "../parts.js";
import { mayAct } from "../session.js";
import { sentence } from "../words.js";

const EVERY_MS = 10_000;

export function suppressionsView({ signal }) {
  const lists = h("div", { class: "list" }, waiting(2));
  const refresh = watch(path(["suppressions"]), EVERY_MS, signal, (answer) => put(lists, listsTable(answer.lists)));
  const body = h("div", { class: "columns" }, h("div", { class: "view-body" }, lookUp(refresh), card("Lists", { note: "A list of the workspace binds every campaign; one of a campaign binds that campaign." }, lists), mayAct() && importing(refresh)), mayAct() && adding(refresh));
  const lead = h("p", { class: "lead" }, "When a number has been added, no new call to it starts any more.");
  return { title: "Do not call", element: h("div", { class: "view" }, viewHead("Do not call", { below: lead }), body) };
}

const numbersOf = (text) => text.split(/[\n,;]+/).map((one) => one.trim()).filter(Boolean);

function lookUp(refresh) {
  const number = h("input", { type: "search", "aria-label": "Number to look up", placeholder: "+1 202 555 0123", required: true });
  const found = h("div", { "aria-live": "polite" });
  const form = h("form", { class: "finder" }, h("div", { class: "search" }, icon("search"), number), button("Look up", { type: "submit" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await get(path(["suppressions", "check"], { numbers: number.value.replace(/[\s().-]/g, "") }));
      put(found, answer.numbers.map(told));
    } catch (problem) {
      put(found, failure(problem));
    }
  });
  const told = (one) => {
    if (!one.suppressed) return notice("good", `${one.number} may be called.`, "It is on no list of the workspace. Lists of single campaigns were not looked at.");
    const entries = one.lists.map((entry) => h("li", {}, h("b", {}, entry.list), " since ", time(entry.since), entry.until && [" until ", time(entry.until)], entry.reason && `: ${entry.reason}`));
    const off = mayAct() && button("Take it off", { onpress: () => takeOff(one.number) });
    return [notice("warn", `${one.number} is not called.`, h("ul", { class: "plain" }, entries), off)];
  };
  const takeOff = async (which) => {
    const act = async () => {
      await remove(path(["suppressions"], { numbers: which }));
      return `${which} is on no list of the workspace any more`;
    };
    if (await confirm({ title: `Take ${which} off all lists?`, yes: "Take off", danger: true, body: h("p", {}, "It may be called again, by any campaign that has it and has not finished with it."), act })) {
      form.requestSubmit();
      refresh();
    }
  };
  return card("Look a number up", {}, form, found);
}

function adding(refresh) {
  const numbers = h("textarea", { rows: 3, required: true, spellcheck: "false", placeholder: "+12025550123" });
  const reason = h("input", { type: "text", maxlength: 200 });
  const expires = h("input", { type: "text", placeholder: "for good", maxlength: 10 });
  const wrong = h("div", { role: "alert" });
  const form = h("form", {}, field("Numbers", numbers, "One a line, with the country's code."), field("Reason", reason), field("For how long", expires, "Such as 60d; empty: for good."), wrong, button("Add", { kind: "primary", type: "submit", name: "plus" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    put(wrong);
    try {
      const body = { numbers: numbersOf(numbers.value), reason: reason.value.trim(), expires: expires.value.trim() || undefined };
      const answer = await post(path(["suppressions"]), body);
      toast(`${plural(answer.added, "number")} added to ${answer.list}${answer.known ? `, ${count(answer.known)} were on it` : ""}. No new call to them starts.`);
      form.reset();
      refresh();
    } catch (problem) {
      put(wrong, failure(problem));
    }
  });
  return card("Add numbers", {}, form);
}

function importing(refresh) {
  const file = h("input", { type: "file", accept: ".txt,.csv,.gz", required: true });
  const list = h("input", { type: "text", required: true, pattern: "[a-z0-9\\-]{1,64}", placeholder: "registry" });
  const country = h("input", { type: "text", maxlength: 2, size: 4, placeholder: "US" });
  const said = h("div", { "aria-live": "polite" });
  const go = button("Import", { kind: "primary", type: "submit", name: "upload" });
  const form = h("form", { class: "row-form" }, field("File", file, "One number a line, plain or gzipped, of any size."), field("List", list, "Small letters, digits and dashes."), field("Country", country, "Of national numbers."), go, said);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    put(said, h("p", { class: "quiet" }, "Importing …"));
    try {
      const url = path(["suppressions", "import"], { list: list.value, country: country.value });
      const answer = await (await send("POST", url, { body: file.files[0], type: "application/octet-stream" })).json();
      const rejected = answer.rejected > 0 ? `${plural(answer.rejected, "line")} held no number, such as line ${answer.rejects[0].line}: ${sentence(answer.rejects[0].reason)}` : "";
      put(said, notice("good", `${answer.list} has ${plural(answer.imported, "imported number")}, ${count(answer.new)} of them new.`, rejected));
      form.reset();
      refresh();
    } catch (problem) {
      put(said, failure(problem));
    }
  });
  return card("Import a file", { note: "It replaces at once what was imported into the same list before; numbers added one by one stay." }, form);
}

function listsTable(lists) {
  if (lists.length === 0) return empty("No lists yet", "The first number that is added makes the list do-not-call.");
  const row = (one) => h("tr", {}, h("th", { scope: "row" }, one.list), h("td", {}, one.campaign ?? "every campaign"), h("td", { class: "number" }, count(one.added)), h("td", { class: "number" }, count(one.imported)), h("td", {}, one.imported_at ? time(one.imported_at, moment) : "–"), h("td", {}, one.until ? time(one.until, moment) : "for good"), h("td", {}, one.reason));
  const heads = [["List"], ["Binds"], ["Added", "number"], ["Imported", "number"], ["Imported at"], ["Until"], ["Reason"]];
  return h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Lists" }, h("table", { class: "rows" }, h("caption", { class: "unseen" }, "Do-not-call lists"), h("thead", {}, h("tr", {}, heads.map(([label, className]) => h("th", { scope: "col", class: className }, label)))), h("tbody", {}, lists.map(row))));
}
