// The manners of every page. Each module adds to markup that already works without it; none holds a text: texts come
// in the reader's language from data attributes of the body.
import { sendOnce, warnUnsaved } from "./forms.js";
import { focusErrors } from "./errors.js";
import { showFiles } from "./files.js";
import { showPasswords } from "./passwords.js";
import { copyButtons } from "./copy.js";
import { countDown } from "./countdown.js";

for (const part of [focusErrors, sendOnce, warnUnsaved, showFiles, showPasswords, copyButtons, countDown]) {
  try {
    part(document);
  } catch (e) {
    console.error(e); // one part that fails must not take the others with it
  }
}
