// The camera as a scanner: the browser reads barcodes where it can, else a decoder
// that comes with the house and is kept with the task in hand, for a dead spot. Deliberately absent: pictures; nothing that the camera sees leaves the device.

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new () => Detector;
interface Decoder {
  prepare(wasm: string): void;
  decode(picture: ImageData): Promise<string | undefined>;
}
type Read = (video: HTMLVideoElement) => Promise<string | undefined>;

/** A label fills a good part of the picture; more points only take longer. */
const WIDEST = 1280;
/** From one look to the next. */
const LOOK_MS = 120;

const Native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
const place = document.querySelector<HTMLElement>("[data-decoder]")?.dataset;

export const canRead = navigator.mediaDevices !== undefined && (Native !== undefined || place?.decoder !== undefined);

/** What a page needs to read labels, to be kept with it for a dead spot. */
export const decoder: string[] = canRead && !Native ? [place!.decoder!, place!.decoderWasm!] : [];

async function reader(): Promise<Read> {
  if (Native) {
    const native = new Native();
    return async (video) => (await native.detect(video))[0]?.rawValue;
  }
  const decoder = (await import(place!.decoder!)) as Decoder;
  decoder.prepare(place!.decoderWasm!);
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true })!;
  return async (video) => {
    const part = Math.min(1, WIDEST / video.videoWidth);
    [canvas.width, canvas.height] = [video.videoWidth * part, video.videoHeight * part];
    brush.drawImage(video, 0, 0, canvas.width, canvas.height);
    return decoder.decode(brush.getImageData(0, 0, canvas.width, canvas.height));
  };
}

/** A sheet over the page with what the camera sees. */
function sheet(words: { close: string; hint: string }): { video: HTMLVideoElement; button: HTMLButtonElement; all: HTMLDialogElement } {
  const [all, video, hint, button] = [document.createElement("dialog"), document.createElement("video"), document.createElement("p"), document.createElement("button")];
  all.className = "camera";
  video.muted = true;
  video.playsInline = true;
  hint.textContent = words.hint;
  button.className = "btn";
  button.type = "button";
  button.textContent = words.close;
  all.append(video, hint, button);
  document.body.append(all);
  return { video, button, all };
}

/** Shows the camera until a code is read or it is closed. */
export async function readCode(words: { close: string; hint: string; none: string }): Promise<string | undefined> {
  const { video, button, all } = sheet(words);
  let open = true;
  button.addEventListener("click", () => all.close());
  all.addEventListener("close", () => (open = false));
  all.showModal();
  let stream: MediaStream | undefined;
  try {
    const picture = { facingMode: "environment", width: { ideal: WIDEST } };
    stream = await navigator.mediaDevices.getUserMedia({ video: picture });
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    while (open) {
      const code = await read(video);
      if (code) return code;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch {
    // No camera, no leave to use it, or no decoder: say so until the sheet is closed.
    all.querySelector("p")!.textContent = words.none;
    await new Promise((resolve) => (open ? all.addEventListener("close", resolve) : resolve(undefined)));
  } finally {
    stream?.getTracks().forEach((track) => track.stop());
    all.remove();
  }
  return undefined;
}
