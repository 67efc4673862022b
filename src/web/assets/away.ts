// On the page for the time when the server is away: asks again, and goes on by
// itself when there is an answer.

import { reachable } from "./lib/send";

const AGAIN_MS = 3000;

async function look(): Promise<void> {
  if (await reachable()) location.replace(location.href);
}

document.getElementById("again")?.addEventListener("click", () => void look());
window.addEventListener("online", () => void look());
setInterval(() => void look(), AGAIN_MS);
