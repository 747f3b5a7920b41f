// The page's side of the Worker. A Keys is one Worker with at most one opened key file; end() frees its memory.

// A Fault is an error whose sentence stands in the page, under its code.
export class Fault extends Error {
  constructor(code, args = {}, field = undefined) {
    super(code);
    this.code = code;
    this.args = args;
    this.field = field; // the name of the input that it belongs to
  }
}

export class Keys {
  #worker;
  #waiting = new Map();
  #next = 1;

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data: { id, out, fault } }) => {
      const w = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (fault) w?.reject(new Fault(fault.code, fault.args));
      else w?.resolve(out);
    };
    // The Worker's script itself didn't load, or the browser knows no module workers.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const w of this.#waiting.values()) w.reject(new Fault("load"));
      this.#waiting.clear();
    };
  }

  call(op, input = {}) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, op, input });
    });
  }

  end() {
    this.#worker.terminate();
    for (const w of this.#waiting.values()) w.reject(new Fault("internal"));
    this.#waiting.clear();
  }
}

// withKeys opens a key file, does the work and always ends the Worker.
export async function withKeys(container, password, work) {
  const keys = new Keys();
  try {
    const list = await keys.call("open", { container, password });
    return await work(keys, list);
  } finally {
    keys.end();
  }
}

// able says whether this browser can do the work at all: WebCrypto exists only on https and on the computer itself.
export function able() {
  return typeof WebAssembly === "object" && typeof Worker === "function" && Boolean(globalThis.crypto?.subtle);
}

export const maxContainer = 1 << 20; // keyfile.MaxSize: a larger file is no key file, and isn't read

export async function octets(file, field) {
  if (file.size > maxContainer) throw new Fault("damaged", {}, field);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Fault("unreadable", {}, field); // moved or changed since it was chosen
  }
}

export function toBase64(bytes) {
  let s = "";
  for (let i = 0; i < bytes.length; i += 0x8000) s += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(s);
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
