// page-keys: password → keys → file saved → the same file opened again → requests. The form can be sent only then: whoever
// lost file or password before the application would come to the service centre for nothing.
import { Keys, octets, toBase64, withKeys, Fault } from "./keys.js";
import { save } from "./fragment.js";
import { copyOf, keepCopy, wipeCopy } from "./copy.js";
import { newPassword, watchRules } from "./rules.js";

export function keysFragment(f) {
  const number = f.root.dataset.number;
  const profiles = f.root.dataset.profiles.trim().split(/\s+/);
  const file = `senim-keys-${number.replace(/[^0-9A-Za-z-]/g, "")}.p12`;
  let made = copyOf(number)?.ids ?? []; // key identifiers; empty when this page doesn't know which keys were made
  let keys = null;
  const worker = () => (keys ??= new Keys());
  const finish = () => {
    keys?.end();
    keys = null;
  };

  const offer = (container, now) => {
    const item = document.createElement("li");
    item.append(save(file, container, now));
    f.root.querySelector("[data-files]").replaceChildren(item);
    f.show("files");
  };

  const toCheck = () => {
    f.hide("make");
    f.show("check");
  };

  watchRules(f, "key-password", worker);
  // The WebAssembly comes while the password is thought of.
  f.input("key-password").addEventListener("focus", () => worker().call("load").catch(() => finish()), { once: true });

  f.input("make-keys").addEventListener("click", () =>
    f.run("making", { password: "key-password" }, async () => {
      try {
        const password = await newPassword(f, worker(), "key-password", "key-password-again");
        const { container, ids } = await worker().call("make", { password, profiles });
        if (f.input("key-foreign").checked) wipeCopy(number);
        else keepCopy(number, container, ids);
        made = ids;
        offer(container, true);
      } finally {
        finish();
      }
      f.input("key-password").value = f.input("key-password-again").value = "";
      f.hide("kept");
      f.show("saved");
      toCheck();
      f.state("saved", "saved", { file });
      f.input("key-file").focus();
    }),
  );

  f.input("have-keys").addEventListener("click", () => {
    f.clear();
    f.state("idle");
    toCheck();
    f.input("key-file").focus();
  });

  f.input("make-again").addEventListener("click", () => {
    f.clear();
    f.state("idle");
    f.hide("check", "kept", "saved");
    f.show("make");
    f.input("key-password").focus();
  });

  f.input("check-keys").addEventListener("click", () =>
    f.run(
      "checking",
      {
        "wrong-password": "key-file-password", damaged: "key-file", unsupported: "key-file", "no-key": "key-file",
        "other-keys": "key-file", "not-all-keys": "key-file", "installed-already": "key-file",
      },
      async () => {
        const container = await octets(f.need("key-file", "no-file"), "key-file");
        const password = f.password("key-file-password");
        const requests = await withKeys(container, password, (k) => k.call("requests", { number, profiles, ids: made }));
        profiles.forEach((profile, i) => (f.root.elements[`csr-${profile}`].value = toBase64(requests[i])));
        f.input("key-file-password").value = "";
        f.hide("make", "check", "kept", "saved");
        f.show("submit");
        f.input("submit-keys").disabled = false;
        f.state("checked", "checked");
        f.input("submit-keys").focus();
      },
    ),
  );

  // Enter does what the button of the step does, and never sends the form early.
  f.root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    const step = event.target.closest('[data-part="make"], [data-part="check"]');
    if (!step) return;
    event.preventDefault();
    step.querySelector("button.button[id]")?.click();
  });

  f.root.addEventListener("submit", (event) => {
    if (f.root.dataset.state === "checked" && profiles.every((p) => f.root.elements[`csr-${p}`].value)) return;
    event.preventDefault();
    f.complain(new Fault("not-checked"));
  });

  // Reload in the middle: what was saved is gone on with.
  const copy = copyOf(number);
  if (copy) {
    offer(copy.container, false);
    f.show("kept");
    toCheck();
    f.state("saved", "kept");
  }
}
