// Commands that wait for the network: kept in IndexedDB in the order they were
// given, each with an id of its own, so that the server does each once. A command
// belongs to the person who gave it. Deliberately absent: what a command means.

export interface Waiting {
  key?: number;
  who: string;
  url: string;
  /** Form fields, `command_id` among them. */
  fields: Record<string, string>;
  /** What was scanned or pressed, for the eye. */
  label: string;
  /** Milliseconds since 1970. */
  at: number;
}

const STORE = "commands";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("cartage", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let database: Promise<IDBDatabase> | undefined;

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  database ??= open();
  const store = (await database).transaction(STORE, mode).objectStore(STORE);
  return new Promise((resolve, reject) => {
    const request = act(store);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Keeps a command; it survives a restart of the device. */
export const keep = (command: Waiting) => run("readwrite", (store) => store.add(command));

/** Forgets a command that the server has answered. */
export const forget = (key: number) => run("readwrite", (store) => store.delete(key));

/** What `who` gave and the server has not answered, first to last. */
export async function waiting(who: string): Promise<Waiting[]> {
  const all = (await run("readonly", (store) => store.getAll())) as Waiting[];
  return all.filter((command) => command.who === who);
}

/** An id no other command has. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
