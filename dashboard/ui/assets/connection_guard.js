/* Says in our words that the connection to the dashboard is lost, and veils the page until it is back.

   Two witnesses: Streamlit's own state of its websocket (an attribute of its page), and a question of ours to data.path
   every data.ask seconds, because a socket whose network was cut stays "connected" for minutes. Streamlit tries again
   by itself; its own words are kept away by dashboard/web/guard.py and connection.css.
   Python -> here: data.path, data.ask (seconds), data.zone (of the times shown), data.words. */
const line = (window.c3line ??= { data: null, timer: 0, lost: 0, next: 0, silent: false, asking: false, typed: [], focus: null });
const CONNECTED = "CONNECTED";
const GIVEN_UP = "DISCONNECTED_FOREVER";
// A socket that is opened again within this time is nothing to speak of.
const GRACE_MS = 1000;
const PATIENCE_MS = 10000;
// After a new start the page rests for a moment before its first run begins.
const REST_MS = 1500;

export default function (component) {
  line.data = component.data;
  if (line.timer) return;
  line.timer = setInterval(look, 250);
  // The browser knows of some cuts at once. It is asked for, not believed: a demo needs no network at all.
  for (const kind of ["offline", "online"]) window.addEventListener(kind, () => ask());
  line.next = Date.now() + line.data.ask * 1000;
}

const page = () => document.querySelector('[data-testid="stApp"]');
const state = () => page()?.dataset.testConnectionState ?? "";

function look() {
  const now = Date.now();
  const cut = state() !== CONNECTED;
  if (!cut) line.since = 0;
  else line.since ||= now;
  if (now >= line.next) ask();
  const lost = line.silent || (cut && now - line.since > GRACE_MS);
  if (lost && !line.lost) veil(line.since || now);
  if (line.lost && state() === GIVEN_UP) giveUp();
  // A dialog of the page fights for the focus, and loses it to nobody.
  if (line.lost && document.activeElement === document.body) document.querySelector(".c3-lostbox").focus({ preventScroll: true });
  // Back: the socket is open, we were answered, and the page has been drawn anew and rests.
  const back = line.lost && !cut && !line.silent && page()?.dataset.testScriptState === "notRunning";
  line.rests = back ? line.rests || now : 0;
  if (back && now - line.rests > REST_MS) unveil();
}

/* Twice without an answer is silence: once may be a busy moment. */
async function ask(again = false) {
  if (line.asking) return;
  line.asking = true;
  let answered = false;
  try {
    const answer = await fetch(line.data.path, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
    answered = answer.ok;
  } catch {
    // Not answered.
  }
  line.asking = false;
  if (!answered && !again && !line.silent) return ask(true);
  line.silent = !answered;
  line.next = Date.now() + (answered ? line.data.ask * 1000 : 2000);
}

function veil(since) {
  const { words } = line.data;
  line.lost = since;
  line.back?.remove();
  line.place = location.href;
  line.focus = document.activeElement;
  line.typed = fields().filter((field) => field.value.trim()).map((field) => ({ field: nameOf(field), label: labelOf(field), text: field.value }));
  for (const part of document.body.children) {
    // What an open dialog has made inert is the dialog's to give back.
    if (part.inert || part.matches("script, style, .c3-still")) continue;
    part.inert = true;
    part.classList.add("c3-veiled");
  }
  const box = made("div", "c3-lostbox");
  box.setAttribute("role", "alertdialog");
  box.setAttribute("aria-modal", "true");
  box.setAttribute("aria-labelledby", "c3-lost-title");
  box.tabIndex = -1;
  const title = made("h2", "", words.title);
  title.id = "c3-lost-title";
  box.append(title, made("p", "c3-lostsince", words.since.replace("{time}", time(since))));
  for (const sentence of [words.kept, words.wait, words.call]) box.append(made("p", "", sentence));
  const cover = onTop(made("div", "c3-veil"));
  cover.append(box);
  document.body.append(cover);
  box.focus({ preventScroll: true });
}

/* Streamlit does not try again any more: only loading the page helps. */
function giveUp() {
  const box = document.querySelector(".c3-lostbox");
  if (!box || box.querySelector("button")) return;
  const button = made("button", "", line.data.words.load);
  button.onclick = () => location.reload();
  box.append(button);
}

function unveil() {
  const { words } = line.data;
  document.querySelector(".c3-veil")?.remove();
  for (const part of document.querySelectorAll(".c3-veiled")) {
    part.inert = false;
    part.classList.remove("c3-veiled");
  }
  line.lost = 0;
  const lost = restore();
  const back = onTop(made("div", "c3-back"));
  back.setAttribute("role", "status");
  back.append(made("p", "", words.back.replace("{time}", time(Date.now()))));
  if (lost.length) {
    // The form is closed: its text is given back, and put nowhere by itself.
    back.append(made("p", "", words.typed));
    const list = made("ul", "");
    for (const each of lost) list.append(made("li", "", each.label ? `${each.label}: ${each.text}` : each.text));
    const close = made("button", "", words.close);
    close.onclick = () => back.remove();
    back.append(list, close);
  } else setTimeout(() => back.remove(), 6000);
  document.body.append(back);
  line.back = back;
  if (line.focus?.isConnected) line.focus.focus({ preventScroll: true });
}

/* What was typed and not sent is put back into the same field of the same page; what has no field any more is returned. */
function restore() {
  const kept = line.typed;
  line.typed = [];
  const here = new Map(fields().map((field) => [nameOf(field), field]));
  return kept.filter((each) => {
    const field = location.href === line.place ? here.get(each.field) : null;
    if (!field) return true;
    if (field.value !== each.text) {
      const kind = field.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
      Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, each.text);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    return false;
  });
}

const fields = () => [...document.querySelectorAll('input:not([type]), input[type="text"], textarea')].filter((field) => field.role !== "combobox" && !field.readOnly);
const labelOf = (field) => field.getAttribute("aria-label") || field.labels?.[0]?.textContent || field.placeholder || "";
const nameOf = (field) => `${field.closest('[class*="st-key-"]')?.className.match(/st-key-\S+/)?.[0] ?? ""} ${labelOf(field)}`;

function time(moment) {
  const wanted = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...wanted, timeZone: line.data.zone || undefined }).format(moment);
  } catch {
    return new Intl.DateTimeFormat("en-GB", wanted).format(moment);
  }
}

/* An open dialog of Streamlit makes everything inert that is added outside it, but for what carries this mark. */
function onTop(element) {
  element.dataset.reactAriaTopLayer = "true";
  return element;
}

function made(tag, name, text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}
