// The handheld's page: the scanner is never without a place to type, a scan is
// sent once and in order, and the server's answer is the next screen. Without a
// network, scans wait here, are checked against the plan that was known before,
// and the page draws the next step of it. Deliberately absent: the last word on
// what comes next; that is the server's.

import { known, plain, walk, type Ahead } from "./lib/ahead";
import { canRead, readCode } from "./lib/camera";
import { asks, draw, drop, hold } from "./lib/held";
import { forget, freshId, keep, waiting, type Waiting } from "./lib/queue";
import { reachable } from "./lib/send";
import { settle } from "./lib/steady";
import { ring } from "./lib/voice";

const root = document.getElementById("hh")!;
const words = root.dataset as Record<string, string>;
const find = <T extends Element>(selector: string) => root.querySelector<T>(selector);
const screen = () => find<HTMLElement>("[data-screen]");
const scanner = () => find<HTMLInputElement>("input.scan");
const clock = (at: number) => new Date(at).toTimeString().slice(0, 8);

let offSince: number | undefined;
let retry: number | undefined;
let wait_ms = 2000;
/** The plan after the scan that is on its way. */
let pending: Ahead | undefined;

/** The rest of the task, as far as the page knows it. */
function ahead(): Ahead | undefined {
  const text = screen()?.dataset.ahead;
  return text ? (JSON.parse(text) as Ahead) : undefined;
}

function setAhead(plan: Ahead | undefined): void {
  const seen = screen();
  if (!seen) return;
  if (plan) seen.dataset.ahead = JSON.stringify(plan);
  else delete seen.dataset.ahead;
}

/** Asks for the rest of the task, so that the page can go on without a network. */
async function lookAhead(): Promise<void> {
  const seen = screen();
  if (seen?.dataset.kind !== "pick" || seen.dataset.expect === "none") return;
  const stamp = find<HTMLInputElement>("[name=command_id]")?.value;
  const reply = await fetch(`/handheld/tasks/${seen.dataset.task}/ahead`, { signal: AbortSignal.timeout(8000) });
  const plan = reply.ok ? ((await reply.json()) as Ahead | null) : null;
  // A scan may have changed the screen while the plan was on its way.
  if (plan && offSince === undefined && screen() === seen && find<HTMLInputElement>("[name=command_id]")?.value === stamp) {
    setAhead(plan);
  }
  await hold();
}

/** The page goes on by the plan: draws its next step and keeps itself. */
async function goOn(): Promise<void> {
  const seen = screen();
  if (!pending || !seen) return;
  setAhead(pending);
  draw(seen, pending, words, root.dataset.lang === "zh");
  pending = undefined;
}

// ---------- what is seen ----------

/** The sprite lies in the page, so that icons are there without a network. */
async function fetchIcons(): Promise<void> {
  const href = find<SVGUseElement>("#net use")?.getAttribute("href")?.split("#")[0];
  if (!href || document.querySelector("svg.sprite")) return;
  const reply = await fetch(href);
  const sprite = new DOMParser().parseFromString(await reply.text(), "image/svg+xml").documentElement;
  sprite.setAttribute("class", "sprite");
  sprite.setAttribute("aria-hidden", "true");
  document.body.append(sprite);
}

function icon(name: string): string {
  return `<svg class="i" aria-hidden="true"><use href="#i-${name}"/></svg>`;
}

/** The band, as this device alone may speak: dashed where only it has checked. */
function speak(kind: string, mark: string, title: string, sub: string, kept: boolean): void {
  const band = document.getElementById("say");
  if (!band) return;
  band.dataset.k = kind;
  screen()?.toggleAttribute("data-edge", kind === "bad");
  band.classList.toggle("kept", kept);
  band.querySelector("svg.i")!.outerHTML = icon(mark);
  const text = band.querySelector("p")!;
  text.setAttribute("role", kind === "bad" ? "alert" : "status");
  const bold = document.createElement("b");
  bold.textContent = title;
  text.replaceChildren(bold, sub);
}

