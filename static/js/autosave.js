// Saves form[data-autosave] as it is typed; what has not reached the server stays in this browser until it has.
//
//   data-save-url      where to; data-save-method (PUT)
//   data-save-as       "section" {html | nothing_to_report, version}; "table" {cells: {row: {col: typed}} | …, version};
//                      "form" (the form's own fields, urlencoded)
//   data-version       the version the page was drawn with; input[name=version] follows it
//   data-draft-key     e.g. "u5:r12:I.1": person, report and part; nothing is kept in the browser without it
//   data-report        input[name=version][data-report=…] of other forms on the page follow too
//   [data-saved]       the status, with its sentences in data-msg-…; [data-conflict]: the panel for a 409
//   [data-nothing]     the checkbox "không phát sinh"
//
// The server answers 200 {version, saved_at?: "08:57"}; 409 {version, detail, html? or cells?, at?}; anything else is problem+json.
(() => {
  "use strict";

  const WAIT = 1500;
  const PREFIX = "nhap:";
  const FIRST_RETRY = 4000;
  const LAST_RETRY = 60000;
  const KEEPALIVE_LIMIT = 60000; // bytes a browser sends after the page has gone

  class Autosave {
    constructor(form) {
      this.form = form;
      this.status = form.querySelector("[data-saved]");
      this.panel = form.querySelector("[data-conflict]");
      this.key = form.dataset.draftKey ? PREFIX + form.dataset.draftKey : null;
      this.as = form.dataset.saveAs || "form";
      this.version = form.dataset.version || "";
      this.dirty = false;
      this.saving = null;
      this.stopped = false; // a conflict waits for the person
      this.leaving = false;
      this.retry = FIRST_RETRY;
      this.timer = null;
      this.stored = this.fields();

      form.addEventListener("input", (event) => this.changed(event));
      form.addEventListener("change", (event) => this.changed(event));
      form.addEventListener("submit", (event) => this.submitted(event));
      this.panel?.querySelector("[data-conflict-keep]")?.addEventListener("click", () => this.keepMine());
      this.panel?.querySelector("[data-conflict-take]")?.addEventListener("click", () => this.takeTheirs());
      window.addEventListener("online", () => this.dirty && !this.stopped && this.save());
      window.addEventListener("beforeunload", (event) => {
        if (this.dirty && !this.leaving) event.preventDefault();
      });
      window.addEventListener("pageshow", () => {
        this.leaving = false; // back from the browser's memory of pages
      });
      document.addEventListener("visibilitychange", () => {
        if (document.hidden && this.dirty && !this.stopped && !this.leaving) this.save(true);
      });
      this.restore();
    }

    // ---- what the form holds

    controls() {
      return [...this.form.elements].filter(
        (e) => e.name && e.name !== "csrf_token" && e.name !== "version" && !e.hasAttribute("data-no-draft") &&
          !["submit", "button", "file", "password", "fieldset", "output"].includes(e.type),
      );
    }

    fields() {
      const held = {};
      for (const e of this.controls()) {
        if (e.type === "checkbox" || e.type === "radio") held[`${e.name}=${e.value}`] = e.checked;
        else held[e.name] = e.value;
      }
      return held;
    }

    fill(held) {
      for (const e of this.controls()) {
        const box = e.type === "checkbox" || e.type === "radio";
        const key = box ? `${e.name}=${e.value}` : e.name;
        if (!(key in held)) continue;
        if (box) e.checked = held[key];
        else e.value = held[key];
        e.dispatchEvent(new CustomEvent("tracker:set", { bubbles: true }));
      }
    }

    same(a, b) {
      return Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => a[key] === b[key]);
    }

    // A cell that the grid has marked as wrong is not sent; it would keep the good ones from being stored.
    cells() {
      const cells = {};
      for (const e of this.form.querySelectorAll("input[data-row][data-col]")) {
        if (e.getAttribute("aria-invalid") === "true" || this.stored[e.name] === e.value) continue;
        (cells[e.dataset.row] ??= {})[e.dataset.col] = e.value.trim() || null;
      }
      return cells;
    }

    wrong() {
      return this.as === "table" && this.form.querySelector('input[data-row][aria-invalid="true"]') !== null;
    }

    request() {
      const version = Number(this.version);
      const nothing = this.form.querySelector("[data-nothing]")?.checked;
      const headers = { Accept: "application/json", "X-CSRFToken": this.token() };
      if (this.as === "form") {
        const body = new URLSearchParams(new FormData(this.form));
        if (this.version) body.set("version", this.version);
        return { headers, body };
      }
      const what = nothing ? { nothing_to_report: true }
        : this.as === "table" ? { cells: this.cells() }
        : { html: this.form.querySelector("textarea[data-rich], textarea")?.value ?? "" };
      headers["Content-Type"] = "application/json";
      return { headers, body: JSON.stringify({ ...what, version }) };
    }

    token() {
      return this.form.elements.csrf_token?.value ?? document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    }

    // ---- the draft in the browser

    draft() {
      if (!this.key) return null;
      try {
        return JSON.parse(localStorage.getItem(this.key));
      } catch {
        return null;
      }
    }

    hold(more = {}) {
      if (!this.key) return false;
      try {
        localStorage.setItem(this.key, JSON.stringify({ version: this.version, fields: this.fields(), ...more }));
        return true;
      } catch {
        return false; // full, or forbidden in this window
      }
    }

    drop() {
      if (!this.key) return;
      try {
        localStorage.removeItem(this.key);
      } catch {
        // nothing was held then
      }
    }

    restore() {
      const draft = this.draft();
      if (!draft?.fields) return;
      const here = this.fields();
      const held = Object.fromEntries(Object.entries(draft.fields).filter(([key]) => key in here));
      const answered = draft.submitted && draft.version !== this.version;
      if (answered || this.same({ ...here, ...held }, here)) {
        this.drop();
        return;
      }
      this.fill(held);
      this.setVersion(draft.version || this.version); // the server decides whether anybody has written since
      this.dirty = true;
      this.say("held", "restored");
      this.later(WAIT);
    }

    // ---- typing and saving

    changed(event) {
      if (event.target.hasAttribute?.("data-no-draft") || !event.target.name) return;
      this.dirty = true;
      const kept = this.hold();
      if (this.stopped) return;
      if (!navigator.onLine) this.say("held", kept ? "offline" : "unkept");
      else if (!this.saving) this.say("idle", "dirty");
      this.later(WAIT);
    }

    later(ms) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), ms);
    }

    save(closing = false) {
      clearTimeout(this.timer);
      if (this.saving) {
        if (!closing) this.timer = setTimeout(() => this.save(), WAIT);
        return this.saving;
      }
      this.saving = this.send(closing).finally(() => {
        this.saving = null;
      });
      return this.saving;
    }

    async send(closing) {
      const sent = this.fields();
      const partly = this.wrong();
      const { headers, body } = this.request();
      if (partly && body === JSON.stringify({ cells: {}, version: Number(this.version) })) {
        this.hold();
        this.say("refused", "refused");
        return;
      }
      this.say("saving", "saving");
      let answer;
      try {
        answer = await fetch(this.form.dataset.saveUrl, {
          method: this.form.dataset.saveMethod || "PUT",
          credentials: "same-origin",
          keepalive: closing && String(body).length < KEEPALIVE_LIMIT,
          headers,
          body,
        });
      } catch {
        this.away();
        return;
      }
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) this.saved(said, sent, partly);
      else if (answer.status === 409 && this.ours(said, body)) this.saved(said, sent, partly);
      else if (answer.status === 409) this.conflict(said);
      else if (answer.status === 401 || said.code === "csrf" || said.code === "not_signed_in") {
        this.say("held", this.hold() ? "signed-out" : "unkept");
      } else if (answer.status === 429 || answer.status >= 500) {
        this.away(Number(answer.headers.get("Retry-After")) * 1000);
      } else this.refused(said);
    }

    saved(said, sent, partly) {
      this.retry = FIRST_RETRY;
      if (said.version !== undefined) this.setVersion(String(said.version));
      if (partly) {
        for (const e of this.form.querySelectorAll('input[data-row]:not([aria-invalid="true"])')) {
          this.stored[e.name] = sent[e.name];
        }
      } else this.stored = sent;
      this.dirty = partly || !this.same(sent, this.fields());
      if (this.dirty) this.hold();
      else this.drop();
      this.say(partly ? "refused" : "saved", partly ? "partial" : "saved", {
        gio: this.time(said.saved_at || said.at),
      });
      if (this.dirty && !partly) this.later(WAIT);
    }

    // "08:57" as it is; an instant, or this moment if the server names none, on this machine's clock.
    time(at) {
      if (/^\d\d:\d\d$/.test(at || "")) return at;
      const moment = at ? new Date(at) : new Date();
      return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
    }

    away(wait = 0) {
      this.say("held", this.hold() ? "offline" : "unkept");
      this.later(Math.max(wait || 0, this.retry));
      this.retry = Math.min(this.retry * 2, LAST_RETRY);
    }

    refused(said) {
      this.hold();
      this.say("refused", "refused", {}, said.detail);
    }

    // The stored version is what was sent: an earlier save arrived and its answer did not.
    ours(said, body) {
      if (said.code !== "stale_version" || this.as === "form") return false;
      const mine = JSON.parse(body);
      if (mine.html !== undefined && typeof said.html === "string") {
        const plain = (html) => html.replace(/\s+/g, " ").trim();
        return plain(mine.html) === plain(said.html);
      }
      if (!mine.cells || !said.cells) return false;
      const typed = (cell) => String(cell ?? "").replace(/[.\s]/g, "");
      return Object.entries(mine.cells).every(([row, columns]) =>
        Object.entries(columns).every(([key, cell]) => typed(cell) === typed(said.cells[row]?.[key])),
      );
    }

    // ---- somebody else wrote first

    conflict(said) {
      this.hold();
      this.theirs = said;
      this.stopped = true;
      const text = [said.detail, this.message("conflict")].filter(Boolean)[0] || "";
      this.say("conflict", "refused");
      if (!this.panel) return;
      const words = this.panel.querySelector("[data-conflict-text]");
      if (words) words.textContent = text;
      // Not a stale copy but a report that takes no more writing: there is nothing to keep over it.
      const stale = said.code === "stale_version" && said.version !== undefined;
      const keep = this.panel.querySelector("[data-conflict-keep]");
      if (keep) keep.hidden = !stale;
      this.panel.hidden = false;
      this.panel.focus();
    }

    resolved() {
      this.stopped = false;
      if (this.panel) this.panel.hidden = true;
    }

    keepMine() {
      this.setVersion(String(this.theirs.version));
      this.resolved();
      this.save();
    }

    takeTheirs() {
      this.drop();
      this.dirty = false;
      this.leaving = true;
      location.reload();
    }

    // ---- leaving by the form's own button

    async submitted(event) {
      this.submitter = event.submitter;
      if (!this.saving) {
        clearTimeout(this.timer);
        this.leaving = true;
        if (this.dirty) this.hold({ submitted: true });
        return;
      }
      // The save under way would make this very form stale: let it answer first.
      event.preventDefault();
      await this.saving;
      if (!this.stopped) this.form.requestSubmit(this.submitter ?? undefined);
    }

    // ---- words

    setVersion(version) {
      this.version = version;
      this.form.dataset.version = version;
      const own = this.form.elements.version;
      if (own) own.value = version;
      const report = this.form.dataset.report;
      if (!report) return;
      for (const e of document.querySelectorAll('input[name="version"][data-report]')) {
        if (e.dataset.report === report) e.value = version;
      }
    }

    message(name) {
      return this.status?.getAttribute(`data-msg-${name}`) ?? "";
    }

    say(state, name, places = {}, more = "") {
      if (!this.status) return;
      let text = this.message(name);
      for (const [place, value] of Object.entries(places)) text = text.replace(`{${place}}`, value);
      this.status.dataset.state = state;
      this.status.textContent = more ? `${text}: ${more}` : text;
    }
  }

  const begin = (root) => {
    for (const form of root.querySelectorAll("form[data-autosave]")) form.trackerAutosave ??= new Autosave(form);
  };
  // After editor.js and grid.js, which may stand after this file, have set their parts up.
  document.addEventListener("DOMContentLoaded", () => begin(document));
  document.addEventListener("htmx:after:swap", () => begin(document));
})();
