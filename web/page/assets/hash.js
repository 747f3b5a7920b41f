// page-hash: the document of a detached signature is hashed here and stays here.
import { Keys } from "./keys.js";

const maxSignature = 64 * 1024 * 1024; // cms.MaxSize; a larger file is the server's to refuse

export function hashFragment(f) {
  const form = f.root.closest("form");
  const content = f.input("content");
  const place = f.root.querySelector("[data-digests]");
  let done = false;

  form.addEventListener("submit", (event) => {
    const signature = f.input("file").files[0];
    const file = content.files[0];
    if (done || !file || !signature || signature.size > maxSignature) return; // as without a script
    event.preventDefault();
    event.stopPropagation();
    const button = event.submitter;
    f.run("hashing", { "no-signature": "file", unsupported: "file", unreadable: "content" }, async () => {
      const keys = new Keys();
      let sums;
      try {
        sums = await keys.call("digest", { signature: new Uint8Array(await signature.arrayBuffer()), file });
      } finally {
        keys.end();
      }
      place.replaceChildren();
      sums.names.forEach((name, i) => {
        const input = document.createElement("input");
        input.type = "hidden";
        input.name = `digest-${name}`;
        input.value = sums.values[i];
        place.append(input);
      });
      f.state("done");
      setTimeout(() => {
        done = true;
        content.disabled = true; // not sent; enabled again when the page is shown again
        form.requestSubmit(button && button.form === form ? button : undefined);
      }, 0);
    });
  });

  const again = () => {
    done = false;
    content.disabled = false;
    place.replaceChildren();
  };
  for (const input of [content, f.input("file")]) input.addEventListener("change", again);
  window.addEventListener("pageshow", again);
}
