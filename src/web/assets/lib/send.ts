// A form goes out once, and only when the server can be reached: what was typed
// is never lost to a browser's error page. Deliberately absent: forms that a
// script sends itself.

/** How long an answer is waited for before the server counts as away. */
const PATIENCE_MS = 5000;

/** True if the server answers now. */
export async function reachable(): Promise<boolean> {
  if (!navigator.onLine) return false;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch("/health", { cache: "no-store", signal }).then((reply) => reply.ok, () => false);
}

let hiding: number | undefined;

/** Says that nothing went out and nothing was lost, or that there is nowhere to go. */
export function sayAway(leaving = false): void {
  const note = document.getElementById("away");
  if (!note) return;
  note.querySelector("[data-form]")!.toggleAttribute("hidden", leaving);
  note.querySelector("[data-link]")!.toggleAttribute("hidden", !leaving);
  note.hidden = false;
  window.clearTimeout(hiding);
  hiding = window.setTimeout(() => (note.hidden = true), 8000);
}

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  form.dataset.sent = "asked";
  if (await reachable()) {
    form.dataset.sent = "go";
    form.requestSubmit(submitter);
    form.dataset.sent = "gone";
  } else {
    delete form.dataset.sent;
    sayAway();
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post") || form.dataset.own !== undefined) return;
  if (form.dataset.sent === "go") return;
  event.preventDefault();
  if (!form.dataset.sent) void send(form, event.submitter);
});

// A page that comes back by "back" may send again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll<HTMLFormElement>("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.getElementById("away")?.toggleAttribute("hidden", true);
});

window.addEventListener("online", () => document.getElementById("away")?.toggleAttribute("hidden", true));

// A link without a network would leave for nowhere.
document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
  if (!link || navigator.onLine || link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  sayAway(true);
});

void navigator.serviceWorker?.register("/sw.js").catch(() => undefined);
