// page-statement signs the text that is shown, page-holder names the certificates of a key file. Both are part of a room's
// own form: its submission is held until the work is done and then goes on by the same button.
import { octets, toBase64, withKeys, Fault } from "./keys.js";
import { forgetForTab, keepForTab, keptForTab } from "./copy.js";

function hold(f, work) {
  const form = f.root.closest("form");
  let done = false;
  form.addEventListener("submit", (event) => {
    if (done) {
      done = false; // the next submission, after going back, is held again
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // the kit would take it for sent
    const button = event.submitter;
    work(() => {
      done = true;
      form.requestSubmit(button && !button.disabled && button.form === form ? button : undefined);
    });
  });
}

// held keeps the buttons of the whole form from being pressed while the key works.
function held(f, working, fields, work) {
  const buttons = [...f.root.closest("form").querySelectorAll("button[type=submit]:not(:disabled)")];
  for (const b of buttons) b.disabled = true;
  return f.run(working, fields, async () => {
    try {
      return await work();
    } finally {
      for (const b of buttons) b.disabled = false;
    }
  });
}

const filesFault = (id) =>
  Object.fromEntries(
    ["damaged", "unsupported", "no-key", "no-certificate", "no-authentication", "sign.authentication-key", "sign.not-a-signing-key",
      "sign.expired", "sign.not-yet-valid", "no-certified-key"].map((code) => [code, id]),
  );

export function statementFragment(f) {
  const form = f.root.closest("form");
  const purpose = f.root.dataset.purpose;
  let kept = keptForTab();

  const showKept = () => {
    f.show("kept");
    f.hide("file");
    f.root.querySelector("[data-kept]").textContent = f.text("copy", { name: kept.name });
  };
  if (kept) showKept();

  f.input("statement-other").addEventListener("click", () => {
    kept = null;
    forgetForTab();
    f.hide("kept");
    f.show("file");
    f.input("statement-file").focus();
  });

  hold(f, (goOn) =>
    held(f, "signing", { ...filesFault("statement-file"), "wrong-password": "statement-password" }, async () => {
      const file = kept ? null : f.need("statement-file", "no-file");
      const password = f.password("statement-password");
      const container = kept ? kept.container : await octets(file, "statement-file");
      const cms = await withKeys(container, password, async (keys, list) => {
        const index = f.choose(list, await keys.call("choose", { purpose }));
        return keys.call("statement", { index, purpose, text: f.root.querySelector("[data-text]").textContent });
      });
      if (file && f.input("statement-keep").checked) keepForTab(file.name, container);
      f.input("statement-password").value = "";
      form.elements.cms.value = toBase64(cms);
      f.state("done");
      setTimeout(goOn, 0); // when the buttons are enabled again: a disabled one would not send its name
    }).then(() => {
      // A kept file that turned out to be the wrong one: the complaint needs its input in sight.
      if (kept && f.root.dataset.state === "error" && filesFault("x")[f.root.dataset.code]) {
        f.hide("kept");
        f.show("file");
        kept = null;
      }
    }),
  );
}

export function holderFragment(f) {
  const form = f.root.closest("form");
  hold(f, (goOn) =>
    held(f, "opening", { ...filesFault("holder-file"), "wrong-password": "holder-password" }, async () => {
      const container = await octets(f.need("holder-file", "no-file"), "holder-file");
      const password = f.password("holder-password");
      const names = await withKeys(container, password, (keys, list) => list.filter((k) => k.certified && k.issuer).map((k) => `${k.issuer}:${k.serial}`));
      if (!names.length) throw new Fault("no-certified-key", {}, "holder-file");
      f.input("holder-password").value = "";
      form.elements["issuer-serials"].value = names.join(" ");
      f.state("done");
      setTimeout(goOn, 0); // when the buttons are enabled again: a disabled one would not send its name
    }),
  );
}
