// What a scan sounds and feels like: right is two high notes and one short buzz,
// wrong one low note and two long buzzes, new work three rising notes.

let audio: AudioContext | undefined;

function note(hertz: number, start: number, length: number): void {
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = hertz;
  volume.gain.value = 0.15;
  tone.connect(volume).connect(audio.destination);
  tone.start(audio.currentTime + start);
  tone.stop(audio.currentTime + start + length);
}

export function ring(tone: string): void {
  try {
    if (tone === "wrong") {
      note(196, 0, 0.45);
      navigator.vibrate?.([220, 90, 220]);
    } else if (tone === "right") {
      note(1320, 0, 0.07);
      note(1760, 0.09, 0.09);
      navigator.vibrate?.(40);
    } else if (tone === "warn") {
      note(660, 0, 0.2);
      navigator.vibrate?.([90, 60, 90]);
    } else if (tone === "work") {
      [660, 880, 1320].forEach((hertz, n) => note(hertz, n * 0.14, 0.12));
      navigator.vibrate?.([120, 60, 120]);
    }
  } catch {
    // A device without sound still shows the colour.
  }
}
