// The rider's page: the offer's clock, the phone's position, the photo made small,
// and looking for news while waiting. Deliberately absent: deciding anything.

import { settle } from "./lib/steady";
import "./lib/send";
import { ring } from "./lib/voice";

const main = () => document.getElementById("main")!;
const csrf = () => document.querySelector<HTMLInputElement>('input[name="csrf"]')?.value ?? "";

// ---------- the offer's clock ----------

function countDown(): void {
  const dial = document.querySelector<HTMLElement>(".ring[data-left]");
  if (!dial) return;
  const all = Number(dial.dataset.all);
  const end = performance.now() + Number(dial.dataset.left);
  const number = dial.querySelector("span")!;
  const tick = () => {
    const left = Math.max(0, end - performance.now());
    number.textContent = String(Math.ceil(left / 1000));
    dial.style.setProperty("--gone", String(100 - (left / all) * 100));
    dial.toggleAttribute("data-late", left < all * 0.25);
    // The server has the last word; a moment later it has decided.
    if (left === 0) window.setTimeout(() => location.assign("/rider"), 1200);
    else window.setTimeout(tick, 250);
  };
  tick();
}

// ---------- where the phone is ----------

let sent = 0;

async function report(position: GeolocationPosition): Promise<void> {
  const { latitude: lat, longitude: lon } = position.coords;
  document.querySelectorAll<HTMLFormElement>("form[data-place]").forEach((form) => {
    (form.elements.namedItem("lat") as HTMLInputElement).value = String(lat);
    (form.elements.namedItem("lon") as HTMLInputElement).value = String(lon);
  });
  const resting = document.querySelector("form[data-place]") !== null;
  if (resting || Date.now() - sent < 5000) return;
  sent = Date.now();
  const headers = { "content-type": "application/json", "x-csrf": csrf() };
  await fetch("/api/v1/rider/position", { method: "POST", headers, body: JSON.stringify({ lat, lon }) }).catch(() => undefined);
}

navigator.geolocation?.watchPosition((position) => void report(position), () => undefined, {
  enableHighAccuracy: true,
  maximumAge: 4000,
});

// ---------- the photo, small enough to send from a stairwell ----------

async function small(file: File): Promise<string> {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, 1280 / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.8, 0.65, 0.5, 0.35]) {
    const url = canvas.toDataURL("image/jpeg", quality);
    if (url.length < 520_000) return url;
  }
  return canvas.toDataURL("image/jpeg", 0.2);
}

document.addEventListener("change", (event) => {
  const input = event.target as HTMLInputElement;
  if (input.dataset.photo === undefined || !input.files?.[0]) return;
  void small(input.files[0]).then((url) => {
    const form = input.form!;
    (form.elements.namedItem("photo") as HTMLInputElement).value = url.split(",")[1] ?? "";
    const view = document.getElementById("shot")!;
    view.querySelector("img")!.src = url;
    view.hidden = false;
    form.querySelector<HTMLInputElement>("#pin")?.removeAttribute("autofocus");
  });
});

// ---------- scanning at the warehouse ----------

document.addEventListener("click", (event) => {
  if (!(event.target as Element).closest("[data-type]")) return;
  const field = document.querySelector<HTMLInputElement>("input.scan");
  const typing = field?.closest(".say")?.classList.toggle("typing");
  if (!field) return;
  field.inputMode = typing ? "numeric" : "none";
  field.blur();
  field.focus();
});
document.addEventListener("focusout", () => {
  setTimeout(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLInputElement>("input.scan")?.focus({ preventScroll: true });
  }, 50);
});

// ---------- news while waiting ----------

async function look(): Promise<void> {
  const now = main();
  if (document.hidden || document.querySelector("[data-sent]")) return;
  const reply = await fetch("/rider", { signal: AbortSignal.timeout(8000) });
  if (!reply.ok || reply.redirected) return location.reload();
  const next = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("main");
  if (!next || without(next) === without(now)) return;
  if (now.dataset.idle !== undefined && next.dataset.idle === undefined) ring("work");
  now.replaceWith(next);
  settle();
  countDown();
  document.querySelector<HTMLInputElement>("input.scan")?.focus({ preventScroll: true });
}

/** A screen without the ids that differ in each answer. */
function without(screen: HTMLElement): string {
  return screen.outerHTML.replace(/name="command_id" value="[^"]*"/g, "");
}

const every = Number(main().dataset.watch ?? (main().dataset.offer ? "4" : "0"));
if (every > 0) setInterval(() => void look().catch(() => undefined), every * 1000);

countDown();
const tone = main().dataset.tone;
if (tone === "ok") ring("right");
if (tone === "bad") ring("wrong");
