// page-sign: a document and a key file become a signature, without the network.
import { octets, withKeys, Fault } from "./keys.js";
import { day, group4, save } from "./fragment.js";

// Octets. An attached signature holds the document, and one over cms.MaxSize could be read by nobody, this product included.
const maxAttached = 60 * 1000 * 1000;
const maxDetached = 4 * 1000 * 1000 * 1000; // hashed in pieces; hours on a phone beyond that

export function signFragment(f) {
  f.input("sign").addEventListener("click", () =>
    f.run(
      "signing",
      {
        "wrong-password": "sign-password", damaged: "sign-file", unsupported: "sign-file", "no-key": "sign-file", "no-certificate": "sign-file",
        "sign.authentication-key": "sign-file", "sign.not-a-signing-key": "sign-file", "sign.expired": "sign-file", "sign.not-yet-valid": "sign-file",
        unreadable: "sign-document",
      },
      async () => {
        const file = f.need("sign-document", "no-document");
        const detached = f.input("sign-detached").checked;
        if (file.size > (detached ? maxDetached : maxAttached)) throw new Fault("document-too-large", {}, "sign-document");
        const container = await octets(f.need("sign-file", "no-file"), "sign-file");
        const password = f.password("sign-password");
        const [key, signature] = await withKeys(container, password, async (keys, list) => {
          const index = f.choose(list, await keys.call("choose", { purpose: "sign" }));
          return [list[index], await keys.call(detached ? "sign-detached" : "sign-attached", { index, file })];
        });
        f.input("sign-password").value = "";
        f.root.querySelector("[data-files]").replaceChildren(save(file.name + (detached ? ".p7s" : ".cms"), signature));
        const facts = {
          owner: key.owner, organisation: key.organisation, algorithm: key.algorithm, serial: group4(key.serial), until: day(key.notAfter),
        };
        for (const [name, value] of Object.entries(facts)) {
          const line = f.root.querySelector(`[data-fact="${name}"]`);
          line.textContent = value;
          line.closest(".summary-row").hidden = !value;
        }
        f.hide("form");
        f.show("result");
        f.state("done", "signed", { name: key.owner });
      },
    ),
  );

  // Another document with the same key file; the password is asked again.
  f.input("sign-more").addEventListener("click", () => {
    f.input("sign-document").value = "";
    f.input("sign-document").dispatchEvent(new Event("change", { bubbles: true }));
    f.hide("result");
    f.show("form");
    f.state("idle");
    f.input("sign-document").focus();
  });

  f.input("sign-password").addEventListener("keydown", (event) => {
    if (event.key === "Enter") f.input("sign").click();
  });
}
