// The dispatch map: our own roads on a canvas, sites, routes, stops, and everybody who moves. Nothing is
// asked from another host. Deliberately absent: a plan; board, panel and timeline come from the server.
import L from "leaflet";
import { htmx, post } from "./lib/htmx";

interface Place { lat: number; lon: number }
interface SiteMark extends Place { code: string; name: string; kind: string }
interface StopMark extends Place { seq: number; tone: string; label: string }
interface RouteLine { load: string; letter: string; hue: number; driven: [number, number][]; ahead: [number, number][]; stops: StopMark[] }
interface Mover extends Place { id: string; kind: string; label: string; load: string; letter: string; hue: number; heading: number | null; silent_s: number }
interface JobMark extends Place { id: string; tone: string; label: string }
interface MapNow { sites: SiteMark[]; routes: RouteLine[]; movers: Mover[]; jobs: JobMark[] }
interface Road { id: number; class: string; name: string; name_zh: string; closed: boolean; reason: string; slow_permille: number }
interface RoadFeature { properties: Road; geometry: { coordinates: [number, number][] } }

const box = document.getElementById("map") as HTMLElement;
const words = box.dataset;
const style = getComputedStyle(document.documentElement);
const colour = (name: string) => style.getPropertyValue(name).trim();
const hues = ["--l-a", "--l-b", "--l-c", "--l-d", "--l-e", "--l-f"].map(colour);
const dashes = ["10 5", "", "2 6", "10 4 2 4", "6 4", "14 4"];

const map = L.map(box, { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.5, wheelPxPerZoomLevel: 120, preferCanvas: true });
map.setView([Number(words.lat), Number(words.lon)], 13);
L.control.zoom({ position: "bottomright", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
(box.querySelector(".leaflet-bottom.leaflet-right") as HTMLElement | null)?.style.setProperty("margin-bottom", "38px");
for (const [pane, z] of [["roads", 210], ["roadtop", 220], ["routes", 400], ["stops", 600], ["movers", 650]] as const) map.createPane(pane).style.zIndex = String(z);
const roadCanvas = L.canvas({ pane: "roads", tolerance: 5 });
const roadTop = L.canvas({ pane: "roadtop" });
const routeCanvas = L.canvas({ pane: "routes" });

let chosen = new URLSearchParams(location.search).get("load") ?? document.querySelector<HTMLElement>(".lane[aria-current]")?.dataset.load ?? "";
let fitted = false;

// Roads ---------------------------------------------------------------------
const WIDTH: Record<string, number> = { motorway: 6, trunk: 6, primary: 5.5, secondary: 4.5, tertiary: 3.5 };
const roads = L.layerGroup().addTo(map);
const shut = L.layerGroup().addTo(map);
let roadTag = "";

async function drawRoads(): Promise<void> {
  const response = await fetch(words.roads ?? "", { headers: roadTag ? { "if-none-match": roadTag } : {} }).catch(() => undefined);
  if (!response?.ok || (roadTag && response.headers.get("etag") === roadTag)) return;
  roadTag = response.headers.get("etag") ?? "";
  const { features } = (await response.json()) as { features: RoadFeature[] };
  roads.clearLayers();
  shut.clearLayers();
  const lines = features.map((feature) => ({ road: feature.properties, points: feature.geometry.coordinates.map(([lon, lat]) => [lat, lon] as [number, number]) }));
  for (const { road, points } of lines) L.polyline(points, { renderer: roadCanvas, pane: "roads", color: colour("--road-edge"), weight: (WIDTH[road.class] ?? 2.6) + 1.6, interactive: false }).addTo(roads);
  for (const { road, points } of lines) {
    const line = L.polyline(points, { renderer: roadCanvas, pane: "roads", color: colour(WIDTH[road.class] ? "--major" : "--road"), weight: WIDTH[road.class] ?? 2.6 });
    line.on("click", (event) => ask(road, event.latlng)).addTo(roads);
    const name = words.zh === "true" && road.name_zh ? road.name_zh : road.name;
    if (name) line.bindTooltip(name, { sticky: true });
  }
  for (const { road, points } of lines) {
    if (road.closed) {
      L.polyline(points, { renderer: roadTop, pane: "roadtop", color: colour("--bad"), weight: 4, dashArray: "2 5", interactive: false }).addTo(shut);
      const middle = L.polyline(points).getBounds().getCenter();
      mark(middle.lat, middle.lng, "shut-mark", "", `${road.name} ${words.closed}: ${road.reason}`, "stops").addTo(shut);
    } else if (road.slow_permille >= 250) {
      // So many thousandths of the free time are added: a jam doubles it.
      const jam = road.slow_permille >= 1000;
      L.polyline(points, { renderer: roadTop, pane: "roadtop", color: colour(jam ? "--bad" : "--warn"), weight: jam ? 4 : 3, dashArray: jam ? undefined : "7 4", interactive: false }).addTo(shut);
    }
  }
  if (!fitted && lines.length > 0) {
    map.fitBounds(L.latLngBounds(lines.flatMap((line) => line.points)), { padding: [48, 48] });
    fitted = true;
  }
}

/** Closing and opening a road is asked where it was clicked. */
function ask(road: Road, at: L.LatLng): void {
  const form = document.createElement("form");
  const name = document.createElement("b");
  name.textContent = words.zh === "true" && road.name_zh ? road.name_zh : road.name || `#${road.id}`;
  form.append(name);
  const reason = Object.assign(document.createElement("input"), { className: "in sm", name: "reason", placeholder: words.reason ?? "", required: !road.closed });
  if (!road.closed) form.append(reason);
  form.append(Object.assign(document.createElement("button"), { className: road.closed ? "btn sm primary" : "btn sm danger", textContent: (road.closed ? words.open : words.close) ?? "" }));
  const popup = L.popup({ closeButton: false }).setLatLng(at).setContent(form).openOn(map);
  reason.focus();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await post(`/api/v1/roads/${road.id}/${road.closed ? "open" : "close"}`, road.closed ? {} : { reason: reason.value });
    popup.remove();
    await drawRoads();
  });
}

