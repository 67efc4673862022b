// The floor: its plan once, then everything on it as it moves. Deliberately absent: a frame rate; what has
// not changed is not drawn, and a reader who wants no movement gets jumps instead of glides.
import { htmx, post } from "./lib/htmx";

interface Node { id: string; x_mm: number; y_mm: number; kind: string; lane: string }
interface Edge { from: string; to: string; lane: string; closed: boolean; reason: string }
interface Zone { code: string; name_en: string; name_zh: string; kind: string; x_mm: number; y_mm: number; width_mm: number; height_mm: number }
interface Bin { code: string; x_mm: number; y_mm: number }
interface Station { code: string; kind: string; node: string; stand: string }
interface Plan { width_mm: number; height_mm: number; zones: Zone[]; aisles: { from_node: string; to_node: string; one_way: boolean }[]; bins: Bin[]; nodes: Node[]; edges: Edge[]; shelves: { code: string; node: string }[]; stations: Station[] }
interface Vehicle { id: string; x_mm: number; y_mm: number; theta_mrad: number; doing: string; word: string; battery_permille: number; load: string; path: string[] }
interface Person { id: string; name: string; letters: string; x_mm: number; y_mm: number; word: string }
interface Now { vehicles: Vehicle[]; people: Person[]; heat: { bin: string; level: number }[]; closed: [string, string][]; stations: [string, string, string][] }
interface Moving { group: SVGGElement; body: SVGElement; x: number; y: number; turn: number; fromX: number; fromY: number; fromTurn: number; toX: number; toY: number; toTurn: number; since: number }

const LOOK_MS = 700;
const box = document.getElementById("floor") as HTMLElement;
const words = box.dataset;
const zh = document.documentElement.lang.startsWith("zh");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const SVG = "http://www.w3.org/2000/svg";

function make<K extends keyof SVGElementTagNameMap>(name: K, attributes: Record<string, string | number>, parent?: Element): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  parent?.append(element);
  return element;
}
function text(parent: Element, x: number, y: number, size: number, words: string, classes = "", anchor = "start"): void {
  make("text", { x, y, "font-size": size, class: classes, "text-anchor": anchor, "aria-hidden": "true" }, parent).textContent = words;
}

const svg = make("svg", { role: "group", "aria-label": words.label ?? "" }, box);
const layers = Object.fromEntries(["base", "zones", "bins", "shelves", "heat", "graph", "stations", "plans", "shut", "people", "fleet"].map((name) => [name, make("g", { id: `layer-${name}` }, svg)])) as Record<string, SVGGElement>;
const layer = (name: string) => layers[name] as SVGGElement;

let plan: Plan | undefined;
let high = 0;
const nodes = new Map<string, Node>();
const bins = new Map<string, Bin>();
const Y = (y: number) => high - y; // north is up, SVG grows down
let unit = 1000; // about one grid step, mm: sizes follow it

// The plan --------------------------------------------------------------------
function step(): number {
  let least = Number.POSITIVE_INFINITY;
  for (const edge of plan?.edges ?? []) {
    const [a, b] = [nodes.get(edge.from), nodes.get(edge.to)];
    if (a && b && edge.lane === "agv") least = Math.min(least, Math.hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm));
  }
  return Number.isFinite(least) && least > 200 ? Math.min(least, 2000) : 1000;
}

