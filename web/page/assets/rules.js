// The points of the password's rule are ticked while it is typed, and checked once more before it is used. The rule
// itself is Go's (package keyfile): the Worker is asked.
import { Fault } from "./keys.js";

// watchRules ticks the points of the list that belongs to the input. keys() gives a Worker.
export function watchRules(fragment, id, keys) {
  const input = fragment.input(id);
  const list = fragment.root.querySelector(`[data-rules="${id}"]`);
  let asked = 0;
  input.addEventListener("input", async () => {
    const mine = ++asked;
    let broken = [];
    try {
      broken = await keys().call("check-password", { password: input.value });
    } catch {
      return; // the Worker ended or couldn't be loaded: whoever uses the password says so
    }
    if (mine !== asked) return;
    const codes = broken.map((b) => b.code);
    for (const line of list.children) {
      const met = !line.dataset.rule.split(" ").some((code) => codes.includes(code));
      line.className = input.value === "" ? "" : met ? "met" : "unmet";
      line.querySelector("[data-met]").textContent = line.className && fragment.text(line.className); // for those who don't see the tick
    }
  });
}

// newPassword is the password of two inputs, or a complaint beside the one that is wrong.
export async function newPassword(fragment, keys, id, again) {
  const password = fragment.password(id);
  const broken = await keys.call("check-password", { password });
  if (broken.length) {
    // A forbidden character, as of a wrong keyboard layout, is what explains the rest.
    const first = broken.find((b) => b.code === "password.forbidden") ?? broken[0];
    throw new Fault(first.code, first.args, id);
  }
  if (fragment.input(again).value !== password) throw new Fault("password-again", {}, again);
  return password;
}
