// htmx with what every desk form needs: the session's token, and ids that make a deed happen once.
// Deliberately absent: anything of one page.
import htmx from "htmx.org";

const token = document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";

/** A new id for a command: 128 bits of chance. */
export function commandId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a deed of a page to the server; true if it was done. */
export async function post(url: string, body: unknown): Promise<boolean> {
  const headers = { "content-type": "application/json", "x-csrf": token, "idempotency-key": commandId() };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
  return response?.ok ?? false;
}

document.addEventListener("htmx:configRequest", (event) => {
  const { headers, verb } = (event as CustomEvent<{ headers: Record<string, string>; verb: string }>).detail;
  if (verb === "get") return;
  headers["x-csrf"] = token;
  headers["idempotency-key"] = commandId();
});

// Pressing a key twice, or sending a form again after a lost answer, does the deed once.
document.addEventListener(
  "submit",
  (event) => {
    const id = (event.target as HTMLFormElement).querySelector<HTMLInputElement>('input[name="command_id"]');
    if (id && !id.value) id.value = commandId();
  },
  true,
);

export { htmx };
