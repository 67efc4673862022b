// The task in hand, drawn and kept by the page itself: the next step while the
// server is away, and the page for a tab that is opened again without a network.
// Deliberately absent: pages of other tasks; what is old would be shown as true.

import type { Ahead, Line } from "./ahead";
import { decoder } from "./camera";

const KEPT = "work";
const HELD = "/held";

type Words = Record<string, string>;

function part(tag: string, kind: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

function big(head: string, text: string): HTMLElement {
  const list = part("dl", "where one");
  const box = part("div", "");
  box.append(part("dt", "", head), part("dd", text.length > 9 ? "long" : "", text));
  list.append(box);
  return list;
}

function article(line: Line, zh: boolean, words: Words): HTMLElement {
  const box = part("div", line.stage === "article" ? "line large" : "line");
  const text = part("div", "");
  const label = part("p", "", `${words.wLabelEnds} `);
  label.append(part("b", "num", line.label.slice(-4)));
  text.append(part("h2", "", zh ? line.name_zh || line.name : line.name), label);
  if (line.lot) text.append(part("p", "", words.wLot!.replace("{0}", line.lot)));
  const count = part("p", "qty");
  count.append(part("b", "", String(line.want)));
  box.append(text, count);
  return box;
}

function key(kind: string, text: string): HTMLButtonElement {
  const button = part("button", kind, text) as HTMLButtonElement;
  button.type = "submit";
  return button;
}

function enter(line: Line, words: Words): HTMLElement {
  const box = part("div", "enter");
  const field = part("input", "pin-in") as HTMLInputElement;
  Object.assign(field, { id: "quantity", name: "quantity", inputMode: "numeric", value: String(line.want), ariaLabel: words.wTook });
  box.append(field, key("btn go tall wide", words.wTook!));
  return box;
}

function choice(code: string, words: string): HTMLElement {
  const box = part("div", "options");
  const button = key("btn", words);
  button.name = "choice";
  button.value = code;
  box.append(button);
  return box;
}

/** What is asked for now, in words. */
export function asks(plan: Ahead, words: Words): string {
  const line = plan.lines[0];
  const text = plan.over ? words.wAllKept : !line ? words.wAskStation : words[`wAsk${line.stage[0]!.toUpperCase()}${line.stage.slice(1)}`];
  return (text ?? "").split("|")[0]!.replace("{want}", String(line?.want ?? ""));
}

function parts(plan: Ahead, zh: boolean, words: Words): HTMLElement[] {
  const line = plan.lines[0];
  if (plan.over) return [];
  if (!line) return [big(words.wStation!, plan.station)];
  const goods = article(line, zh, words);
  if (line.stage === "bin") return [big(words.wBin!, line.bin), goods, choice("short", words.wShort!)];
  if (line.stage === "article") return [part("p", "done", line.bin), goods, choice("short", words.wShort!)];
  if (line.stage === "quantity") return [enter(line, words), goods, choice("short", words.wShort!)];
  const tote = big(words.wTote!, line.tote || words.wEmptyTote!);
  return line.tote ? [tote, goods, choice("full", words.wFull!)] : [tote, goods];
}

/** "5 of 20" at another line: in every language the last number is how many there are. */
const counted = (text: string, at: number) => text.replace(/\d+(?=\D+\d+\D*$)/, String(at));

/** Draws the next step of the plan in the place of the one shown. */
export function draw(main: HTMLElement, plan: Ahead, words: Words, zh: boolean): void {
  const form = main.querySelector<HTMLFormElement>("#scan-form")!;
  const stay = (one: Element) => one.matches("input[type=hidden], #say, #scans");
  [...form.children].filter((one) => !stay(one)).forEach((one) => one.remove());
  const made = parts(plan, zh, words);
  const list = form.querySelector("#scans");
  made.forEach((one) => form.insertBefore(one, list));
  const line = plan.lines[0];
  main.dataset.expect = plan.over ? "none" : (line?.stage ?? "station");
  main.dataset.label = line ? { bin: line.bin, article: line.label, quantity: String(line.want), tote: line.tote }[line.stage] : plan.station;
  const head = main.querySelector("h1");
  if (head) head.textContent = counted(head.textContent ?? "", Math.min(plan.done + 1, plan.of));
  const bar = main.querySelector("progress");
  if (!bar) return;
  bar.value = plan.done;
  bar.ariaLabel = counted(bar.ariaLabel ?? "", plan.done);
}

/** Keeps the page as it stands, with what it wears. */
export async function hold(): Promise<void> {
  if (!("caches" in globalThis)) return;
  const page = document.documentElement.cloneNode(true) as HTMLElement;
  page.querySelector("#hh")?.setAttribute("data-held", "");
  page.removeAttribute("data-new");
  const cache = await caches.open(KEPT);
  // A kept page may load no more than one of the server's.
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'";
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
  await cache.put(HELD, new Response(`<!doctype html>${page.outerHTML}`, { headers }));
  const worn = [...document.querySelectorAll<HTMLElement>("script[src], link[href]")];
  for (const url of [...worn.map((one) => one.getAttribute("src") ?? one.getAttribute("href")!), ...decoder]) {
    if (!(await cache.match(url))) await cache.add(url).catch(() => undefined);
  }
}

/** Nothing is in hand any more. */
export async function drop(): Promise<void> {
  if ("caches" in globalThis) await caches.delete(KEPT);
}
