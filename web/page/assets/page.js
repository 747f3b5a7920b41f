// The entry of every page that holds keys: each fragment found in the page is brought to life by its module.
import { able } from "./keys.js";
import { Fragment } from "./fragment.js";
import { keysFragment } from "./make.js";
import { statementFragment, holderFragment } from "./statement.js";
import { installFragment } from "./install.js";
import { signFragment } from "./sign.js";
import { hashFragment } from "./hash.js";

// The kit's page has no place for a stylesheet of ours; what is seen without this script needs none.
const style = document.createElement("link");
style.rel = "stylesheet";
style.href = new URL("./page.css", import.meta.url);
document.head.append(style);

const kinds = {
  keys: keysFragment,
  statement: statementFragment,
  holder: holderFragment,
  install: installFragment,
  sign: signFragment,
  hash: hashFragment,
};

for (const root of document.querySelectorAll("[data-page]")) {
  const f = new Fragment(root);
  if (root.querySelector("[data-unbuilt]")) continue; // says itself what to do
  if (!able()) {
    f.show("unable");
    continue;
  }
  f.show("body");
  kinds[root.dataset.page]?.(f);
}
