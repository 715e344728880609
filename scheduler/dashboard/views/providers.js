// Provider accounts: how each fares, how fast it may call, and pausing it.

import { path, post } from "../api.js";
import { confirm } from "../dialog.js";
import { h, keyed, mark, put, say, when } from "../dom.js";
import { count, limit, plural, rate, rich } from "../format.js";
import { watch } from "../live.js";
import { badge, button, empty, meter, viewHead, waiting } from "../parts.js";
import { mayAct } from "../session.js";
import { ACCOUNT_STATES, sentence } from "../words.js";

const EVERY_MS = 2000;
const TODO = {
  paused: "None of its campaigns starts a call. See to the reason, then resume it.",
  down: "It is tried again by itself; calls go on when it answers. If it stays down, look at the provider's own status.",
  waiting: "It asked for fewer requests. Calls go on by themselves.",
  slowed: "It gets faster by itself while the provider answers well.",
};

export function providersView({ signal }) {
  const list = h("div", { class: "cards" });
  const body = h("div", {}, waiting(3));
  const refresh = watch(path(["providers"]), EVERY_MS, signal, ({ providers }) => {
    if (providers.length === 0) return put(body, empty("No provider account", "Describe one in redial.toml, in a table [providers.NAME], and start the server again."));
    if (list.parentElement !== body) put(body, list);
    keyed(list, providers, (one) => one.provider, (one) => accountCard(one, () => refresh()));
  });
  const lead = h("p", { class: "lead" }, "Limits and health hold over all workers and campaigns together.");
  return { title: "Providers", element: h("div", { class: "view" }, viewHead("Providers", { below: lead }), body) };
}

function accountCard(account, refresh) {
  const state = badge(ACCOUNT_STATES, account.state);
  const said = h("div", { class: "account-said" });
  const live = h("b", { class: "big" });
  const liveOf = h("span", { class: "quiet" });
  const lines = meter("Live calls against the limit");
  const pace = h("dd");
  const slow = meter("Pace after trouble");
  const actions = h("div", { class: "actions" });
  const element = h(
    "section",
    { class: "card account", "aria-label": account.provider },
    h("div", { class: "card-head" }, h("h2", {}, account.provider), state.element, h("p", { class: "note" }, account.kind)),
    said,
    h("p", { class: "pace-line" }, live, liveOf),
    lines.element,
    h("dl", { class: "facts" }, h("div", { class: "fact" }, h("dt", {}, "Rate"), pace)),
    slow.element,
    actions,
  );
  const update = (now) => {
    state.tell(now.state);
    mark(element, "data-state", now.state);
    when(said, [now.state, now.reason, now.until], () => now.state !== "ok" && [h("p", {}, rich(sentence(now.reason || ACCOUNT_STATES[now.state].label)), now.until && [" ", ...rich(`Until ${now.until}.`)]), h("p", { class: "quiet" }, TODO[now.state])]);
    say(live, count(now.live_calls));
    say(liveOf, now.max_concurrent ? `of ${count(now.max_concurrent)} live calls` : "live calls, no limit");
    lines.tell(now.live_calls, now.max_concurrent ?? 0, liveOf.textContent);
    say(pace, now.rate ? now.pace < 1 ? `${rate(now.rate * now.pace)} of ${limit(now.rate)} calls a second` : `${limit(now.rate)} calls a second` : "no limit");
    slow.tell(now.pace, now.pace < 1 ? 1 : 0, `${Math.round(now.pace * 100)} %`);
    when(actions, [now.state === "paused", now.state], () => mayAct() && [now.state === "paused" || now.state === "waiting" ? resume(now) : null, now.state !== "paused" && pause(now)]);
  };
  const verb = (word, now, texts) =>
    button(texts.yes, {
      name: word === "pause" ? "pause" : "play",
      kind: word === "resume" ? "primary" : "",
      onpress: async () => {
        const act = async () => {
          await post(path(["providers", now.provider, word]));
          return texts.done;
        };
        if (await confirm({ ...texts, act })) refresh();
      },
    });
  const pause = (now) => verb("pause", now, { title: `Pause the account ${now.provider}?`, yes: "Pause", body: [h("p", {}, "No campaign of this account starts a new call once this has answered."), h("p", {}, `${plural(now.live_calls, "live call")} ${now.live_calls === 1 ? "goes" : "go"} on to the end. Results are still asked for.`)], done: `${now.provider} is paused` });
  const resume = (now) => verb("resume", now, { title: `Let ${now.provider} go on?`, yes: "Resume", body: [now.reason && h("p", {}, rich(sentence(`it stopped because ${now.reason}`))), h("p", {}, "Calls of its campaigns start again at once. If the provider refuses the account still, it is paused again.")], done: `${now.provider} goes on` });
  return { element, update };
}
