// A file field says what was chosen and how large it is, takes files that are dropped on it, and says at once when one is
// too large. The choice stays in the input, so that whatever listens to it needs to know nothing of dropping.
//
// The browser words its own control in its own language, so it lies unseen over a button that speaks the page's.

// Browsers that know no Kazakh fall back to English units; Russian writes them as Kazakh does.
function size(n, lang) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return new Intl.NumberFormat(lang === "kk" ? "ru" : lang, { style: "unit", unit: units[i], unitDisplay: "short", maximumFractionDigits: n < 10 && i > 0 ? 1 : 0 }).format(n);
}

export function showFiles(doc) {
  const lang = doc.documentElement.lang;
  for (const box of doc.querySelectorAll("[data-file]")) {
    const input = box.querySelector("input[type=file]");
    if (!input) continue;
    const say = doc.createElement("p");
    say.className = "file-say";
    say.setAttribute("role", "status");
    say.textContent = doc.body.dataset.drop ?? "";
    const face = doc.createElement("span");
    face.className = "file-button";
    face.setAttribute("aria-hidden", "true"); // the input is what is heard
    face.textContent = doc.body.dataset.choose ?? "";
    box.append(face, say);
    box.classList.add("dressed");

    input.addEventListener("change", () => {
      const files = [...input.files];
      const large = box.dataset.max && files.some((f) => f.size > Number(box.dataset.max));
      say.classList.toggle("wrong", Boolean(large));
      if (large) {
        say.textContent = doc.body.dataset.tooLarge ?? "";
        input.setCustomValidity(say.textContent);
      } else {
        input.setCustomValidity("");
        say.textContent = files.length ? files.map((f) => `${f.name}, ${size(f.size, lang)}`).join("; ") : (doc.body.dataset.noFile ?? "");
      }
    });

    const stop = (event) => event.preventDefault();
    box.addEventListener("dragover", (event) => {
      stop(event);
      box.classList.add("over");
    });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => {
      stop(event);
      box.classList.remove("over");
      const dropped = [...event.dataTransfer.files];
      if (!dropped.length) return;
      const list = new DataTransfer();
      for (const f of input.multiple ? dropped : dropped.slice(0, 1)) list.items.add(f);
      input.files = list.files;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}