// Marks ---------------------------------------------------------------------
function mark(lat: number, lon: number, classes: string, text: string, label: string, pane: string): L.Marker {
  const bold = document.createElement("b");
  bold.textContent = text;
  const icon = L.divIcon({ className: `mark ${classes}`, html: bold, iconSize: [22, 22] });
  return L.marker([lat, lon], { icon, pane, title: "", alt: label, keyboard: false }).bindTooltip(label, { direction: "top", offset: [0, -8] });
}

const sites = L.layerGroup().addTo(map);
const routes = L.layerGroup().addTo(map);
const jobs = L.layerGroup().addTo(map);
const marks = new Map<string, { marker: L.Marker; was: string }>();
const jobMarks = new Map<string, L.Marker>();

function drawSites(list: SiteMark[]): void {
  if (sites.getLayers().length === list.length) return;
  sites.clearLayers();
  for (const site of list) {
    const point = site.kind === "pickup_point";
    const made = mark(site.lat, site.lon, point ? "site point" : "site", site.kind.charAt(0).toUpperCase(), site.name, "stops").addTo(sites);
    if (point) continue;
    const name = Object.assign(document.createElement("span"), { className: "site-name", textContent: site.name });
    made.getElement()?.prepend(name);
  }
}

function drawRoutes(list: RouteLine[]): void {
  routes.clearLayers();
  const sorted = [...list].sort((a, b) => Number(a.load === chosen) - Number(b.load === chosen));
  for (const route of sorted) {
    const on = route.load === chosen;
    const color = hues[route.hue] ?? colour("--l-f");
    const base = { renderer: routeCanvas, pane: "routes", color };
    if (on) L.polyline(route.ahead, { ...base, color: colour("--paper"), weight: 9, interactive: false }).addTo(routes);
    L.polyline(route.driven, { ...base, weight: 3, dashArray: "1 6", interactive: false }).addTo(routes);
    L.polyline(route.ahead, { ...base, weight: on ? 5 : 3, opacity: on || !chosen ? 0.95 : 0.55, dashArray: on ? undefined : dashes[route.hue] }).on("click", () => choose(route.load)).addTo(routes);
    if (!on && chosen) continue;
    for (const stop of route.stops) {
      const made = mark(stop.lat, stop.lon, `halt ${stop.tone} h${route.hue}`, on ? String(stop.seq) : "", `${stop.seq}. ${stop.label}`, "stops");
      if (on) made.addTo(routes);
    }
  }
}

function shape(mover: Mover): string {
  const turn = mover.heading === null ? "" : `rotate(${mover.heading - 90})`;
  const body = mover.kind === "van"
    ? `<path transform="${turn}" d="M-11-7H6L13 0 6 7H-11z"/>`
    : `<circle r="8.5"/>${mover.heading === null ? "" : `<path transform="${turn}" d="M10.5-4.5 17 0 10.5 4.5z"/>`}`;
  return `<svg viewBox="-17 -17 34 34" aria-hidden="true"><circle class="halo" r="16"/>${body}<text y="3.6"></text></svg>`;
}

