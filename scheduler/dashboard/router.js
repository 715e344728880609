// Addresses and the views they name. A view is a function of the address's parts; it gets a signal that is aborted when
// another one takes its place, and gives an element with a title.

import { put } from "./dom.js";

const routes = [];
let leaving = new AbortController();
let main = null;
let arrived = () => {};

/** Names a view: `:part` stands for one part of the path, which is decoded. */
export function route(pattern, view) {
  const names = [];
  const source = pattern.replace(/:(\w+)/g, (_, name) => {
    names.push(name);
    return "([^/]+)";
  });
  routes.push({ match: new RegExp(`^${source}/?$`), names, view });
}

/** Shows views in an element from now on; `told` hears of each address. */
export function open(element, told) {
  main = element;
  arrived = told;
  addEventListener("popstate", () => show(false));
  document.addEventListener("click", follow);
  show(false);
}

/** Ends whatever is shown. */
export function close() {
  leaving.abort();
  document.removeEventListener("click", follow);
  main = null;
}

/** Goes to an address of this page. */
export function go(address, replace = false) {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  show(true);
}

function follow(event) {
  const link = event.target.closest?.("a[href^='/']");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.getAttribute("href").startsWith("/api/")) return;
  event.preventDefault();
  if (link.href !== location.href) go(link.getAttribute("href"));
}

function show(moves) {
  if (!main) return;
  leaving.abort();
  leaving = new AbortController();
  const found = routes.map((one) => ({ ...one, parts: one.match.exec(location.pathname) })).find((one) => one.parts);
  const parts = {};
  found?.names.forEach((name, place) => (parts[name] = decode(found.parts[place + 1])));
  const view = (found?.view ?? routes[0].view)({ parts, query: new URLSearchParams(location.search), signal: leaving.signal });
  put(main, view.element);
  document.title = view.title ? `${view.title} · Redial` : "Redial";
  arrived(location.pathname);
  if (moves) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
