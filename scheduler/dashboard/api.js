// The public HTTP API.

import { bearer, signOut } from "./session.js";

const BASE = "/api/v1";

/** Why a request failed, as the server says it: `message` is what is wrong, `hint` what to do. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `the server answered ${status}`);
    this.status = status;
    this.hint = body.hint ?? "";
    this.errors = body.errors ?? [];
  }
}

/** A path of the API: its parts are encoded, parameters that are undefined left out. */
export function path(parts, query = {}) {
  const given = Object.entries(query).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== undefined && one !== null && one !== "").map((one) => [name, String(one)]);
  });
  const text = new URLSearchParams(given).toString();
  return `${BASE}/${parts.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** Sends a request; gives the response if it is a success. */
export async function send(method, url, { body, type, accept, signal } = {}) {
  const headers = { authorization: `Bearer ${bearer() ?? ""}` };
  if (type) headers["content-type"] = type;
  if (accept) headers.accept = accept;
  let response;
  try {
    response = await fetch(url, { method, headers, body, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, {
      detail: "the server cannot be reached",
      hint: "It may be starting, or the network is away. This page tries again by itself.",
    });
  }
  if (response.ok) return response;
  throw await failure(response.status, await response.text());
}

/** What a failed answer says. A token that is not taken any more signs out. */
export async function failure(status, text) {
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { detail: text.slice(0, 200) || undefined };
  }
  if (status === 401) signOut("The server does not take this token any more. Paste another one.");
  return new Problem(status, body);
}

export const get = async (url, signal) => (await send("GET", url, { signal })).json();
export const post = async (url, value, signal) => {
  const body = value === undefined ? undefined : JSON.stringify(value);
  return (await send("POST", url, { body, type: body && "application/json", signal })).json();
};
export const remove = async (url) => (await send("DELETE", url)).json();
