// The keys of the desk: Alt and a letter, told by the place of the key and not by its sign, so that they are the same under
// a Kazakh, Russian or Latin layout. A single letter would be pressed by accident, and by voice input (WCAG 2.1.4).
//
// A key does what a click on its element does, and no more: a decision still has its statement page, where it is signed.

const line = document.querySelector("[data-desk-keys]");

const rows = () => [...document.querySelectorAll("tbody a[href]")];

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))].focus();
}

const element = (selector) => () => {
  const e = document.querySelector(selector);
  if (!e) return;
  if (e.matches("a[href], button")) e.click();
  else {
    e.focus();
    e.scrollIntoView({ block: "center" });
  }
};

// Each key with the element whose words say what it does; a key without its element is neither shown nor bound.
const keys = [
  ["Q", 'nav a[href="/desk"]', element('nav a[href="/desk"]')],
  ["S", 'nav a[href="/desk/search"]', element('nav a[href="/desk/search"]')],
  ["L", '.desk label[for="locality"]', element("#locality")],
  ["C", 'label[for="document"]', element("#document")],
  ["Y", "#approve", element("#approve")],
  ["R", 'label[for="reason"]', element("#reason")],
  ["N", "#refuse", element("#refuse")],
  ["W", "#next", element("#next")],
  ["Y", "#sign-decision", element("#sign-decision")],
  ["H", "#hold", element("#words-hold")],
  ["U", "#lift", element("#words-lift")],
];

if (line) {
  const list = line.querySelector("[data-list]");
  const bound = new Map();
  const add = (key, text, act) => {
    bound.set(`Key${key}`, act);
    const k = document.createElement("kbd");
    k.textContent = `Alt+${key}`;
    const item = document.createElement("span");
    item.append(k, `\u00a0${text}`); // the key stays with the first word of what it does
    list.append(item, " \u00a0 ");
  };
  for (const [key, selector, act] of keys) {
    const e = document.querySelector(selector);
    if (!e || bound.has(`Key${key}`)) continue;
    e.setAttribute("aria-keyshortcuts", `Alt+${key}`);
    add(key, (e.childElementCount ? e.firstChild.textContent : e.textContent).trim(), act);
  }
  if (rows().length > 1) {
    add("J", line.dataset.down, () => step(1));
    add("K", line.dataset.up, () => step(-1));
  }
  line.hidden = !bound.size;
  addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
    const act = bound.get(event.code);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
