// The shop's small conveniences: steppers, a word after adding, and an order's
// page that follows its order. Everything works without them, by plain forms.

import htmx from "htmx.org";

import { sayAway } from "./lib/send";
import "./lib/steady";

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("button[data-step]");
  if (!button) return;
  const field = button.parentElement!.querySelector("input")!;
  field.value = String(Math.max(1, (Number.parseInt(field.value, 10) || 0) + Number(button.dataset.step)));
});

// A quantity typed in the basket counts when the field is left.
document.addEventListener("change", (event) => {
  const form = (event.target as Element).closest<HTMLFormElement>("form[data-auto]");
  form?.requestSubmit();
});

// The other language keeps the page and what was searched for.
document.querySelectorAll<HTMLAnchorElement>("a[data-keep]").forEach((link) => {
  const here = new URL(location.href);
  const lang = new URL(link.href).searchParams.get("lang");
  if (lang) here.searchParams.set("lang", lang);
  link.href = here.pathname + here.search;
});

document.addEventListener("htmx:sendError", () => sayAway());

let hiding: number | undefined;
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = (event as CustomEvent<{ elt: Element; successful: boolean }>).detail;
  const toast = document.getElementById("toast");
  if (!successful || !toast || !elt.closest('form[hx-post="/basket/add"]')) return;
  toast.hidden = false;
  window.clearTimeout(hiding);
  hiding = window.setTimeout(() => (toast.hidden = true), 1800);
});

// ---------- an order's page ----------

const page = document.querySelector<HTMLElement>("[data-live]");

async function refresh(url: string): Promise<void> {
  const open = document.querySelector("#part details[open]");
  // Nobody loses what he is typing.
  if (open) return;
  const reply = await fetch(url, { headers: { "hx-request": "true" } });
  if (!reply.ok) return;
  const next = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("part");
  const now = document.getElementById("part");
  if (!next || !now || next.innerHTML === now.innerHTML) return;
  now.replaceWith(next);
  htmx.process(next);
}

if (page) {
  const { live, part } = page.dataset as Record<string, string>;
  // The browser opens a broken stream again by itself; then nothing was missed,
  // since the page is asked for whole.
  const stream = new EventSource(live!);
  stream.addEventListener("changed", () => void refresh(part!));
  stream.addEventListener("open", () => void refresh(part!));
}
