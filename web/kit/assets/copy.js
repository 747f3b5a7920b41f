// A button that copies the text of another element. Numbers are shown in groups of four and copied without the spaces.
export function copyButtons(doc) {
  for (const button of doc.querySelectorAll("[data-copy]")) {
    const target = doc.getElementById(button.dataset.copy);
    const word = button.querySelector("[data-copy-text]");
    if (!target || !word) continue;
    const before = word.textContent;
    word.setAttribute("aria-live", "polite");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const number = target.querySelector(".number") ?? (target.classList.contains("number") ? target : null);
      const text = number ? number.textContent.replace(/\s/g, "") : target.textContent.trim();
      try {
        await navigator.clipboard.writeText(text);
        word.textContent = doc.body.dataset.copied ?? "";
      } catch {
        getSelection().selectAllChildren(target); // the person's own Ctrl+C still works
        word.textContent = doc.body.dataset.copyFailed ?? "";
      }
      setTimeout(() => (word.textContent = before), 4000);
    });
  }
}
