// What all fragments share: states, messages in place, and files to save. Texts come from the page's own markup.
import { Fault } from "./keys.js";

export class Fragment {
  constructor(root) {
    this.root = root;
    this.live = root.querySelector("[data-live]");
    this.texts = root.querySelector("template[data-texts]").content;
    this.busy = false;
  }

  // part is an element of this fragment by its data-part.
  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  show(...names) {
    for (const n of names) for (const e of this.root.querySelectorAll(`[data-part="${n}"]`)) e.hidden = false;
  }

  hide(...names) {
    for (const n of names) for (const e of this.root.querySelectorAll(`[data-part="${n}"]`)) e.hidden = true;
  }

  input(id) {
    return this.root.querySelector(`#${id}`);
  }

  // text is a sentence of the page with its {names} filled in.
  text(code, args = {}) {
    const found = this.texts.querySelector(`[data-code="${CSS.escape(code)}"]`) ?? this.texts.querySelector('[data-code="internal"]');
    return found.textContent.replace(/\{(\w+)\}/g, (whole, name) => (name in args ? String(args[name]) : whole));
  }

  // state is one of idle, working, saved, checked, done, error; code names what is said about it.
  state(state, code = undefined, args = {}) {
    this.root.dataset.state = state;
    this.live.textContent = code ? this.text(code, args) : "";
    this.live.hidden = !code;
    this.live.classList.toggle("working", state === "working");
    // What is reached is also shown as a notification of its own; the live text then is for those who hear the page.
    this.live.classList.toggle("sr", ["saved", "checked", "done"].includes(state));
    this.root.setAttribute("aria-busy", String(state === "working"));
  }

  // clear takes away what an earlier attempt complained about.
  clear() {
    this.root.querySelector("[data-problem]").replaceChildren();
    for (const e of this.root.querySelectorAll("[data-complaint]")) e.remove();
    for (const e of this.root.querySelectorAll(".field.has-error[data-complained]")) {
      e.classList.remove("has-error");
      delete e.dataset.complained;
    }
    for (const e of this.root.querySelectorAll("[aria-invalid][data-complained]")) {
      e.removeAttribute("aria-invalid");
      delete e.dataset.complained;
      const described = (e.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== `${e.id}-error`);
      if (described.join("")) e.setAttribute("aria-describedby", described.join(" "));
      else e.removeAttribute("aria-describedby");
    }
  }

  // complain says what happened and what to do: beside the field it belongs to, else on top. What was typed and chosen stays.
  complain(fault) {
    const { code, args, field } = fault instanceof Fault ? fault : new Fault("internal");
    if (!(fault instanceof Fault)) console.error(fault);
    const input = field && this.input(field);
    const text = this.text(code, args);
    this.root.dataset.code = code;
    this.state("error");
    if (!input) {
      const note = this.texts.querySelector("[data-alert]").cloneNode(true);
      note.querySelector("[data-text]").textContent = text;
      const place = this.root.querySelector("[data-problem]");
      place.replaceChildren(note);
      place.tabIndex = -1;
      place.focus();
      return;
    }
    const line = this.texts.querySelector("[data-beside]").cloneNode(true);
    line.id = `${input.id}-error`;
    line.setAttribute("data-complaint", "");
    line.setAttribute("role", "alert");
    line.querySelector("[data-text]").textContent = text;
    const box = input.closest(".field");
    box.classList.add("has-error");
    box.dataset.complained = "";
    box.querySelector(".file, .password").before(line);
    input.setAttribute("aria-invalid", "true");
    input.dataset.complained = "";
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
    input.focus();
  }

  // run does one piece of work at a time and turns whatever goes wrong into a message. fields says which input a code
  // belongs to.
  async run(working, fields, work) {
    if (this.busy) return;
    this.busy = true;
    this.clear();
    delete this.root.dataset.code;
    this.state("working", working);
    const held = [...this.root.querySelectorAll("button:not(:disabled)")];
    for (const b of held) b.disabled = true;
    try {
      await work();
    } catch (e) {
      for (const b of held) b.disabled = false; // before the focus goes to a field or message
      if (e.code === "choose-key") return this.state("idle", "choose-key");
      if (e instanceof Fault && !e.field) e.field = fields[e.code];
      this.complain(e);
    } finally {
      for (const b of held) b.disabled = false;
      this.busy = false;
    }
  }

  // need is the file of an input, or a complaint.
  need(id, code) {
    const file = this.input(id).files[0];
    if (!file) throw new Fault(code, {}, id);
    return file;
  }

  password(id) {
    const value = this.input(id).value;
    if (!value) throw new Fault("no-password", {}, id);
    return value;
  }

  // choose is the only one of some keys, or the one that the person picks: the first time it asks.
  choose(keys, indexes) {
    if (indexes.length === 1) return indexes[0];
    const box = this.part("choice");
    const offered = indexes.map((i) => keys[i].id).join(" ");
    const picked = box.querySelector("input:checked");
    if (box.dataset.offered === offered && picked) return Number(picked.value);
    const list = box.querySelector("[data-list]");
    list.replaceChildren();
    for (const i of indexes) {
      const choice = this.texts.querySelector("[data-choice]").cloneNode(true);
      const input = choice.querySelector("input");
      input.name = `${this.root.id}-choice`;
      input.value = i;
      input.id = `${this.root.id}-choice-${i}`;
      input.setAttribute("form", "none"); // never sent
      const label = choice.querySelector("label");
      label.htmlFor = input.id;
      label.textContent = `${keys[i].algorithm}, ${keys[i].owner}`;
      choice.querySelector(".hint").textContent = this.text("key-line", { serial: group4(keys[i].serial), until: day(keys[i].notAfter) });
      list.append(choice);
    }
    list.querySelector("input").checked = true;
    box.dataset.offered = offered;
    box.hidden = false;
    throw new Fault("choose-key");
  }
}

// save offers octets as a file, and gives the link for saving it again.
export function save(name, bytes, now = true) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.textContent = name;
  if (now) {
    document.body.append(link);
    link.click();
    link.remove();
  }
  return link;
}

const days = new Intl.DateTimeFormat("ru", { timeZone: "Asia/Almaty", day: "2-digit", month: "2-digit", year: "numeric" });

export function day(seconds) {
  return days.format(new Date(seconds * 1000)); // 22.11.2026 in all three languages, as the server writes it
}

export function group4(s) {
  return s.replace(/(.{4})(?=.)/g, "$1 ");
}
