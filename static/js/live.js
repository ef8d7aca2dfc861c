// Parts of a page that refresh themselves: hx-get="…?v=VERSION" hx-trigger="every 20s" hx-swap="outerMorph".
// The server answers 204 while nothing has changed, which htmx 4 does not swap. Here: no polling in a hidden tab,
// a poll at once on coming back, and a poll that fails or is sent elsewhere changes nothing but [data-stale].
(() => {
  "use strict";

  const isPoll = (ctx) => ctx?.sourceEvent?.type === "every";

  const stale = (element, on) => {
    const marks = element?.querySelectorAll?.("[data-stale]") ?? [];
    for (const mark of marks) mark.hidden = !on;
  };

  document.addEventListener("htmx:before:request", (event) => {
    if (isPoll(event.detail.ctx) && document.hidden) event.preventDefault();
  });

  document.addEventListener("htmx:before:response", (event) => {
    const ctx = event.detail.ctx;
    if (!isPoll(ctx)) return;
    const failed = ctx.response.status >= 400 || ctx.response.headers.has("HX-Redirect");
    stale(ctx.sourceElement, failed);
    if (failed) event.preventDefault();
  });

  document.addEventListener("htmx:error", (event) => {
    const ctx = event.detail?.ctx;
    if (isPoll(ctx)) stale(ctx.sourceElement, true);
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const poller of document.querySelectorAll('[hx-trigger*="every"]')) {
      poller.dispatchEvent(new CustomEvent("every"));
    }
  });
})();
