// A thumb that comes down twice means one thing. The first tap may bring a new
// screen before the second comes down, and whatever key lies there then was not
// meant: for a moment a new screen takes no taps. Keys and scanners are not slowed.

const TWICE_MS = 400;
const page = document.documentElement;
let timer: number | undefined;

/** A new screen is here. */
export function settle(): void {
  page.toggleAttribute("data-new", true);
  window.clearTimeout(timer);
  timer = window.setTimeout(() => page.toggleAttribute("data-new", false), TWICE_MS);
}

document.addEventListener(
  "click",
  (event) => {
    // What a key or a scanner sets off counts no clicks; some keys are meant to be struck in a row.
    if (event.detail === 0 || !page.hasAttribute("data-new")) return;
    if ((event.target as Element).closest(".stepper, .pad")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
settle();
