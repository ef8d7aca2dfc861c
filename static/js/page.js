// Small things every page has: CSRF for htmx, focus on the summary of errors, one submit a click, printing, dialogs.
// Nothing here is needed to use the product; without it forms post as forms do.
(() => {
  "use strict";

  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const region = () => document.getElementById("thong-bao");

  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRFToken"] = token();
  });

  // A summary of errors takes the focus when it arrives, with the page or in a fragment.
  const focusErrors = (root) => root.querySelector?.("[data-focus]")?.focus();
  document.addEventListener("DOMContentLoaded", () => focusErrors(document));
  document.addEventListener("htmx:after:swap", (event) => focusErrors(event.detail?.ctx?.target ?? document));

  // A second click while the first is under way does nothing; the button itself stays alive.
  const busy = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-again")) return;
    const last = busy.get(form);
    if (last && performance.now() - last < 4000) event.preventDefault();
    else busy.set(form, performance.now());
  });

  for (const button of document.querySelectorAll("[data-print][hidden]")) button.hidden = false;

  document.addEventListener("click", (event) => {
    const at = event.target.closest?.("[data-print],[data-open],[data-close]");
    if (!at) return;
    if (at.hasAttribute("data-print")) {
      event.preventDefault();
      window.print();
    } else if (at.hasAttribute("data-open")) {
      const dialog = document.getElementById(at.getAttribute("data-open"));
      if (!dialog?.showModal) return; // the link goes to the same question as a page
      event.preventDefault();
      dialog.showModal();
    } else {
      event.preventDefault();
      at.closest("dialog")?.close();
    }
  });

  // A filter that applies itself; its button stays for those without script.
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submit-on-change]")) event.target.form?.requestSubmit();
  });

  // A click that did not reach the server must not look like one that did. Polls are live.js's.
  document.addEventListener("htmx:error", (event) => {
    const ctx = event.detail?.ctx;
    const box = region();
    if (!box || ctx?.sourceEvent?.type === "every") return;
    const note = document.createElement("div");
    note.className = "note late";
    note.setAttribute("role", "alert");
    note.textContent = box.dataset.msgOffline ?? "";
    box.replaceChildren(note);
  });
})();
