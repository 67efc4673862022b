// Every desk page: keys, dialogs, sorting, filters, reasons beside the page, live news.
// Deliberately absent: rules, and anything a page needs in order to be read; without this script all
// lists, links and forms still work.
import { htmx } from "./lib/htmx";
import { connect } from "./lib/live";

const one = <E extends Element>(query: string) => document.querySelector<E>(query);
const live = document.body.dataset.live;
if (live) connect(live);

function open(id: string): void {
  const dialog = document.getElementById(id) as HTMLDialogElement | null;
  if (dialog && !dialog.open) dialog.showModal();
}

/** Opens a decision beside the page; the link itself leads to the same as a page. */
function why(link: HTMLAnchorElement): void {
  const panel = one<HTMLDialogElement>("#panel");
  if (!panel) return;
  const shown = htmx.ajax("get", link.getAttribute("href") ?? "", { target: panel, swap: "innerHTML", headers: { "hx-part": "why" } });
  void shown.then(() => {
    const shut = document.createElement("button");
    Object.assign(shut, { type: "button", className: "btn quiet icon shut", textContent: "×" });
    shut.setAttribute("aria-label", panel.dataset.close ?? "");
    shut.dataset.shut = "";
    panel.prepend(shut);
    if (!panel.open) panel.showModal();
  });
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>("[data-why]");
  if (link && !(event as MouseEvent).ctrlKey && !(event as MouseEvent).metaKey) {
    event.preventDefault();
    return why(link);
  }
  const opens = target.closest<HTMLElement>("[data-open]");
  if (opens) return open(opens.dataset.open ?? "");
  if (target.closest("[data-shut]") || target instanceof HTMLDialogElement) target.closest("dialog")?.close();
  const copy = target.closest<HTMLElement>("[data-copy]");
  if (copy) void navigator.clipboard?.writeText(new URL(copy.dataset.copy ?? "", location.href).href);
  const sorts = target.closest<HTMLElement>("[data-sort]");
  if (sorts) return sort(sorts);
  const group = target.closest<HTMLElement>("[data-group]");
  if (group) return filterStory(group);
  const fresh = target.closest<HTMLElement>("[data-fresh]");
  if (fresh) return void htmx.ajax("get", location.pathname + location.search, { target: "#list", select: "#list", swap: "outerHTML" });
  const row = target.closest<HTMLElement>("tr[data-href]");
  if (row && !target.closest("a, button, input, label") && !getSelection()?.toString()) location.assign(row.dataset.href ?? "");
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.more[open]")) if (!menu.contains(target)) menu.open = false;
});

function sort(button: HTMLElement): void {
  const head = button.closest("th") as HTMLTableCellElement;
  const body = head.closest("table")?.tBodies[0];
  if (!body) return;
  const down = head.getAttribute("aria-sort") === "ascending";
  const key = (row: HTMLTableRowElement) => {
    const cell = row.cells[head.cellIndex];
    return cell?.dataset.v ?? cell?.textContent?.trim() ?? "";
  };
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    const order = x !== "" && y !== "" && !Number.isNaN(Number(x)) && !Number.isNaN(Number(y)) ? Number(x) - Number(y) : x.localeCompare(y, document.documentElement.lang);
    return down ? -order : order;
  });
  for (const other of head.parentElement?.children ?? []) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...rows);
}

function filterStory(button: HTMLElement): void {
  const wanted = button.dataset.group ?? "";
  for (const other of button.parentElement?.querySelectorAll<HTMLElement>("[data-group]") ?? []) {
    other.classList.toggle("on", other === button);
    other.setAttribute("aria-pressed", String(other === button));
  }
  for (const row of document.querySelectorAll<HTMLElement>("#story [data-in]")) row.hidden = wanted !== "" && row.dataset.in !== wanted;
}

// A filter applies itself; typing waits for a pause.
let pause = 0;
document.addEventListener("input", (event) => {
  const field = event.target as HTMLInputElement;
  const narrow = field.dataset.narrow;
  if (narrow) {
    const text = field.value.trim().toLowerCase();
    for (const row of document.querySelectorAll<HTMLElement>(narrow)) row.hidden = !row.textContent?.toLowerCase().includes(text);
  }
  const form = field.closest<HTMLFormElement>("form[data-filter]");
  if (!form) return;
  clearTimeout(pause);
  pause = window.setTimeout(() => form.requestSubmit(), field.matches("select") ? 0 : 500);
});

// New rows wait behind a button; nothing moves under the hand.
let news = 0;
const freshTopic = one<HTMLElement>("[data-fresh]")?.dataset.fresh;
if (freshTopic) {
  document.body.addEventListener(`live:${freshTopic}`, () => {
    const button = one<HTMLElement>("[data-fresh]");
    if (!button) return;
    news += 1;
    button.hidden = false;
    button.textContent = (button.dataset.words ?? "").replace("{0}", String(news));
  });
  document.body.addEventListener("htmx:afterSwap", () => (news = 0));
}

// What was shown in the clear for a while is taken away again.
document.body.addEventListener("htmx:afterSwap", () => {
  const seconds = Number(one<HTMLElement>("[data-closes]")?.dataset.closes ?? 0);
  if (seconds > 0) setTimeout(() => location.reload(), seconds * 1000);
});

let current = -1;
function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-keys-list] > li, [data-keys] tbody tr[data-href]")].filter((row) => !row.hidden);
}

function move(by: number): void {
  const all = rows();
  if (all.length === 0) return;
  all[current]?.classList.remove("cur");
  current = Math.min(all.length - 1, Math.max(0, current + by));
  const row = all[current] as HTMLElement;
  row.classList.add("cur");
  row.scrollIntoView({ block: "nearest" });
  row.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
}

// Pressing a key never acts while a field has the focus.
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return open("palette");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest("input, textarea, select, dialog")) return;
  const act: Record<string, () => void> = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => one<HTMLElement>('input[type="search"]:not(#palette input)')?.focus(),
    "?": () => open("keys"),
    w: () => {
      const link = (rows()[current] ?? document).querySelector<HTMLAnchorElement>("[data-why]") ?? one<HTMLAnchorElement>("[data-why]");
      if (link) why(link);
    },
    Enter: () => {
      const row = rows()[current];
      if (row?.dataset.href && !(event.target as Element).closest("a, button")) location.assign(row.dataset.href);
    },
  };
  const deed = act[event.key];
  if (!deed) return;
  if (event.key !== "Enter") event.preventDefault();
  deed();
});
