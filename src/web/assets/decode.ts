// Reads barcodes out of pictures where the browser cannot (ZXing-C++ as WebAssembly).
// A bundle of its own: only a page that opens the camera asks for it.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

/** Tells where the decoder's machine code is. */
export function prepare(wasm: string): void {
  prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true }).catch(() => {});
}

/** The label in a picture, if there is one that can be read. */
export async function decode(picture: ImageData): Promise<string | undefined> {
  const [found] = await readBarcodes(picture, {
    formats: ["Code128", "EANUPC", "ITF14", "QRCode", "DataMatrix", "Code39"],
    maxNumberOfSymbols: 1,
    textMode: "Plain",
  });
  return found?.isValid ? found.text : undefined;
}
