// Start, pause, resume, stop: buttons for those that a campaign's state allows, each with what it will do.

import { get, path, post } from "../api.js";
import { confirm } from "../dialog.js";
import { h } from "../dom.js";
import { count, lasting, plural, rich } from "../format.js";
import { button, notice } from "../parts.js";
import { DONE, sentence } from "../words.js";

const VERBS = {
  draft: ["start"],
  scheduled: ["pause", "stop"],
  running: ["pause", "stop"],
  paused: ["resume", "stop"],
  completed: ["start"],
  stopping: [],
  stopped: [],
};

const LOOKS = {
  start: ["Start", "play", "primary"],
  pause: ["Pause", "pause", ""],
  resume: ["Resume", "play", "primary"],
  stop: ["Stop", "stop", ""],
};

/** What a state offers. */
export const verbsOf = (state) => VERBS[state] ?? [];

/** A button for one of them; `status` gives how the campaign stands, `after` is called when it is done. */
export function verbButton(verb, status, after) {
  const [label, name, kind] = LOOKS[verb];
  return button(label, {
    name,
    kind,
    onpress: async () => {
      const now = status();
      const act = async () => {
        const answer = await post(path(["campaigns", now.campaign, verb]));
        return `${answer.campaign}: ${answer.message}`;
      };
      if (await confirm({ ...(await QUESTIONS[verb](now)), act })) after();
    },
  });
}

const left = (contacts) => contacts.total - DONE.reduce((sum, state) => sum + contacts[state], 0);
const line = (...parts) => h("p", {}, ...parts);

const QUESTIONS = {
  start: async (status) => ({ title: `Start ${status.campaign}?`, yes: "Start", body: await foreseen(status) }),
  pause: (status) => ({
    title: `Pause ${status.campaign}?`,
    yes: "Pause",
    body: [
      line("No new call starts once this has answered."),
      line(status.live_calls ? `${plural(status.live_calls, "live call")} ${status.live_calls === 1 ? "goes" : "go"} on to the end.` : "No call is live."),
      line("Nobody is lost or charged for it; resume whenever you like."),
    ],
  }),
  resume: (status) => ({
    title: `Resume ${status.campaign}?`,
    yes: "Resume",
    body: [
      status.reason && notice("warn", `It was paused: ${status.reason}`, "If the cause is still there, it will be paused again."),
      line(`Calls go on where they ended, as hours and pace allow: ${plural(left(status.contacts), "contact")} ${left(status.contacts) === 1 ? "is" : "are"} not done.`),
    ],
  }),
  stop: (status) => ({
    title: `Stop ${status.campaign} for good?`,
    yes: "Stop for good",
    danger: true,
    type: status.campaign,
    body: [
      line(`${plural(left(status.contacts) - status.contacts.active, "contact")} that ${left(status.contacts) - status.contacts.active === 1 ? "is" : "are"} not finished will be cancelled.`),
      status.live_calls > 0 && line(`${plural(status.live_calls, "live call")} ${status.live_calls === 1 ? "goes" : "go"} on to the end.`),
      line(h("b", {}, "This cannot be undone."), " To go on later, pause instead."),
    ],
  }),
};

/** What a start will do, as the plan foresees it. */
async function foreseen(status) {
  const plan = await get(path(["campaigns", status.campaign, "plan"])).catch(() => null);
  if (!plan) return [line("Calls begin as its schedule and calling hours allow.")];
  const begins = plan.runs[0] && Date.parse(plan.runs[0].from) > Date.now() + 60_000 ? rich(`The first run starts at ${plan.runs[0].from}.`) : ["Calls begin at once, within calling hours."];
  const who = `${count(plan.callable_now)} can be called now, ${count(plan.callable_later)} later${plan.held ? `, ${count(plan.held)} are held` : ""}.`;
  const finish = plan.finish_estimate && plan.callable_now + plan.callable_later > 0 ? ` About ${lasting(Date.parse(plan.finish_estimate) - Date.now())} until all are done, at most ${plan.pace.calls_per_s.toFixed(1)} calls a second.` : "";
  const warnings = plan.warnings.filter((warning) => !warning.includes("is not armed yet"));
  return [line(begins), line(who, finish), warnings.map((warning) => notice("warn", rich(sentence(warning))))];
}
