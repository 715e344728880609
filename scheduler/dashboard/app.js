// The page: who is signed in, the frame around views, and the keys.

import { get, path } from "./api.js";
import { h, mark, put } from "./dom.js";
import { icon } from "./icons.js";
import { failure } from "./parts.js";
import * as router from "./router.js";
import * as session from "./session.js";
import { campaignView } from "./views/campaign.js";
import { campaignsView } from "./views/campaigns.js";
import { contactView } from "./views/contact.js";
import { contactsView } from "./views/contacts.js";
import { helpView } from "./views/help.js";
import { providersView } from "./views/providers.js";
import { signInView } from "./views/signin.js";
import { suppressionsView } from "./views/suppressions.js";
import { uploadView } from "./views/upload.js";
import { workersView } from "./views/workers.js";

const PLACES = [
  ["Campaigns", "/", "campaigns", "c"],
  ["Contacts", "/contacts", "contacts", "o"],
  ["Do not call", "/do-not-call", "shield", "d"],
  ["Providers", "/providers", "providers", "p"],
  ["Workers", "/workers", "workers", "w"],
];
const SCHEMES = { auto: ["auto", "As the system"], light: ["sun", "Light"], dark: ["moon", "Dark"] };
const SCHEME_KEY = "redial.scheme";
const GO_WITHIN_MS = 1200;

router.route("/", campaignsView);
router.route("/campaigns", campaignsView);
router.route("/campaigns/:name", campaignView);
router.route("/campaigns/:name/upload", uploadView);
router.route("/campaigns/:name/contacts/:contact", contactView);
router.route("/contacts", contactsView);
router.route("/do-not-call", suppressionsView);
router.route("/providers", providersView);
router.route("/workers", workersView);
router.route("/help", helpView);

const app = document.getElementById("app");

function wear(scheme) {
  mark(document.documentElement, "data-scheme", scheme === "auto" ? null : scheme);
}

function schemeSwitch() {
  const element = h("button", { type: "button", class: "side-button" });
  const tell = () => {
    const now = localStorage.getItem(SCHEME_KEY) ?? "auto";
    const [name, label] = SCHEMES[now];
    put(element, icon(name), h("span", {}, h("span", { class: "unseen" }, "Colours: "), label));
    wear(now);
  };
  element.addEventListener("click", () => {
    const names = Object.keys(SCHEMES);
    const now = localStorage.getItem(SCHEME_KEY) ?? "auto";
    localStorage.setItem(SCHEME_KEY, names[(names.indexOf(now) + 1) % names.length]);
    tell();
  });
  tell();
  return element;
}

function frame(me) {
  const links = PLACES.map(([label, href, name, key]) => h("a", { href, "data-place": href, title: `${label} (g ${key})` }, icon(name), h("span", {}, label)));
  const who = h("p", { class: "who" }, h("b", {}, me.workspace), h("span", {}, `${me.name || me.role} · ${me.role}`));
  const foot = h(
    "div",
    { class: "side-foot" },
    who,
    schemeSwitch(),
    h("a", { class: "side-button", href: "/help" }, icon("help"), h("span", {}, "Help and keys")),
    h("button", { type: "button", class: "side-button", onclick: () => session.signOut("You are signed out.") }, icon("leave"), h("span", {}, "Sign out")),
  );
  const brand = h("a", { class: "brand", href: "/", "aria-label": "Redial, campaigns" }, h("img", { src: "/assets/icon.svg", alt: "", width: 28, height: 28 }), h("span", {}, "Redial"));
  const side = h("header", { class: "side" }, brand, h("nav", { "aria-label": "Main", class: "places" }, h("ul", {}, links.map((link) => h("li", {}, link)))), foot);
  const trouble = h("div", { class: "trouble", role: "alert" });
  const main = h("main", { id: "main", tabindex: "-1" });
  put(app, h("div", { class: "shell" }, side, h("div", { class: "content" }, trouble, main)));
  document.addEventListener("trouble", ({ detail }) => {
    if (detail) put(trouble, failure(detail));
    else put(trouble);
  });
  router.open(main, (address) => {
    put(trouble);
    const under = (place) => (place === "/" ? address === "/" || address.startsWith("/campaigns") : address.startsWith(place));
    links.forEach((link) => mark(link, "aria-current", under(link.dataset.place) ? "page" : null));
  });
}

function askToSignIn(why) {
  router.close();
  document.title = "Sign in · Redial";
  put(app, signInView(why, begin));
}

async function begin() {
  if (!session.bearer()) return askToSignIn("");
  try {
    frame(session.setMe(await get(path(["me"]))));
  } catch (problem) {
    if (problem.status === 401) return;
    put(app, h("main", { id: "main", class: "alone", tabindex: "-1" }, h("h1", {}, "Redial"), failure(problem)));
    setTimeout(begin, 3000);
  }
}

let wentAt = 0;

function keys(event) {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]") || !session.me()) return;
  const place = PLACES.find(([, , , key]) => key === event.key);
  if (event.timeStamp - wentAt < GO_WITHIN_MS && place) {
    wentAt = 0;
    event.preventDefault();
    return router.go(place[1]);
  }
  wentAt = event.key === "g" ? event.timeStamp : 0;
  if (event.key === "/") {
    event.preventDefault();
    const search = document.querySelector("input[type=search]");
    if (search) search.focus();
    else router.go("/contacts");
  } else if (event.key === "?") {
    router.go("/help");
  }
}

session.open();
session.onSignOut(askToSignIn);
document.addEventListener("keydown", keys);
addEventListener("hashchange", () => location.hash.includes("token=") && location.reload());
wear(localStorage.getItem(SCHEME_KEY) ?? "auto");
begin();
