// Keeps one page for the time when the server is away, with what it wears, and
// gives a handheld the task in hand, which its own page keeps (`lib/held`). No other
// page is kept: what is old would be shown as if it were true.

interface Extendable extends Event {
  waitUntil(what: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(what: Promise<Response>): void;
}
interface Worker {
  addEventListener(kind: "install" | "activate", act: (event: Extendable) => void): void;
  addEventListener(kind: "fetch", act: (event: Fetching) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
}

const worker = self as unknown as Worker;
const AWAY = "/away";
const KEPT = "away";
/** The worker's list and the steps of a task. */
const HAND = /^\/handheld(\/tasks\/[^/]+)?$/;

async function keep(): Promise<void> {
  await caches.delete(KEPT);
  const cache = await caches.open(KEPT);
  const page = await fetch(AWAY, { cache: "no-store" });
  const files = [...(await page.clone().text()).matchAll(/"(\/assets\/[^"#]+)/g)].map((found) => found[1]!);
  await cache.put(AWAY, page);
  await cache.addAll([...new Set(files)]);
}

async function away(request: Request): Promise<Response> {
  // A form that did not arrive is not sent again by itself: back to its page.
  if (request.method !== "GET") return Response.redirect(request.referrer || "/", 303);
  const held = HAND.test(new URL(request.url).pathname) ? await caches.match("/held") : undefined;
  return held ?? (await caches.match(AWAY)) ?? Response.error();
}

worker.addEventListener("install", (event) => event.waitUntil(keep().then(() => worker.skipWaiting())));
// The page that is open already is kept too, not only the next one.
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => away(request)));
  } else if (request.url.includes("/assets/")) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
  }
});
