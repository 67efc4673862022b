// The rest of a tour, known beforehand: what a scan leads to while the server is
// away, and what it cannot be. Pure. Deliberately absent: the last word; the
// server judges every scan again when it arrives.

export type Stage = "bin" | "article" | "quantity" | "tote";

export interface Line {
  pick: string;
  part: string;
  tote: string;
  bin: string;
  zone: string;
  name: string;
  name_zh: string;
  label: string;
  codes: [string, number][];
  lot: string;
  want: number;
  took: number;
  stage: Stage;
}

export interface Ahead {
  task: string;
  done: number;
  of: number;
  station: string;
  lines: Line[];
  /** True when the totes stand at their station. */
  over?: boolean;
  /** Whose each tote is that was scanned by this page. */
  used?: Record<string, string>;
}

export const plain = (text: string) => text.replace(/[\s-]/g, "").toUpperCase();
const digits = (text: string) => (/^\d+$/.test(text) ? text.replace(/^0+/, "") : text);

/** Article and lot of a label: plain, or with GS1's element strings. */
export function readLabel(raw: string): { code: string; lot: string } {
  const text = raw.trim().replace(/^\][A-Za-z]\d/, "");
  const lot = /\(10\)([^(\x1d]+)/.exec(text)?.[1] ?? "";
  const bracketed = /\(01\)(\d{14})/.exec(text)?.[1];
  if (bracketed) return { code: digits(bracketed), lot };
  // Dates have six digits, so that a lot after them is found where they end.
  const bare = /^01(\d{14})(?:1[1357]\d{6})*(?:10([^\x1d]+))?/.exec(text);
  if (bare && text.length > 16) return { code: digits(bare[1]!), lot: bare[2] ?? "" };
  return { code: digits(plain(text)), lot: "" };
}

function shut(plan: Ahead, line: Line): Ahead {
  const [first, ...rest] = plan.lines.slice(1);
  if (!first) return { ...plan, done: plan.done + 1, lines: [], over: plan.station === "" };
  const here = first.bin === line.bin && first.stage === "bin";
  return { ...plan, done: plan.done + 1, lines: [here ? { ...first, stage: "article" } : first, ...rest] };
}

function intoTote(plan: Ahead, line: Line, code: string): Ahead | undefined {
  const same = (text: string) => text !== "" && plain(text) === plain(code);
  const whose = plan.used?.[plain(code)] ?? line.part;
  const others = whose !== line.part || plan.lines.some((other) => other.part !== line.part && same(other.tote));
  const label = plan.lines.some((other) => same(other.bin) || other.codes.some(([one]) => digits(plain(one)) === digits(plain(code))));
  if (!code || others || label || (line.tote !== "" && !same(line.tote))) return undefined;
  const lines = plan.lines.map((other) => (other.part === line.part ? { ...other, tote: code.trim() } : other));
  const used = { ...plan.used, [plain(code)]: line.part };
  const left = line.want - line.took;
  if (left <= 0) return shut({ ...plan, used, lines }, line);
  return { ...plan, used, lines: [{ ...lines[0]!, want: left, took: 0, stage: "article" }, ...lines.slice(1)] };
}

/** The plan after an entry; `undefined`: the entry is not what is asked for. */
export function walk(plan: Ahead, fields: Record<string, string>): Ahead | undefined {
  const line = plan.lines[0];
  const code = fields.code ?? "";
  if (!line) return code && plain(code) === plain(plan.station) ? { ...plan, over: true } : undefined;
  const set = (change: Partial<Line>): Ahead => ({ ...plan, lines: [{ ...line, ...change }, ...plan.lines.slice(1)] });
  if (fields.choice === "short") return shut(plan, line);
  if (fields.choice === "full") return { ...plan, lines: plan.lines.map((one) => (one.part === line.part ? { ...one, tote: "" } : one)) };
  if (fields.choice) return undefined;
  if (line.stage === "bin") return plain(code) === plain(line.bin) ? set({ stage: "article" }) : undefined;
  if (line.stage === "article") {
    const read = readLabel(code);
    const found = line.codes.find(([one]) => digits(plain(one)) === read.code);
    if (!found || found[1] > line.want || (read.lot && line.lot && read.lot !== line.lot)) return undefined;
    return set(line.want === 1 ? { took: 1, stage: "tote" } : { stage: "quantity" });
  }
  if (line.stage === "quantity") {
    const took = Number(fields.quantity ?? code);
    return Number.isInteger(took) && took >= 1 && took <= line.want ? set({ took, stage: "tote" }) : undefined;
  }
  return intoTote(plan, line, code);
}

/** What an entry is for, as the page knows it: sent along with it. */
export function known(plan: Ahead | undefined): Record<string, string> {
  const line = plan?.lines[0];
  return line ? { kept_pick: line.pick, kept_stage: line.stage, kept_took: String(line.took) } : {};
}