function drawPlan(floor: Plan): void {
  plan = floor;
  high = floor.height_mm;
  for (const node of floor.nodes) nodes.set(node.id, node);
  for (const bin of floor.bins) bins.set(bin.code, bin);
  unit = step();
  // A node may lie outside of the walls: a yard, a charger by the gate.
  const [xs, ys] = [[0, floor.width_mm], [0, floor.height_mm]];
  for (const node of floor.nodes) [xs.push(node.x_mm), ys.push(Y(node.y_mm))];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  view = { x: left - unit, y: top - unit, w: Math.max(...xs) - left + 2 * unit, h: Math.max(...ys) - top + 2 * unit };
  whole = { ...view };
  make("rect", { class: "wall", x: 0, y: 0, width: floor.width_mm, height: floor.height_mm, rx: unit * 0.2 }, layer("base"));
  for (const zone of floor.zones) {
    make("rect", { class: `zone ${zone.kind}`, x: zone.x_mm, y: Y(zone.y_mm + zone.height_mm), width: zone.width_mm, height: zone.height_mm, rx: unit * 0.15 }, layer("zones"));
    const name = zh ? zone.name_zh : zone.name_en;
    // The name stays within its zone; a Chinese sign is about twice as wide as a letter.
    const size = Math.min(unit * 0.55, (zone.width_mm - unit * 0.4) / Math.max(1, name.length * (zh ? 1.05 : 0.62)));
    text(layer("zones"), zone.x_mm + unit * 0.2, Y(zone.y_mm + zone.height_mm) + unit * 0.65, size, name, "zone-n");
  }
  drawGraph(floor);
  drawBins(floor);
  drawStations(floor);
  for (const shelf of floor.shelves) {
    const at = nodes.get(shelf.node);
    if (at) make("rect", { class: "shelf", "data-shelf": shelf.code, x: at.x_mm - unit * 0.36, y: Y(at.y_mm) - unit * 0.36, width: unit * 0.72, height: unit * 0.72, rx: unit * 0.06 }, layer("shelves"));
  }
  show();
}

function drawGraph(floor: Plan): void {
  let lines = "";
  for (const edge of floor.edges) {
    const [a, b] = [nodes.get(edge.from), nodes.get(edge.to)];
    if (!a || !b) continue;
    const path = `M${a.x_mm} ${Y(a.y_mm)}L${b.x_mm} ${Y(b.y_mm)}`;
    if (edge.from < edge.to || !floor.edges.some((other) => other.from === edge.to && other.to === edge.from)) {
      lines += path;
      const hit = make("path", { class: "edge-hit", d: path }, layer("graph"));
      hit.addEventListener("click", (event) => askEdge(edge, event));
    }
  }
  layer("graph").prepend(make("path", { class: "edges", d: lines }));
  for (const aisle of floor.aisles.filter((aisle) => aisle.one_way)) {
    const [a, b] = [nodes.get(aisle.from_node), nodes.get(aisle.to_node)];
    if (!a || !b) continue;
    const turn = (Math.atan2(Y(b.y_mm) - Y(a.y_mm), b.x_mm - a.x_mm) * 180) / Math.PI;
    const s = unit * 0.22;
    for (const part of [0.25, 0.75]) make("path", { class: "oneway", transform: `translate(${a.x_mm + (b.x_mm - a.x_mm) * part} ${Y(a.y_mm) + (Y(b.y_mm) - Y(a.y_mm)) * part}) rotate(${turn})`, d: `M${-s} ${-s} ${s} 0 ${-s} ${s}` }, layer("zones"));
  }
  layer("graph").style.display = "none";
}

/** Bins of one column stand above each other; one square shows them all. */
function drawBins(floor: Plan): void {
  const s = unit * 0.36;
  const places = new Set<string>();
  let path = "";
  for (const bin of floor.bins) {
    const key = `${bin.x_mm},${bin.y_mm}`;
    if (places.has(key)) continue;
    places.add(key);
    path += `M${bin.x_mm - s} ${Y(bin.y_mm) - s}h${2 * s}v${2 * s}h${-2 * s}z`;
  }
  make("path", { class: "bins", d: path }, layer("bins"));
}

function drawStations(floor: Plan): void {
  for (const station of floor.stations) {
    const at = nodes.get(station.stand) ?? nodes.get(station.node);
    if (!at) continue;
    const group = make("g", { class: "stn", "data-station": station.code }, layer("stations"));
    make("rect", { x: at.x_mm - unit * 0.9, y: Y(at.y_mm) - unit * 0.45, width: unit * 1.8, height: unit * 0.9, rx: unit * 0.15 }, group);
    text(group, at.x_mm, Y(at.y_mm) + unit * 0.14, unit * 0.38, station.code, "", "middle");
  }
  for (const node of floor.nodes.filter((node) => node.kind === "charger")) {
    make("rect", { class: "chg", x: node.x_mm - unit * 0.4, y: Y(node.y_mm) - unit * 0.4, width: unit * 0.8, height: unit * 0.8, rx: unit * 0.12 }, layer("stations"));
    make("path", { class: "bolt", transform: `translate(${node.x_mm} ${Y(node.y_mm)}) scale(${unit * 0.02})`, d: "M3-15-8 3h6l-2 12L9-4H3z" }, layer("stations"));
  }
}

