// Live news by server-sent events: each message is JSON with a `topic`, handed to the page as
// `live:<topic>` and `live:<kind>` on <body>, where htmx triggers and islands wait. The browser sends Last-Event-ID when
// it connects again. Deliberately absent: silence that looks like health; a page that hears nothing
// says since when.

const STALE_AFTER_MS = 25_000;

/** Listens at `url`. */
export function connect(url: string): void {
  const source = new EventSource(url);
  let heard = Date.now();
  const hear = () => {
    heard = Date.now();
    mark(false, heard);
  };
  source.addEventListener("open", hear);
  source.addEventListener("beat", hear);
  source.addEventListener("message", (event) => {
    hear();
    try {
      const news = JSON.parse(event.data as string) as { topic: string; kind?: string };
      for (const name of [news.topic, news.kind]) if (name) document.body.dispatchEvent(new CustomEvent(`live:${name}`, { detail: news }));
    } catch {
      // Not ours to read; the next one may be.
    }
  });
  setInterval(() => Date.now() - heard > STALE_AFTER_MS && mark(true, heard), 1000);
  addEventListener("pagehide", () => source.close());
}

function mark(stale: boolean, heard: number): void {
  for (const sign of document.querySelectorAll<HTMLElement>("[data-live-sign]")) {
    const at = new Date(heard).toTimeString().slice(0, 5);
    const text = stale ? (sign.dataset.stale ?? "").replace("{at}", at) : (sign.dataset.on ?? "");
    if (sign.textContent !== text) sign.textContent = text;
    sign.classList.toggle("stale", stale);
  }
}
