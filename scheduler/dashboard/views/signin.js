// Signing in: a token is pasted, tried, and kept for this tab or on this computer.

import { get, path } from "../api.js";
import { h, put } from "../dom.js";
import { button, failure, field, notice } from "../parts.js";
import { signIn, signOut } from "../session.js";

export function signInView(why, begin) {
  const token = h("input", { type: "password", autocomplete: "current-password", spellcheck: "false", required: true, name: "token" });
  const stay = h("input", { type: "checkbox", id: "stay" });
  const wrong = h("div", { role: "alert" });
  const enter = button("Sign in", { kind: "primary wide", type: "submit" });
  const form = h(
    "form",
    { class: "signin-form" },
    field("API token", token, "It begins with redial_. The first start of the server wrote one to admin.token in its data directory; redial token create makes others."),
    h("div", { class: "check" }, stay, h("label", { for: "stay" }, "Keep me signed in on this computer")),
    wrong,
    enter,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    put(wrong);
    signIn(token.value.trim(), stay.checked);
    try {
      await get(path(["me"]));
      begin();
    } catch (problem) {
      if (problem.status !== 401) signOut("");
      const said = problem.status === 401 ? notice("bad", "The server does not know this token.", "Paste the whole of it. It may have expired or been revoked.") : failure(problem);
      document.querySelector(".signin-form [role=alert]").replaceChildren(said);
      document.querySelector(".signin-form input").focus();
    }
  });
  return h(
    "main",
    { id: "main", class: "signin", tabindex: "-1" },
    h("div", { class: "signin-card" }, h("img", { src: "/assets/icon.svg", alt: "", width: 48, height: 48 }), h("h1", {}, "Redial"), h("p", { class: "note" }, "Outbound call campaigns: what runs, how it goes, and what needs you."), why && h("p", { class: "signin-why", role: "status" }, why), form),
  );
}
