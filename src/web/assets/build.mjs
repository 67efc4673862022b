// Bundles what pages need in a browser into the ignored folder `dist/`, from
// where the server embeds it. Every `*.ts` and `*.css` beside this file is one
// bundle, every `*.svg` is copied; parts live in folders and are imported.
// Deliberately absent: content hashes (the server adds them) and type checks
// (`npm run check`).
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const names = await readdir(here);
const entryPoints = names
  .filter((name) => /\.(ts|css)$/.test(name) && !name.endsWith(".d.ts"))
  .map((name) => join(here, name));

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  entryPoints,
  outdir: dist,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome110", "firefox115", "safari16"],
  // A picture inside a style sheet travels with it: no page fetches it from elsewhere.
  loader: { ".png": "dataurl", ".svg": "dataurl" },
  legalComments: "linked",
  logLevel: "warning",
});
for (const name of names.filter((name) => name.endsWith(".svg"))) {
  const text = await readFile(join(here, name), "utf8");
  await writeFile(join(dist, name), text.replace(/<!--[\s\S]*?-->/g, "").replace(/>\s+</g, "><"));
}
// The decoder's machine code travels beside its bundle.
await copyFile(join(here, "../../../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm"), join(dist, "decode.wasm"));
const made = (await readdir(dist)).filter((name) => !name.endsWith(".LEGAL.txt"));
console.log(`bundled ${made.sort().join(", ")}`);
