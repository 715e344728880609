// A list for a campaign, in three steps: choose the file, see what would become of it, add it.

import { failure as failed, path } from "../api.js";
import { rejectsFile, firstRows } from "../csv.js";
import { h, mark, put, say } from "../dom.js";
import { bytes, count, percent, plural } from "../format.js";
import { icon } from "../icons.js";
import { button, card, empty, failure, field, linkButton, notice, viewHead } from "../parts.js";
import { bearer } from "../session.js";

/** Columns that mean something; all others are attributes. */
const MEANINGS = [
  ["phone", "Phone number"],
  ["id", "Id"],
  ["country", "Country of national numbers"],
  ["timezone", "Time zone"],
  ["priority", "Priority, 1 to 9"],
  ["not_before", "Not before (time)"],
];
const LIKELY = {
  phone: /^(phone|phone.?number|mobile|mobile.?phone|cell|cellphone|tel|telephone|telefon|telefono|numero|number|msisdn|handy|portable)$/,
  id: /^(id|contact.?id|customer.?id|external.?id|reference|crm.?id)$/,
  country: /^(country|country.?code|iso.?country|pays|land)$/,
  timezone: /^(timezone|time.?zone|tz)$/,
  priority: /^(priority|prio)$/,
  not_before: /^(not.?before)$/,
};
const SHOWN_REJECTS = 100;