// What moves --------------------------------------------------------------------
const moving = new Map<string, Moving>();
let chosen = "";

function place(id: string, x: number, y: number, turn: number, build: () => Moving): Moving {
  let one = moving.get(id);
  if (!one) {
    one = build();
    moving.set(id, one);
    Object.assign(one, { x, y, turn, fromX: x, fromY: y, fromTurn: turn, toX: x, toY: y, toTurn: turn });
    put(one);
  }
  if (one.toX !== x || one.toY !== y || one.toTurn !== turn) {
    const shortest = ((turn - one.turn + 540) % 360) - 180;
    Object.assign(one, { fromX: one.x, fromY: one.y, fromTurn: one.turn, toX: x, toY: y, toTurn: one.turn + shortest, since: performance.now() });
    requestAnimationFrame(glide);
  }
  return one;
}

function put(one: Moving): void {
  one.group.setAttribute("transform", `translate(${one.x.toFixed(0)} ${one.y.toFixed(0)})`);
  one.body.setAttribute("transform", `rotate(${one.turn.toFixed(1)})`);
}

let gliding = false;
function glide(): void {
  if (gliding) return;
  gliding = true;
  const frame = (time: number) => {
    let more = false;
    for (const one of moving.values()) {
      if (one.x === one.toX && one.y === one.toY && one.turn === one.toTurn) continue;
      const part = still ? 1 : Math.min(1, Math.max(0, (time - one.since) / LOOK_MS));
      one.x = one.fromX + (one.toX - one.fromX) * part;
      one.y = one.fromY + (one.toY - one.fromY) * part;
      one.turn = one.fromTurn + (one.toTurn - one.fromTurn) * part;
      if (part >= 1) Object.assign(one, { x: one.toX, y: one.toY, turn: one.toTurn });
      else more = true;
      put(one);
    }
    gliding = more;
    if (more) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function buildVehicle(vehicle: Vehicle): Moving {
  const u = unit;
  const group = make("g", { class: "agv", tabindex: 0, role: "button", "data-vehicle": vehicle.id }, layer("fleet"));
  make("circle", { class: "sel", r: u * 0.85 }, group);
  const body = make("g", {}, group);
  make("rect", { class: "cargo", x: -u * 0.5, y: -u * 0.5, width: u, height: u, rx: u * 0.06 }, body);
  make("path", { class: "body", d: `M${-u * 0.44} ${-u * 0.34}h${u * 0.56}l${u * 0.36} ${u * 0.34}-${u * 0.36} ${u * 0.34}h${-u * 0.56}z` }, body);
  text(group, 0, u * 0.14, u * 0.38, vehicle.id.replace(/^\D+/, "").slice(-3));
  make("path", { class: "sign", transform: `translate(${u * 0.36} ${-u * 0.42}) scale(${u * 0.022})`, d: "M-4-10h8l6 6v8l-6 6h-8l-6-6v-8z" }, group);
  return { group, body, x: 0, y: 0, turn: 0, fromX: 0, fromY: 0, fromTurn: 0, toX: 0, toY: 0, toTurn: 0, since: 0 };
}

function buildPerson(person: Person): Moving {
  const group = make("g", { class: "man", role: "img" }, layer("people"));
  const body = make("circle", { r: unit * 0.42 }, group);
  text(group, 0, unit * 0.14, unit * 0.38, person.letters);
  return { group, body, x: 0, y: 0, turn: 0, fromX: 0, fromY: 0, fromTurn: 0, toX: 0, toY: 0, toTurn: 0, since: 0 };
}

function draw(now: Now): void {
  if (!plan) return;
  const seen = new Set<string>();
  const carried = new Set<string>();
  layer("plans").replaceChildren();
  for (const vehicle of now.vehicles) {
    const key = `v${vehicle.id}`;
    seen.add(key);
    const one = place(key, vehicle.x_mm, Y(vehicle.y_mm), -((vehicle.theta_mrad / 1000) * 180) / Math.PI, () => buildVehicle(vehicle));
    const low = vehicle.battery_permille < 200 && vehicle.doing !== "charging";
    one.group.setAttribute("class", `agv ${vehicle.doing}${low ? " low" : ""}${vehicle.id === chosen ? " on" : ""}`);
    one.group.setAttribute("aria-label", `${vehicle.id}, ${vehicle.word}, ${Math.round(vehicle.battery_permille / 10)} %${vehicle.load ? `, ${vehicle.load}` : ""}`);
    (one.group.querySelector(".cargo") as SVGElement).style.display = vehicle.load ? "" : "none";
    if (vehicle.load) carried.add(vehicle.load);
    const points = vehicle.path.map((id) => nodes.get(id)).filter((node) => node !== undefined);
    if (points.length > 0) make("path", { class: `path${vehicle.id === chosen ? " on" : ""}`, d: `M${vehicle.x_mm} ${Y(vehicle.y_mm)}${points.map((node) => `L${node.x_mm} ${Y(node.y_mm)}`).join("")}` }, layer("plans"));
  }
  for (const person of now.people) {
    const key = `p${person.id}`;
    seen.add(key);
    const one = place(key, person.x_mm, Y(person.y_mm), 0, () => buildPerson(person));
    one.group.setAttribute("aria-label", `${person.name}, ${person.word}`);
  }
  for (const [id, one] of moving) if (!seen.has(id)) [one.group.remove(), moving.delete(id)];
  for (const shelf of layer("shelves").children) (shelf as SVGElement).style.visibility = carried.has((shelf as SVGElement).dataset.shelf ?? "") ? "hidden" : "";
  if (now.heat.length > 0) drawHeat(now.heat);
  drawShut(now.closed);
}

function drawHeat(heat: Now["heat"]): void {
  const most = new Map<string, number>();
  for (const { bin, level } of heat) {
    const at = bins.get(bin);
    if (at) most.set(`${at.x_mm},${at.y_mm}`, Math.max(level, most.get(`${at.x_mm},${at.y_mm}`) ?? 0));
  }
  const paths = ["", "", "", "", "", ""];
  for (const [key, level] of most) {
    const [x = 0, y = 0] = key.split(",").map(Number);
    const s = unit * (0.1 + level * 0.045); // size says the same as colour
    paths[level] += `M${x - s} ${Y(y) - s}h${2 * s}v${2 * s}h${-2 * s}z`;
  }
  layer("heat").replaceChildren(...paths.map((d, level) => make("path", { class: `heat${level}`, d })));
}

let wasShut = "";
function drawShut(closed: [string, string][]): void {
  const key = closed.join(";");
  if (key === wasShut) return;
  wasShut = key;
  layer("shut").replaceChildren();
  for (const [from, to] of closed) {
    const [a, b] = [nodes.get(from), nodes.get(to)];
    if (!a || !b) continue;
    make("path", { class: "shutp", d: `M${a.x_mm} ${Y(a.y_mm)}L${b.x_mm} ${Y(b.y_mm)}` }, layer("shut"));
    const dot = make("circle", { class: "shutd", cx: (a.x_mm + b.x_mm) / 2, cy: (Y(a.y_mm) + Y(b.y_mm)) / 2, r: unit * 0.24, role: "img", "aria-label": `${from} ${to} ${words.closed ?? ""}` }, layer("shut"));
    dot.addEventListener("click", (event) => askEdge({ from, to, lane: "agv", closed: true, reason: "" }, event));
  }
}

// Deeds -----------------------------------------------------------------------
function askEdge(edge: Edge, event: MouseEvent): void {
  box.querySelector(".edge-form")?.remove();
  const closed = wasShut.split(";").some((pair) => pair === `${edge.from},${edge.to}` || pair === `${edge.to},${edge.from}`);
  const form = Object.assign(document.createElement("form"), { className: "edge-form" });
  const title = Object.assign(document.createElement("b"), { className: "mono", textContent: `${edge.from} – ${edge.to}` });
  const reason = Object.assign(document.createElement("input"), { className: "in sm", placeholder: words.reason ?? "", required: true });
  const go = Object.assign(document.createElement("button"), { className: closed ? "btn sm primary" : "btn sm danger", textContent: (closed ? words.open : words.close) ?? "" });
  form.append(...(closed ? [title, go] : [title, reason, go]));
  const at = box.getBoundingClientRect();
  form.style.left = `${Math.min(event.clientX - at.left, at.width - 240)}px`;
  form.style.top = `${Math.min(event.clientY - at.top, at.height - 130)}px`;
  box.append(form);
  (closed ? go : reason).focus();
  form.addEventListener("keydown", (key) => key.key === "Escape" && form.remove());
  form.addEventListener("submit", async (sent) => {
    sent.preventDefault();
    await post(`/api/v1/sites/${words.site}/edges/${closed ? "open" : "close"}`, { from: edge.from, to: edge.to, ...(closed ? {} : { reason: reason.value }) });
    form.remove();
    await look();
  });
}

function choose(id: string): void {
  chosen = id;
  for (const row of document.querySelectorAll<HTMLElement>(".flt li")) row.toggleAttribute("aria-current", row.querySelector<HTMLElement>("[data-vehicle]")?.dataset.vehicle === id);
  void htmx.ajax("get", `/floor/${words.site}/vehicles/${id}`, { target: "#side", swap: "innerHTML" });
  void look();
}
document.addEventListener("click", (event) => {
  const id = (event.target as Element).closest<HTMLElement | SVGElement>("[data-vehicle]")?.dataset.vehicle;
  if (!id || (event as MouseEvent).ctrlKey || (event as MouseEvent).metaKey) return;
  event.preventDefault();
  choose(id);
});
svg.addEventListener("keydown", (event) => {
  const id = (event.target as SVGElement).closest<SVGElement>("[data-vehicle]")?.dataset.vehicle;
  if (id && (event.key === "Enter" || event.key === " ")) [event.preventDefault(), choose(id)];
});
document.getElementById("layers")?.addEventListener("change", (event) => {
  const input = event.target as HTMLInputElement;
  layer(input.dataset.layer ?? "").style.display = input.checked ? "" : "none";
});

// The view: wheel and keys zoom, dragging moves ---------------------------------
let view = { x: 0, y: 0, w: 1, h: 1 };
let whole = { ...view };
const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
function zoom(by: number, x = view.x + view.w / 2, y = view.y + view.h / 2): void {
  const w = Math.min(whole.w * 1.2, Math.max(unit * 6, view.w * by));
  const part = w / view.w;
  view = { x: x - (x - view.x) * part, y: y - (y - view.y) * part, w, h: view.h * part };
  show();
}
function point(event: MouseEvent): DOMPoint {
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM()?.inverse());
}
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = point(event);
  zoom(event.deltaY > 0 ? 1.15 : 0.87, at.x, at.y);
}, { passive: false });
svg.addEventListener("pointerdown", (event) => {
  if ((event.target as Element).closest(".agv, .edge-hit, .shutd")) return;
  const start = point(event);
  svg.setPointerCapture(event.pointerId);
  const drag = (moved: PointerEvent) => {
    const at = point(moved);
    view = { ...view, x: view.x + start.x - at.x, y: view.y + start.y - at.y };
    show();
  };
  svg.addEventListener("pointermove", drag);
  svg.addEventListener("pointerup", () => svg.removeEventListener("pointermove", drag), { once: true });
});
document.addEventListener("click", (event) => {
  const way = (event.target as Element).closest<HTMLElement>("[data-zoom]")?.dataset.zoom;
  if (way === "all") [(view = { ...whole }), show()];
  else if (way) zoom(way === "in" ? 0.75 : 1.33);
});

// Looking ------------------------------------------------------------------------
let heard = 0;
let rounds = 0;
async function look(): Promise<void> {
  if (document.hidden || !plan) return;
  const heat = rounds++ % 30 === 0 ? "?heat=1" : "";
  const response = await fetch(`${words.now}${heat}`).catch(() => undefined);
  if (!response?.ok) return;
  draw((await response.json()) as Now);
  heard = Date.now();
}
async function begin(): Promise<void> {
  const response = await fetch(words.plan ?? "").catch(() => undefined);
  if (!response?.ok) return void setTimeout(() => void begin(), 3000);
  drawPlan((await response.json()) as Plan);
  await look();
}
setInterval(() => void look(), LOOK_MS);
setInterval(() => {
  const age = document.getElementById("floor-age");
  const seconds = Math.round((Date.now() - heard) / 1000);
  if (age && heard > 0) age.textContent = seconds > 3 ? (age.dataset.words ?? "").replace("{0}", String(seconds)) : "";
}, 1000);
void begin();
