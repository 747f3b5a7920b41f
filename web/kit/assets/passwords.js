// A password can be shown while it is typed. It is hidden again before the form is sent, so that no browser keeps it
// among the words to offer next time.
export function showPasswords(doc) {
  const text = doc.body.dataset;
  for (const box of doc.querySelectorAll("[data-password]")) {
    const input = box.querySelector("input");
    if (!input) continue;
    const button = doc.createElement("button");
    button.type = "button";
    button.className = "button secondary";
    button.setAttribute("aria-controls", input.id);
    const say = doc.createElement("span");
    say.className = "sr";
    say.setAttribute("role", "status");
    const set = (shown, aloud) => {
      input.type = shown ? "text" : "password";
      button.textContent = (shown ? text.hide : text.show) ?? "";
      if (aloud) say.textContent = (shown ? text.shown : text.hidden) ?? "";
    };
    set(false, false);
    button.addEventListener("click", () => set(input.type === "password", true));
    input.form?.addEventListener("submit", () => set(false, false), true);
    window.addEventListener("pageshow", () => set(false, false));
    box.append(button, say);
  }
}
