// What keeps a campaign from doing its work, in plain words, each with what to do.

import { path, post } from "../api.js";
import { confirm } from "../dialog.js";
import { h } from "../dom.js";
import { percent, plural, rich } from "../format.js";
import { button, linkButton, notice } from "../parts.js";
import { mayAct } from "../session.js";
import { sentence } from "../words.js";

const BAD_SHARE = 0.2;
const CALLS_ENOUGH = 50;

/**
 * All of them, the worst first, as `{level, title, todo, action}`. Anything but the status may not be known yet.
 * `acts.after` is called when something was done.
 */
export function problemsOf({ status, ahead, account, workers, plan }, acts) {
  const found = [];
  const add = (level, title, todo, action) => found.push({ level, title, todo, action });
  const open = ["running", "paused", "scheduled", "draft"].includes(status.state);
  if (status.state === "paused" && status.reason) {
    add("bad", `Paused: ${sentence(status.reason)}`, "See to the cause, then resume. Nobody was charged for it.");
  }
  if (account && account.state !== "ok" && open) accountProblem(account, add);
  else if (status.state === "running" && status.reason && !account) add("bad", sentence(status.reason), "");
  if (status.state === "running" && workers === 0) {
    add("bad", "No worker is running, so nobody places calls.", "Start redial worker, or redial up, with the same Redis.");
  }
  if (status.contacts.held > 0 && status.state !== "stopped") heldProblem(status, acts, add);
  if (status.contacts.total === 0 && ["draft", "scheduled", "running"].includes(status.state)) {
    add("info", "Nobody is in its list yet.", "Upload a file of contacts; they can be called as soon as they are in.", mayAct() && linkButton("Upload a list", `/campaigns/${status.campaign}/upload`, { name: "upload" }));
  }
  badCalls(status, add);
  neverOpen(ahead, add);
  foreseen(plan, add);
  const rank = ["bad", "warn", "info"];
  return found.sort((a, b) => rank.indexOf(a.level) - rank.indexOf(b.level));
}

function accountProblem(account, add) {
  const link = linkButton("Providers", "/providers", { name: "providers" });
  const said = account.reason ? `: ${account.reason}` : "";
  const { provider } = account;
  if (account.state === "paused") add("bad", sentence(`the provider account ${provider} is paused${said}`), "None of its campaigns starts a call. Resume the account once the cause is gone.", link);
  else if (account.state === "down") add("bad", sentence(`the provider account ${provider} does not answer${said}`), rich(`It is tried again at ${account.until}, and calls go on by themselves when it answers.`), link);
  else if (account.state === "waiting") add("warn", sentence(`the provider account ${provider} asked for a pause${said}`), rich(`Calls go on by themselves at ${account.until}.`), link);
  else add("info", sentence(`the provider account ${provider} calls more slowly${said}`), "It gets faster by itself while the provider answers well.", link);
}

function heldProblem(status, acts, add) {
  const held = status.contacts.held;
  const body = [
    h("p", {}, `${plural(held, "contact")} will be put back and called as hours and pace allow.`),
    h("p", {}, "Those whose cause is still there, such as an unknown time zone, are held again."),
  ];
  const ask = () => {
    const act = async () => {
      const answer = await post(path(["campaigns", status.campaign, "release"]), {});
      return `${plural(answer.released, "contact")} put back`;
    };
    return confirm({ title: "Put held contacts back?", yes: "Put back", body, act }).then((done) => done && acts.after());
  };
  add(
    "warn",
    `${plural(held, "contact")} cannot be called until somebody acts.`,
    "The reason stands with each contact, and in the column reason of the results. See to it, then put them back.",
    mayAct() && button("Put back", { onpress: ask }),
  );
}

function badCalls({ outcomes, state }, add) {
  const all = Object.values(outcomes).reduce((sum, number) => sum + number, 0);
  const bad = (outcomes.error ?? 0) + (outcomes.unknown ?? 0);
  if (all >= CALLS_ENOUGH && bad / all > BAD_SHARE && state !== "stopped") {
    add("warn", `${percent(bad, all)} of the calls ended in an error, or nobody knows how.`, "The reasons stand in the attempts (Download). A [guard] in the definition pauses a campaign by itself when this happens.");
  }
}

function neverOpen(ahead, add) {
  const never = (ahead?.zones ?? []).filter((zone) => !zone.open_now && !zone.next_open_at && zone.contacts > 0);
  if (never.length === 0) return;
  const contacts = never.reduce((sum, zone) => sum + zone.contacts, 0);
  const where = never.map((zone) => zone.zone || "an unknown time zone").slice(0, 3).join(", ");
  add("warn", `${plural(contacts, "contact")} in ${where}${never.length > 3 ? " and elsewhere" : ""} can not be called within 15 days.`, "Their calling hours do not open. Correct [calling_hours] in the definition and apply it again.");
}

/** What the plan warns of and nothing above has told. */
function foreseen(plan, add) {
  const told = /held:|can never be called|it is paused|was stopped|is not armed yet|is paused:|is down,|waits until/;
  for (const warning of plan?.warnings ?? []) {
    if (!told.test(warning)) add("warn", rich(sentence(warning)), "Raise the pace, widen the hours or move the end in the definition, and apply it again.");
  }
}

/** One of them, shown. */
export const shownProblem = ({ level, title, todo, action }) => notice(level, title, todo, action || undefined);
