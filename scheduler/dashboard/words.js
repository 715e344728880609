// The words of the engine, with what they mean, a mark and a colour. Colours never stand alone.

/** States of a campaign. */
export const CAMPAIGN_STATES = {
  running: { label: "Running", icon: "play", tone: "live", means: "Calls are placed as hours and pace allow." },
  stopping: { label: "Stopping", icon: "stop", tone: "warn", means: "No new call starts; the last ones are ending." },
  paused: { label: "Paused", icon: "pause", tone: "warn", means: "No new call starts until it is resumed." },
  scheduled: { label: "Scheduled", icon: "clock", tone: "calm", means: "It waits for its next run." },
  draft: { label: "Draft", icon: "draft", tone: "quiet", means: "It has not been started." },
  completed: { label: "Completed", icon: "check", tone: "good", means: "Nobody is left to be called." },
  stopped: { label: "Stopped", icon: "stop", tone: "quiet", means: "It was ended for good." },
};

/** States of a contact, in the order of the bar: what is done first. */
export const CONTACT_STATES = {
  completed: { label: "Completed", means: "somebody answered" },
  failed: { label: "Failed", means: "attempts used up, or refused for good" },
  suppressed: { label: "Suppressed", means: "on a do-not-call list" },
  expired: { label: "Expired", means: "the campaign ended before its turn" },
  cancelled: { label: "Cancelled", means: "taken out, or the campaign was stopped" },
  held: { label: "Held", means: "cannot be called until somebody acts" },
  active: { label: "Active", means: "being dialed or on a call" },
  waiting: { label: "Waiting", means: "to be called again later" },
  pending: { label: "Pending", means: "not called yet" },
};

/** What is over with a contact. */
export const DONE = ["completed", "failed", "suppressed", "expired", "cancelled"];

/** Outcomes of attempts, in the order of charts. */
export const OUTCOMES = {
  answered: "Answered",
  submitted: "Submitted",
  voicemail: "Voicemail",
  no_answer: "No answer",
  busy: "Busy",
  rejected: "Rejected",
  temporarily_unavailable: "Unavailable",
  invalid_number: "Invalid number",
  error: "Error",
  unknown: "Unknown",
  cancelled: "Cancelled",
};

/** What sets the pace, as `plan` names it. */
export const LIMITED_BY = {
  "pacing.rate": "the campaign's own rate",
  "provider rate": "the provider account's rate",
  "pacing.max_concurrent": "the campaign's limit of live calls",
  "provider max_concurrent": "the provider account's limit of live calls",
  "present rate": "what it does at present",
  none: "nothing",
};

/** How a provider account fares. */
export const ACCOUNT_STATES = {
  ok: { label: "Fine", icon: "check", tone: "good" },
  slowed: { label: "Slowed", icon: "slow", tone: "warn" },
  waiting: { label: "Waiting", icon: "clock", tone: "warn" },
  down: { label: "Down", icon: "alert", tone: "bad" },
  paused: { label: "Paused", icon: "pause", tone: "warn" },
};

export const contactState = (word) => CONTACT_STATES[word]?.label ?? word;
export const outcome = (word) => OUTCOMES[word] ?? word;

/** A sentence from one of the engine's own lines, which begin small and have no full stop. */
export function sentence(text) {
  if (!text) return "";
  const first = text[0].toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
