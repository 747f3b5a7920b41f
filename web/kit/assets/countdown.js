// In the last two minutes of a session without activity a line says how long is left. It is said aloud every half a
// minute only.
export function countDown(doc) {
  const line = doc.querySelector("[data-countdown]");
  if (!line) return;
  const end = Date.now() + Number(line.dataset.countdown) * 1000; // the wall clock: it goes on while the machine sleeps
  line.setAttribute("aria-live", "off");
  const tick = () => {
    const left = Math.round((end - Date.now()) / 1000);
    if (left <= 0) {
      line.hidden = false;
      line.setAttribute("aria-live", "assertive");
      line.textContent = line.dataset.ended;
      return;
    }
    if (left <= 120) {
      line.hidden = false;
      line.setAttribute("aria-live", left % 30 === 0 ? "polite" : "off");
      line.textContent = line.dataset.left.replace("{time}", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
    }
    setTimeout(tick, 1000);
  };
  tick();
}
