// page-install: the key file of the application and its certificates become the files that people use, one a key. They are
// opened again before anything is said to be installed; then the application is told, and the browser's copy is wiped.
import { Fault, Keys, octets, withKeys } from "./keys.js";
import { save } from "./fragment.js";
import { copyOf, wipeCopy } from "./copy.js";
import { newPassword, watchRules } from "./rules.js";

export function installFragment(f) {
  const number = f.root.dataset.number;
  const copy = copyOf(number);
  if (copy) f.show("kept");
  let rules = null;
  watchRules(f, "install-new-password", () => (rules ??= new Keys()));

  const certificates = async () => {
    let answer;
    try {
      answer = await fetch(f.root.dataset.certificates, { headers: { Accept: "application/pem-certificate-chain" } });
    } catch {
      throw new Fault("connection");
    }
    if (!answer.ok) throw new Fault(answer.status < 500 ? "certificates-missing" : "connection");
    return new Uint8Array(await answer.arrayBuffer());
  };

  const report = async () => {
    f.state("working", "reporting");
    let answer;
    try {
      answer = await fetch(f.root.action, { method: "POST", body: new URLSearchParams(new FormData(f.root)) });
    } catch {
      answer = null;
    }
    if (!answer?.ok) {
      f.show("report");
      throw new Fault("not-reported");
    }
    wipeCopy(number);
    f.hide("report");
    f.show("done");
    if (answer.redirected) f.root.querySelector("[data-next]").href = answer.url;
    f.state("done", "installed");
  };

  f.input("install").addEventListener("click", () =>
    f.run(
      "installing",
      {
        "wrong-password": "install-password", damaged: "install-file", unsupported: "install-file", "no-key": "install-file",
        "other-application": "install-file", "not-all-keys": "install-file", password: "install-new-password",
      },
      async () => {
        const chosen = f.input("install-file").files[0];
        if (!chosen && !copy) throw new Fault("no-file", {}, "install-file");
        const container = chosen ? await octets(chosen, "install-file") : copy.container;
        const old = f.password("install-password");
        const other = f.root.querySelector("[data-new]").open && f.input("install-new-password").value !== "";
        let password = old;
        if (other) {
          password = await newPassword(f, (rules ??= new Keys()), "install-new-password", "install-new-password-again");
        }
        const pem = await certificates();
        const files = await withKeys(container, old, (keys) =>
          keys.call("install", { certificates: pem, password, checked: other, modern: f.input("install-modern").checked }),
        );
        rules?.end();
        rules = null;
        for (const id of ["install-password", "install-new-password", "install-new-password-again"]) f.input(id).value = "";
        const list = f.root.querySelector("[data-files]");
        list.replaceChildren();
        for (const file of files) {
          const item = document.createElement("li");
          item.append(save(file.name, file.container));
          list.append(item);
        }
        f.hide("open");
        f.show("files");
        await report();
      },
    ),
  );

  f.input("install-report").addEventListener("click", () => f.run("reporting", {}, report));
  f.root.addEventListener("submit", (event) => event.preventDefault());
  f.root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    f.input("install").click();
  });
}
