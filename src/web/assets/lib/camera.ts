// The camera as a scanner, where the browser can read barcodes by itself.
// Deliberately absent: a decoder of our own; without one the key stays hidden.

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new () => Detector;

const Reader = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;

export const canRead = Reader !== undefined && navigator.mediaDevices !== undefined;

/** Shows the camera until a code is read or `close` is pressed. */
export async function readCode(close: string): Promise<string | undefined> {
  if (!Reader) return undefined;
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const sheet = document.createElement("div");
  sheet.className = "camera";
  const video = document.createElement("video");
  video.srcObject = stream;
  video.muted = true;
  video.playsInline = true;
  const button = document.createElement("button");
  button.className = "btn";
  button.type = "button";
  button.textContent = close;
  sheet.append(video, button);
  document.body.append(sheet);
  button.focus();
  let open = true;
  button.addEventListener("click", () => (open = false));
  try {
    await video.play();
    const reader = new Reader();
    while (open) {
      const [found] = await reader.detect(video);
      if (found) return found.rawValue;
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    return undefined;
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    sheet.remove();
  }
}