function drawMovers(list: Mover[]): void {
  const seen = new Set<string>();
  for (const mover of list) {
    seen.add(mover.id);
    const silent = mover.silent_s > 60;
    const label = silent ? `${mover.label}, ${(words.silent ?? "").replace("{0}", String(mover.silent_s))}` : mover.label;
    const look = JSON.stringify([mover.heading, mover.letter, mover.hue, silent, mover.load === chosen && chosen !== ""]);
    let known = marks.get(mover.id);
    if (!known) {
      const marker = L.marker([mover.lat, mover.lon], { pane: "movers", keyboard: true, icon: L.divIcon({ className: "mark mover glide", iconSize: [34, 34] }) }).bindTooltip(label, { direction: "top", offset: [0, -12] }).addTo(map);
      marker.on("click keypress", () => mover.load && choose(marks.get(mover.id)?.marker.options.alt ?? mover.load));
      known = { marker, was: "" };
      marks.set(mover.id, known);
    }
    known.marker.options.alt = mover.load;
    known.marker.setLatLng([mover.lat, mover.lon]).setTooltipContent(label);
    const element = known.marker.getElement();
    if (!element || known.was === look) continue;
    known.was = look;
    element.className = element.className.replace(/ (h\d|silent|on)\b/g, "") + ` h${mover.hue}${silent ? " silent" : ""}${mover.load === chosen && chosen ? " on" : ""}`;
    element.innerHTML = shape(mover);
    (element.querySelector("text") as SVGTextElement).textContent = mover.letter;
    element.setAttribute("aria-label", label);
    element.setAttribute("role", "button");
  }
  for (const [id, { marker }] of marks) if (!seen.has(id)) [marker.remove(), marks.delete(id)];
}

function drawJobs(list: JobMark[]): void {
  jobs.clearLayers();
  jobMarks.clear();
  for (const job of list) jobMarks.set(job.id, mark(job.lat, job.lon, `spot ${job.tone}`, "", job.label, "stops").addTo(jobs));
}

// One plan: a choice in one view shows in all ---------------------------------
let now: MapNow = { sites: [], routes: [], movers: [], jobs: [] };
let heard = 0;

function choose(load: string): void {
  chosen = load;
  for (const row of document.querySelectorAll<HTMLElement>(".lane")) row.toggleAttribute("aria-current", row.dataset.load === load);
  drawRoutes(now.routes);
  drawMovers(now.movers);
  const route = now.routes.find((one) => one.load === load);
  if (route && route.ahead.length > 1) map.flyToBounds(L.latLngBounds([...route.ahead, ...route.driven]), { padding: [60, 60], maxZoom: 15, duration: 0.4 });
  history.replaceState(null, "", `?load=${encodeURIComponent(load)}`);
  void htmx.ajax("get", `/dispatch/loads/${load}`, { target: "#side", swap: "innerHTML" });
}

async function look(): Promise<void> {
  if (document.hidden) return;
  const response = await fetch(words.now ?? "").catch(() => undefined);
  if (!response?.ok) return;
  now = (await response.json()) as MapNow;
  heard = Date.now();
  drawSites(now.sites);
  drawRoutes(now.routes);
  drawJobs(now.jobs);
  drawMovers(now.movers);
}

document.addEventListener("click", (event) => {
  const lane = (event.target as Element).closest<HTMLElement>(".lane");
  if (!lane || (event as MouseEvent).ctrlKey) return;
  event.preventDefault();
  event.stopPropagation();
  choose(lane.dataset.load ?? "");
}, true);
for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const spot = (event.target as Element).closest<HTMLElement>("[data-spot]")?.dataset.spot;
    for (const [id, marker] of jobMarks) marker.getElement()?.classList.toggle("lit", id === spot);
  });
}
document.body.addEventListener("htmx:afterSwap", () => {
  for (const row of document.querySelectorAll<HTMLElement>(".lane")) row.toggleAttribute("aria-current", chosen !== "" && row.dataset.load === chosen);
});
document.body.addEventListener("live:dispatch", () => void look());
document.body.addEventListener("live:road", () => void drawRoads());
map.on("zoomstart", () => box.classList.add("zooming"));
map.on("zoomend", () => box.classList.remove("zooming"));

setInterval(() => void look(), 1000);
setInterval(() => void drawRoads(), 20_000);
setInterval(() => {
  const age = document.getElementById("map-age");
  const seconds = Math.round((Date.now() - heard) / 1000);
  if (age && heard > 0) age.textContent = seconds > 3 ? (age.dataset.words ?? "").replace("{0}", String(seconds)) : "";
}, 1000);
void drawRoads().then(look);