function showNet(count: number): void {
  const chip = document.getElementById("net");
  if (chip) {
    const off = offSince !== undefined;
    chip.dataset.k = off ? "warn" : "ok";
    chip.innerHTML = icon(off ? "off" : "on");
    const label = document.createElement("span");
    label.textContent = (off ? words.wOffline : words.wOnline) ?? "";
    chip.append(label);
  }
  const line = document.getElementById("waiting");
  if (!line) return;
  line.hidden = offSince === undefined && count === 0;
  const kept = document.createElement("output");
  kept.textContent = count === 0 ? "" : count === 1 ? words.wKeptOne! : words.wKept!.replace("{0}", String(count));
  const since = offSince === undefined ? words.wSending! : words.wSince!.replace("{0}", clock(offSince).slice(0, 5));
  line.innerHTML = icon("wait");
  line.append(since, kept);
}

interface Seen {
  label: string;
  k: string;
  at: number;
}

const scansSeen = () => JSON.parse(sessionStorage.getItem("scans") ?? "[]") as Seen[];

/** Puts a scan on the list, or says how one that waited has ended. */
function remember(seen: Seen): void {
  const others = scansSeen().filter((other) => other.at !== seen.at);
  const all = [seen, ...others].sort((a, b) => b.at - a.at).slice(0, 3);
  sessionStorage.setItem("scans", JSON.stringify(all));
}

function showScans(): void {
  const section = document.getElementById("scans");
  const all = scansSeen();
  if (!section || all.length === 0) return;
  section.hidden = false;
  const rows = all.map((seen) => {
    const row = document.createElement("li");
    row.dataset.k = seen.k;
    row.innerHTML = icon(seen.k === "bad" ? "cross" : seen.k === "warn" ? "wait" : "check");
    const label = document.createElement("span");
    label.textContent = seen.label;
    const time = document.createElement("time");
    time.textContent = clock(seen.at);
    row.append(label, time);
    return row;
  });
  section.querySelector("ol")!.replaceChildren(...rows);
}

/** Puts the server's screen in the place of the one shown. */
function show(parsed: Document): void {
  const next = parsed.getElementById("main");
  const now = document.getElementById("main");
  if (!next || !now) {
    const note = parsed.querySelector(".note");
    speak("bad", "stop", note?.querySelector("b")?.textContent ?? "", note?.textContent ?? "", false);
    ring("wrong");
    return;
  }
  // After "short" or a changed plan the server alone knows what is left.
  const tone = next.dataset.tone;
  const plan = tone === "wrong" ? ahead() : tone === "warn" ? undefined : pending;
  pending = undefined;
  now.replaceWith(next);
  delete root.dataset.held;
  if (next.dataset.task === plan?.task) setAhead(plan);
  settle();
  ring(next.dataset.tone ?? "right");
  dress();
}

// ---------- sending ----------

let draining: Promise<void> | undefined;

function drain(): Promise<void> {
  draining ??= send().finally(() => (draining = undefined));
  return draining;
}

async function send(): Promise<void> {
  const who = screen()?.dataset.who ?? find<HTMLElement>("[data-who]")?.dataset.who;
  if (!who) return;
  for (let all = await waiting(who); all.length > 0; all = await waiting(who)) {
    const command = all[0]!;
    const slow = window.setTimeout(() => speak("ask", "wait", words.wSending!, "", false), 300);
    try {
      const reply = await post(command);
      if ([409, 429, 503].includes(reply.status)) throw new Error("busy");
      if (reply.status === 401) return location.assign("/handheld/login?out=1");
      await forget(command.key!);
      offSince = undefined;
      wait_ms = 2000;
      const on = reply.headers.get("hx-redirect");
      // What waits behind it may still have to be booked.
      if (on && all.length === 1) return location.assign(on);
      const parsed = new DOMParser().parseFromString(await reply.text(), "text/html");
      const tone = parsed.getElementById("main")?.dataset.tone;
      remember({ label: command.label, k: tone === undefined || tone === "wrong" ? "bad" : "ok", at: command.at });
      if (all.length === 1) show(parsed);
      else showScans();
      showNet(all.length - 1);
    } catch {
      offSince ??= Date.now();
      await goOn();
      await keptHere(all.length);
      await hold();
      retry = window.setTimeout(() => void drain(), wait_ms);
      wait_ms = Math.min(wait_ms * 2, 15_000);
      return;
    } finally {
      window.clearTimeout(slow);
    }
  }
}

