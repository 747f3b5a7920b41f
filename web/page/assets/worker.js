// The Worker in which keys live: it loads the WebAssembly, makes RSA keys by WebCrypto, and answers {id, op, in} with
// {id, out} or {id, fault: {code, args}}. Nothing else of the page sees a private key. The page ends it when the work is
// done, which is what frees the memory with passwords and keys.
import "./wasm_exec.js";

let started;

async function start() {
  const go = new Go();
  const url = new URL("./senim.wasm", import.meta.url);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`senim.wasm: ${answer.status}`);
  // A proxy that loses the content type must not stop a person: then the slower way.
  const { instance } = answer.headers.get("Content-Type")?.startsWith("application/wasm")
    ? await WebAssembly.instantiateStreaming(answer, go.importObject)
    : await WebAssembly.instantiate(await answer.arrayBuffer(), go.importObject);
  go.run(instance); // returns when the program ends, which it doesn't
}

async function wasm(op, input) {
  try {
    await (started ??= start());
  } catch (e) {
    started = undefined; // the connection was lost: the next attempt loads it again
    console.error(e);
    throw { code: "load" };
  }
  return globalThis.senim(op, input);
}

// rsaKey makes a key that is extractable only here and exports it once; the WebAssembly zeroes the export.
async function rsaKey() {
  const pair = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  return new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
}

// chunks reads a File in pieces, so that a large document is never whole in memory.
async function chunks(file, take) {
  const size = 4 << 20;
  for (let at = 0; at < file.size; at += size) {
    let piece;
    try {
      piece = await file.slice(at, at + size).arrayBuffer();
    } catch {
      throw { code: "unreadable" }; // moved or changed since it was chosen
    }
    await take(new Uint8Array(piece));
  }
}

// What takes more than one call of the WebAssembly; every other op goes straight to it.
const operations = {
  async load() {
    await wasm("check-password", { password: "" });
  },

  async make({ password, profiles }) {
    const wanted = [];
    for (const profile of profiles) {
      const { kind } = await wasm("kind", { profile });
      wanted.push(kind === "rsa" ? { profile, pkcs8: await rsaKey() } : { profile });
    }
    return wasm("make", { password, wanted });
  },

  async "sign-detached"({ index, file }) {
    await wasm("sign-begin", { index });
    await chunks(file, (chunk) => wasm("sign-add", { chunk }));
    return wasm("sign-end", { index });
  },

  async "sign-attached"({ index, file }) {
    const content = new Uint8Array(file.size);
    let at = 0;
    await chunks(file, async (chunk) => {
      content.set(chunk, at);
      at += chunk.length;
    });
    return wasm("sign", { index, content });
  },

  async digest({ signature, file }) {
    await wasm("digest-begin", { signature });
    await chunks(file, (chunk) => wasm("digest-add", { chunk }));
    return wasm("digest-end", {});
  },
};

let last = Promise.resolve(); // calls run one after another

onmessage = ({ data: { id, op, input } }) => {
  last = last.then(async () => {
    try {
      const out = await (operations[op] ? operations[op](input) : wasm(op, input));
      postMessage({ id, out });
    } catch (e) {
      if (!e?.code || e instanceof Error) console.error(e);
      postMessage({ id, fault: { code: typeof e?.code === "string" ? e.code : "internal", args: e?.args ?? {} } });
    }
  });
};
