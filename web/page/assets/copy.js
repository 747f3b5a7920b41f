// The convenience copy of a key file: the same encrypted octets that were saved, under the application's number, so that a
// reload or a lost download loses nothing. It is not made on somebody else's computer, and is wiped at installation.
// Storage may be forbidden or full: then there is no copy, and everything works with the file alone.
import { fromBase64, toBase64 } from "./keys.js";

const name = (number) => `senim-keys:${number}`;

export function keepCopy(number, container, ids) {
  try {
    localStorage.setItem(name(number), JSON.stringify({ container: toBase64(container), ids }));
  } catch {
    // as said above
  }
}

export function copyOf(number) {
  try {
    const { container, ids } = JSON.parse(localStorage.getItem(name(number)));
    return { container: fromBase64(container), ids };
  } catch {
    return null;
  }
}

export function wipeCopy(number) {
  try {
    localStorage.removeItem(name(number));
  } catch {
    // there was none
  }
}

// The operator's key file for the next decision, still encrypted, until the tab is closed; the password is asked every time.
const session = "senim-key-file";

export function keepForTab(file, container) {
  try {
    sessionStorage.setItem(session, JSON.stringify({ name: file, container: toBase64(container) }));
  } catch {
    // it is asked for again
  }
}

export function keptForTab() {
  try {
    const { name, container } = JSON.parse(sessionStorage.getItem(session));
    return { name, container: fromBase64(container) };
  } catch {
    return null;
  }
}

export function forgetForTab() {
  try {
    sessionStorage.removeItem(session);
  } catch {
    // there was none
  }
}