function post(command: Waiting): Promise<Response> {
  const csrf = find<HTMLInputElement>('input[name="csrf"]')?.value ?? command.fields.csrf ?? "";
  const body = new URLSearchParams({ ...command.fields, csrf });
  const signal = AbortSignal.timeout(8000);
  return fetch(command.url, { method: "POST", body, signal, headers: { "hx-request": "true", "x-csrf": csrf } });
}

/** Says honestly that a scan waits here, and whether it matches what was asked. */
async function keptHere(count: number): Promise<void> {
  const seen = screen();
  const plan = ahead();
  if (seen && plan && seen.dataset.matched === "yes") {
    speak("ok", "ok", asks(plan, words), `${words.wMatchTitle}. ${words.wKeptTitle}.`, true);
    return showNet(count);
  }
  const matches = seen?.dataset.matched === "yes" && count === 1;
  if (seen) speak(matches ? "ok" : "warn", matches ? "ok" : "wait", (matches ? words.wMatchTitle : words.wKeptTitle)!, words.wKeptSub!, true);
  showNet(count);
}

/** Kinds whose label is one text; articles have several. */
const EXACT = ["bin", "tote", "unit", "station", "label"];

async function command(fields: Record<string, string>, label: string): Promise<void> {
  const seen = screen();
  const form = find<HTMLFormElement>("#scan-form");
  if (!seen || !form) return;
  const who = seen.dataset.who ?? "";
  const asked = plain(seen.dataset.label ?? "");
  const code = fields.code;
  const plan = ahead();
  const next = plan && walk(plan, fields);
  const first = !plan && offSince !== undefined && (await waiting(who)).length === 0;
  if (plan?.over && offSince !== undefined) return speak("ok", "ok", asks(plan, words), words.wKeptSub!, true);
  if (plan && !next && offSince !== undefined) {
    ring("wrong");
    return speak("bad", "stop", words.wMismatchTitle!, words.wMismatchSub!, true);
  }
  if (first && code && asked && EXACT.includes(seen.dataset.expect ?? "") && plain(code) !== asked) {
    ring("wrong");
    return speak("bad", "stop", words.wMismatchTitle!, words.wMismatchSub!, true);
  }
  seen.dataset.matched = next || (code && plain(code) === asked) ? "yes" : "no";
  const all = { ...fields, ...known(plan), command_id: freshId() };
  const at = Date.now();
  await keep({ who, url: new URL(form.action).pathname, fields: all, label, at });
  pending = next;
  if (offSince !== undefined) {
    ring("right");
    await goOn();
    await hold();
    remember({ label, k: "warn", at });
    showScans();
    const count = (await waiting(who)).length;
    await keptHere(count);
  }
  window.clearTimeout(retry);
  await drain();
}

// ---------- hands ----------

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.id !== "scan-form" || form.dataset.plain !== undefined) return;
  event.preventDefault();
  const key = event.submitter as HTMLButtonElement | null;
  const typed = scanner()?.value.trim() ?? "";
  if (typed) {
    scanner()!.value = "";
    // A number typed beside the field it belongs to; labels of articles are longer.
    const number = ["quantity", "weight"].includes(screen()?.dataset.expect ?? "") && /^\d{1,6}$/.test(typed);
    void command(number ? { quantity: typed } : { code: typed }, typed);
  } else if (key?.name === "choice") {
    void command({ choice: key.value }, key.textContent?.trim() ?? key.value);
  } else {
    const quantity = find<HTMLInputElement>("#quantity")?.value.trim() ?? "";
    if (quantity) void command({ quantity }, quantity);
  }
});

