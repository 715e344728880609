// Questions before something is done: they say what it will do.

import { h, put } from "./dom.js";
import { button, failure, toast } from "./parts.js";
import { sentence } from "./words.js";

/**
 * Asks, and does it if the answer is yes. `act` may fail with a problem, which the dialog shows; what it gives is told.
 * `body` is what it will do; with `type` that text must be typed first.
 */
export function confirm({ title, body, yes, danger = false, type, act }) {
  return new Promise((resolve) => {
    const wrong = h("div", { class: "dialog-wrong", role: "alert" });
    const typed = type && h("input", { type: "text", autocomplete: "off", spellcheck: "false", "aria-labelledby": "dialog-type" });
    const agree = button(yes, {
      kind: danger ? "danger" : "primary",
      disabled: Boolean(type),
      onpress: async () => {
        put(wrong);
        try {
          const told = await act();
          if (told) toast(sentence(told));
          done = true;
          dialog.close();
        } catch (problem) {
          if (!problem.message) throw problem;
          put(wrong, failure(problem));
        }
      },
    });
    let done = false;
    typed?.addEventListener("input", () => (agree.disabled = typed.value.trim() !== type));
    const form = h(
      "form",
      { method: "dialog", class: "dialog-body" },
      h("h2", { id: "dialog-title" }, title),
      h("div", { class: "dialog-text", id: "dialog-text" }, body),
      type && h("div", { class: "field" }, h("label", { id: "dialog-type" }, "Type ", h("code", {}, type), " to confirm"), typed),
      wrong,
      h("div", { class: "actions end" }, button("Cancel", { kind: "plain", onpress: () => dialog.close() }), agree),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!agree.disabled) agree.click();
    });
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    (typed ?? agree).focus();
  });
}
