// What is kept up to date while somebody looks. Every view gets its data through `watch`, so that another way than asking
// again and again changes this file alone. (Asking for one status a second is less work for everybody than `…/events`, which
// tells of every single call.)

import { get } from "./api.js";

const RETRY_MAX_MS = 15_000;

/** Tells the page that the server does not answer as it should, or (null) that it does again. */
const tellPage = (problem) => document.dispatchEvent(new CustomEvent("trouble", { detail: problem }));

/**
 * Asks for `url` (a string, or a function that gives one) every `every` milliseconds until `signal` is aborted, while the
 * tab is visible. `told` gets each answer, `failed` each problem; answers then mean that it is over (`failed(null)`).
 * Returns a function that asks at once.
 */
export function watch(url, every, signal, told, failed = tellPage) {
  let timer = 0;
  let asking = false;
  let again = false;
  let failures = 0;

  async function ask() {
    clearTimeout(timer);
    if (signal.aborted || document.hidden) return;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    let pause = every;
    try {
      const answer = await get(typeof url === "function" ? url() : url, signal);
      if (signal.aborted) return;
      if (failures > 0) failed(null);
      failures = 0;
      told(answer);
    } catch (problem) {
      if (signal.aborted || problem.name === "AbortError") return;
      if (!(problem.status >= 0)) throw problem;
      failures += 1;
      failed(problem);
      pause = Math.min(every * 2 ** failures, RETRY_MAX_MS);
    } finally {
      asking = false;
    }
    if (again) pause = 0;
    again = false;
    timer = setTimeout(ask, pause);
  }

  const seen = () => document.hidden || ask();
  document.addEventListener("visibilitychange", seen);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  });
  ask();
  return ask;
}