function press(button: HTMLElement): void {
  const { step, digit } = button.dataset;
  if (step) {
    const field = button.parentElement!.querySelector("input")!;
    field.value = String(Math.max(0, (Number.parseInt(field.value, 10) || 0) + Number(step)));
  } else if (digit) {
    const pin = find<HTMLInputElement>(".pin-in")!;
    pin.value = digit === "del" ? pin.value.slice(0, -1) : (pin.value + digit).slice(0, pin.maxLength);
  } else if (button.dataset.type !== undefined) {
    type();
  } else if (button.dataset.camera !== undefined) {
    void readCode({ close: words.wCameraClose!, hint: words.wCameraHint!, none: words.wCameraNone! }).then((code) => code && enter(code));
  }
}

/** A code from elsewhere goes the way of a scan. */
function enter(code: string): void {
  const field = scanner();
  if (!field) return;
  field.value = code;
  field.form?.requestSubmit();
}

function type(): void {
  const field = scanner();
  const band = field?.closest(".say");
  if (!field || !band) return;
  const typing = band.classList.toggle("typing");
  const number = ["quantity", "weight"].includes(screen()?.dataset.expect ?? "");
  field.inputMode = typing ? (number ? "numeric" : "text") : "none";
  field.blur();
  field.focus();
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-step],[data-digit],[data-type],[data-camera]");
  if (button) press(button);
});

// Focus comes back to the scanner whenever it would fall on nothing; a button, a
// link or another field may keep it.
document.addEventListener("focusout", () => {
  setTimeout(() => {
    if (document.activeElement === document.body) scanner()?.focus({ preventScroll: true });
  }, 50);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) scanner()?.focus({ preventScroll: true });
});

/** After each new screen. */
function dress(): void {
  if (canRead) root.querySelectorAll<HTMLElement>("[data-camera]").forEach((button) => (button.hidden = false));
  showScans();
  showNet(0);
  scanner()?.focus({ preventScroll: true });
  if (!screen()) return void drop();
  const line = ahead()?.lines[0];
  const starts = !line || line.stage === "bin" || line.stage !== screen()!.dataset.expect;
  void (starts && offSince === undefined ? lookAhead() : hold()).catch(() => undefined);
}

/** A page that was kept is replaced by the server's as soon as there is one. */
async function wake(): Promise<void> {
  if (root.dataset.held === undefined || !(await reachable())) return;
  if ((await waiting(screen()?.dataset.who ?? "")).length === 0) location.reload();
  else void drain();
}

/** The list looks for new work by itself, and rings when there is some. */
async function refresh(): Promise<void> {
  const list = find<HTMLElement>("[data-refresh]");
  if (!list || document.hidden) return;
  try {
    const reply = await fetch(list.dataset.refresh!, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
    if (reply.redirected) return location.reload();
    if (!reply.ok) return;
    offSince = undefined;
    const next = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("main");
    if (!next || next.innerHTML === list.innerHTML) return;
    const fresh = !list.querySelector(".job") && next.querySelector(".job");
    list.replaceWith(next);
    settle();
    if (fresh) ring("work");
  } catch {
    offSince ??= Date.now();
  }
  showNet(0);
}

window.addEventListener("online", () => void drain().then(wake));
window.addEventListener("offline", () => {
  offSince ??= Date.now();
  showNet(0);
});
setInterval(() => void refresh(), 8000);
setInterval(() => void wake(), 5000);
void fetchIcons().catch(() => undefined);
if (root.dataset.held !== undefined) offSince = Date.now();
dress();
void drain();
