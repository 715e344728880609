// Numbers, shares and times as people read them: times in the viewer's own zone, with UTC beside them on hover.

import { h, mark, say } from "./dom.js";

const whole = new Intl.NumberFormat("en");
const tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const precise = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const count = (number) => whole.format(number);
const upTo = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/** Calls a second as they are; limits, which are round, by `limit`. */
export const rate = (perSecond) => (perSecond >= 100 || perSecond < 0.05 ? whole.format(Math.round(perSecond)) : tenth.format(perSecond));
export const limit = (perSecond) => upTo.format(perSecond);

/** `1 contact`, `2,000 contacts`. */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A share, rounded down: 100 % is said only when it is all. */
export function percent(part, all) {
  if (!all) return "–";
  const share = (part / all) * 100;
  return share > 0 && share < 1 ? "< 1 %" : `${Math.floor(share)} %`;
}

/** A length of time in at most two units. */
export function lasting(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 4 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** `in 3 min`, `5 min ago`, `now`. */
export function away(iso, now = Date.now()) {
  const ms = Date.parse(iso) - now;
  if (Math.abs(ms) < 1500) return "now";
  return ms > 0 ? `in ${lasting(ms)}` : `${lasting(ms)} ago`;
}

/** `in 3 h`, roughly. */
export function roughly(iso, now = Date.now()) {
  const ms = Date.parse(iso) - now;
  const [unit, size] = Math.abs(ms) >= DAY ? ["d", DAY] : Math.abs(ms) >= HOUR ? ["h", HOUR] : ["min", MINUTE];
  const number = Math.max(1, Math.round(Math.abs(ms) / size));
  return ms > 0 ? `in ${number} ${unit}` : `${number} ${unit} ago`;
}

function sameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

/** `14:05`, `tomorrow 09:00`, `Mon, 1 Jun 09:00`, in the viewer's zone. */
export function moment(iso, withSeconds = false) {
  const at = new Date(iso);
  const now = new Date();
  const time = (withSeconds ? precise : clock).format(at);
  if (sameDay(at, now)) return time;
  if (sameDay(at, new Date(now.getTime() + DAY))) return `tomorrow ${time}`;
  if (sameDay(at, new Date(now.getTime() - DAY))) return `yesterday ${time}`;
  return `${day.format(at)}${at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`}, ${time}`;
}

/** `2026-06-01 12:00:07 UTC`. */
export const utc = (iso) => `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** A time as an element: the viewer's own, UTC on hover. `text` says it otherwise. */
export function time(iso, text = moment) {
  return h("time", { datetime: iso, title: utc(iso) }, text(iso));
}

/** The same in an element that is there. */
export function tellTime(element, iso, text = moment) {
  mark(element, "datetime", iso);
  mark(element, "title", utc(iso));
  say(element, text(iso));
}

/** The engine's own texts: times in them become the viewer's, and what stands between backticks becomes code. */
export function rich(text) {
  const parts = String(text).split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|`[^`]+`)/);
  return parts.map((part, place) => (place % 2 === 0 ? part : part[0] === "`" ? h("code", {}, part.slice(1, -1)) : time(part)));
}

/** A size of a file. */
export function bytes(number) {
  const units = ["bytes", "kB", "MB", "GB"];
  let place = 0;
  while (number >= 1000 && place < units.length - 1) {
    number /= 1000;
    place += 1;
  }
  return place === 0 ? plural(number, "byte") : `${number < 10 ? tenth.format(number) : whole.format(number)} ${units[place]}`;
}

export const clockOf = (ms) => clock.format(ms);
export const preciseOf = (ms) => precise.format(ms);
export const dayOf = (ms) => day.format(ms);
