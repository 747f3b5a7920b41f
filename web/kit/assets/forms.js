// A form is sent once. After the first submission its buttons are disabled and a live text says that it is being sent;
// when the page is shown again (back, reload from memory) everything is as before. The server refuses a second
// application of itself: this only spares people the doubt.

const again = 30_000; // ms: a submission that was stopped leaves the page as it is, and nothing tells us
const download = 3_000; // the answer is a file: the page stays

function release(form) {
  delete form.dataset.sent;
  for (const b of form.querySelectorAll("button[data-held]")) {
    b.disabled = false;
    delete b.dataset.held;
  }
  form.querySelector(".busy")?.remove();
}

export function sendOnce(doc) {
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "many" in form.dataset) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // A page that answered a form would be asked for by sending that form again when the person goes back to it; like this
    // the browser asks for its address, where every room shows how things stand.
    history.replaceState(history.state, "");
    const button = event.submitter ?? form.querySelector("button[type=submit]");
    // After the browser has gathered the form: a disabled button would not send its own name.
    setTimeout(() => {
      for (const b of form.querySelectorAll("button[type=submit]:not(:disabled)")) {
        b.disabled = true;
        b.dataset.held = "yes";
      }
      if (!button?.classList.contains("as-link")) {
        const say = doc.createElement("p");
        say.className = "busy";
        say.setAttribute("role", "status");
        button?.after(say);
        say.textContent = doc.body.dataset.busy ?? "";
      }
    }, 0);
    setTimeout(() => release(form), "download" in form.dataset ? download : again);
  });
  window.addEventListener("pageshow", () => doc.querySelectorAll("form[data-sent]").forEach(release));
}

// warnUnsaved asks before a page with a changed form data-unsaved is left. The browser words the question.
export function warnUnsaved(doc) {
  for (const form of doc.querySelectorAll("form[data-unsaved]")) {
    let changed = false;
    form.addEventListener("input", () => (changed = true));
    form.addEventListener("submit", () => (changed = false));
    window.addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault();
    });
  }
}