export function uploadView({ parts: { name }, signal }) {
  const input = h("input", { type: "file", class: "unseen", id: "file", accept: ".csv,.tsv,.txt,.jsonl,.ndjson,.xlsx,.gz" });
  const drop = h("label", { class: "drop", for: "file" }, icon("upload"), h("b", {}, "Drop a list here, or choose a file"), h("span", { class: "quiet" }, "CSV, TSV, JSON Lines or a spreadsheet (.xlsx), also gzipped. One row a contact; a column with phone numbers is all it needs."));
  const steps = h("div", { class: "view-body" });
  let file = null;
  let columns = null;
  let mapping = {};
  let sending = null;

  input.addEventListener("change", () => input.files[0] && choose(input.files[0]));
  for (const type of ["dragover", "dragenter"]) drop.addEventListener(type, (event) => (event.preventDefault(), mark(drop, "data-over", true)));
  for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => mark(drop, "data-over", null));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]);
  });
  signal.addEventListener("abort", () => sending?.abort());

  const again = () => {
    sending?.abort();
    input.value = "";
    put(steps, h("div", { class: "drop-place" }, input, drop));
  };

  async function choose(chosen) {
    file = chosen;
    columns = await firstRows(file).catch(() => null);
    mapping = columns ? guessed(columns.columns) : {};
    const result = h("div", { class: "view-body", "aria-live": "polite" });
    const check = button("Check the list", { kind: "primary", onpress: () => dryRun(result) });
    put(steps, fileCard(), columns ? mappingCard(columns, mapping, () => put(result)) : columnCard(mapping), h("div", { class: "actions" }, check, button("Choose another file", { kind: "plain", onpress: again })), result);
    check.focus();
  }

  const fileCard = () => h("div", { class: "file-line" }, icon("file"), h("b", {}, file.name), h("span", { class: "quiet" }, bytes(file.size)), columns && h("span", { class: "quiet" }, plural(columns.columns.length, "column")));

  const address = (dry) => path(["campaigns", name, "contacts"], { dry_run: dry || undefined, file: file.name, map: maps(mapping) });

  async function dryRun(result) {
    const answer = await transfer(result, "Checking", true, "application/json");
    if (!answer) return;
    const told = JSON.parse(answer);
    const add = button(told.accepted === 1 ? "Add 1 contact" : `Add ${count(told.accepted)} contacts`, { kind: "primary", name: "upload", disabled: told.accepted === 0, onpress: () => write(result) });
    const nothing = told.accepted === 0 && notice("info", told.duplicate > 0 ? "Everybody in this file is in the campaign already." : "No row of this file can become a contact.", told.rejected > 0 ? "The reasons are below. Correct the file or the columns above, and check again." : "Adding it would change nothing.");
    put(result, card("What would become of it", { note: "Nothing has been written yet." }, tiles(told, "would be added"), nothing, rejectsTable(told)), h("div", { class: "actions" }, add, button("Choose another file", { kind: "plain", onpress: again })));
    (add.disabled ? result : add).focus();
  }

  async function write(result) {
    const answer = await transfer(result, "Adding", false, "application/jsonl");
    if (!answer) return;
    const end = answer.indexOf("\n");
    const told = { ...JSON.parse(answer.slice(0, end < 0 ? undefined : end)) };
    told.rejects = answer.split("\n", SHOWN_REJECTS + 1).slice(1).filter(Boolean).map((line) => JSON.parse(line));
    const save = () => {
      const link = h("a", { href: URL.createObjectURL(new Blob([rejectsFile(answer)], { type: "text/csv" })), download: `${file.name.replace(/\.(gz|csv|tsv|jsonl|xlsx)$/gi, "")}-rejects.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    };
    put(
      steps,
      fileCard(),
      notice("good", `${plural(told.accepted, "contact")} added to ${name}.`, told.rejected > 0 ? "Rejected rows are not lost: download them, correct them, and upload that file." : "Uploading the same file again would add nothing."),
      card("What became of it", {}, tiles(told, "added"), rejectsTable(told)),
      h("div", { class: "actions" }, linkButton(`Back to ${name}`, `/campaigns/${encodeURIComponent(name)}`, { kind: "primary" }), told.rejected > 0 && button("Download rejected rows", { name: "download", onpress: save }), button("Upload another file", { kind: "plain", onpress: again })),
    );
  }

  /** Sends the file, from the disk as it is, and shows how far it has come. Gives the answer's text, or nothing. */
  function transfer(result, doing, dry, accept) {
    const bar = h("i");
    const words = h("span", {}, `${doing} …`);
    const meter = h("div", { class: "meter tall", role: "progressbar", "aria-label": doing, "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
    put(result, h("div", { class: "transfer" }, h("p", {}, words), meter, button("Cancel", { kind: "plain", onpress: () => sending?.abort() })));
    const request = new XMLHttpRequest();
    sending = request;
    return new Promise((resolve) => {
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        const share = total ? (loaded / total) * 100 : 100;
        bar.style.setProperty("inline-size", `${share.toFixed(1)}%`);
        mark(meter, "aria-valuenow", Math.round(share));
        say(words, loaded < total ? `${doing}: ${percent(loaded, total)} of ${bytes(total)}` : `${doing}: all of ${bytes(total)} is sent, the last rows are being read …`);
      });
      request.addEventListener("loadend", async () => {
        sending = null;
        if (request.status >= 200 && request.status < 300) return resolve(request.responseText);
        resolve(null);
        if (signal.aborted) return;
        if (request.status > 0) put(result, failure(await failed(request.status, request.responseText)));
        else put(result, notice(dry ? "info" : "warn", "The transfer ended early.", dry ? "Nothing was written." : "What had been sent is in the campaign. Send the file again, and the rest is added."));
      });
      request.open("POST", address(dry));
      request.setRequestHeader("authorization", `Bearer ${bearer() ?? ""}`);
      request.setRequestHeader("accept", accept);
      request.setRequestHeader("content-type", "application/octet-stream");
      request.send(file);
    });
  }

  again();
  const crumbs = [["Campaigns", "/"], [name, `/campaigns/${encodeURIComponent(name)}`]];
  const lead = h("p", { class: "lead" }, "First you see what would become of each row; nothing is written before you say so.");
  return { title: `Upload to ${name}`, element: h("div", { class: "view narrow" }, viewHead("Upload a list", { crumbs, below: lead }), steps) };
}

/** For each meaning the column that most likely has it. */
function guessed(columns) {
  const found = {};
  for (const [meaning] of MEANINGS) {
    const exact = columns.findIndex((one) => one.toLowerCase() === meaning);
    const likely = columns.findIndex((one) => LIKELY[meaning].test(one.toLowerCase().replace(/[\s_-]+/g, " ").trim().replaceAll(" ", "_")) || LIKELY[meaning].test(one.toLowerCase()));
    const place = exact >= 0 ? exact : likely;
    if (place >= 0 && !Object.values(found).includes(columns[place])) found[meaning] = columns[place];
  }
  // Lists with phone1, phone2, … say by themselves what they are.
  if (columns.some((one) => /^phone\d+$/i.test(one))) delete found.phone;
  return found;
}

const maps = (mapping) => Object.entries(mapping).filter(([meaning, column]) => column && column.toLowerCase() !== meaning).map(([meaning, column]) => `${meaning}=${column}`);

function mappingCard({ columns, rows }, mapping, changed) {
  const own = (column) => Object.entries(mapping).find(([, one]) => one === column)?.[0] ?? (/^phone\d+$/i.test(column) ? "numbered" : "");
  const selects = [];
  const headOf = (column) => {
    const options = [["", "Attribute"], ...MEANINGS, ...(/^phone\d+$/i.test(column) ? [["numbered", "Phone number"]] : [])];
    const select = h("select", { "aria-label": `What the column ${column} is` }, options.map(([value, label]) => h("option", { value }, label)));
    select.value = own(column);
    select.addEventListener("change", () => {
      for (const meaning of Object.keys(mapping)) if (mapping[meaning] === column) delete mapping[meaning];
      if (select.value && select.value !== "numbered") mapping[select.value] = column;
      selects.forEach(([other, name]) => other !== select && (other.value = own(name)));
      changed();
      tell();
    });
    selects.push([select, column]);
    return h("th", { scope: "col" }, h("span", { class: "column-name" }, column), select);
  };
  const note = h("p", { class: "note" });
  const tell = () => {
    const has = mapping.phone || columns.some((one) => /^phone\d+$/i.test(one));
    say(note, has ? "Say what each column is; attributes can be used in calls as {{column}}." : "Say which column holds the phone numbers.");
  };
  tell();
  if (columns.length === 0) return empty("The file has no rows", "Choose another one.");
  const table = h("table", { class: "rows preview" }, h("caption", { class: "unseen" }, "Columns and first rows"), h("thead", {}, h("tr", {}, columns.map(headOf))), h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((_, place) => h("td", {}, row[place] ?? ""))))));
  return card("Columns", {}, note, h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Columns and first rows" }, table));
}

/** For files that only the server can read. */
function columnCard(mapping) {
  const column = h("input", { type: "text", maxlength: 200, placeholder: "phone" });
  column.addEventListener("input", () => (mapping.phone = column.value.trim()));
  return card("Columns", {}, field("Column of the phone numbers", column, "As it stands in the first row; empty if it is called phone. All other columns become attributes."));
}

function tiles({ accepted, duplicate, rejected }, added) {
  const tile = (number, label, tone) => h("div", { class: `tile ${number ? tone : ""}` }, h("b", {}, count(number)), h("span", {}, label));
  return h("div", { class: "tiles" }, tile(accepted, added, "good"), tile(duplicate, "already there", ""), tile(rejected, "rejected", "bad"));
}

function rejectsTable({ rejected, rejects }) {
  if (!rejected) return null;
  const shown = rejects.slice(0, SHOWN_REJECTS);
  const rows = shown.map((one) => h("tr", {}, h("td", { class: "number" }, count(one.line)), h("td", {}, one.reason)));
  const table = h("table", { class: "rows" }, h("caption", {}, shown.length < rejected ? `The first ${count(shown.length)} of ${count(rejected)} rejected rows` : "Rejected rows"), h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "number" }, "Line"), h("th", { scope: "col" }, "Why"))), h("tbody", {}, rows));
  return h("div", { class: "scrolls tall", tabindex: "0", role: "region", "aria-label": "Rejected rows" }, table);
}
