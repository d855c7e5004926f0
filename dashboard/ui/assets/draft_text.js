/* Has Streamlit send what is typed into a text area after a pause, and counts its characters while one types.

   Streamlit itself sends a text area when it is left or at Ctrl+Enter; after the pause that is what the area is told.
   Within a form Ctrl+Enter would submit it, so nothing is sent there.
   Python -> here: data.most (characters), data.rows, data.pause and data.longest (ms), data.spoken (from which part of
   `most` a screen reader is told), data.sent (the text that has come to Python), data.saved (the one on the FHIR
   server), data.words, data.language. */

export default function (component) {
  const { data, parentElement } = component;
  const box = parentElement.closest('[class*="st-key-draft-text-"]');
  if (!box) return;
  const own = (box.c3draft ??= { timer: 0, first: 0 });
  own.data = data;
  own.shown = parentElement.querySelector(".c3-counter");
  own.said = parentElement.querySelector(".c3-counter-said");
  if (!own.listens) {
    own.listens = true;
    box.addEventListener("input", (event) => event.target.matches("textarea") && typed(box));
    // Whoever loads the page again or closes it has paused too.
    const leaves = () => box.isConnected && own.timer && send(box);
    document.addEventListener("visibilitychange", () => document.hidden && leaves());
    window.addEventListener("beforeunload", leaves);
  }
  show(box);
}

const fieldOf = (box) => box.querySelector("textarea");
/* As Python counts: a character outside the first plane is one. */
const lengthOf = (text) => [...text].length;

function typed(box) {
  const own = box.c3draft;
  clearTimeout(own.timer);
  // Who never pauses is not lost for long either.
  own.first ||= Date.now();
  const wait = Math.max(0, Math.min(own.data.pause, own.first + own.data.longest - Date.now()));
  own.timer = setTimeout(() => send(box), wait);
  show(box);
}

function send(box) {
  const own = box.c3draft;
  const field = fieldOf(box);
  clearTimeout(own.timer);
  own.timer = own.first = 0;
  if (!field || field.closest('[data-testid="stForm"]')) return;
  // Streamlit's area hears it; shortcuts of buttons, which listen at the document, must not.
  const page = document.documentElement;
  const stop = (event) => event.stopPropagation();
  page.addEventListener("keydown", stop);
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true }));
  page.removeEventListener("keydown", stop);
}

function show(box) {
  const own = box.c3draft;
  const { data } = own;
  const field = fieldOf(box);
  // Until Streamlit has drawn the area, what the server has stands for it.
  if (!field) setTimeout(() => box.isConnected && show(box), 200);
  const text = field ? field.value : data.sent;
  const n = lengthOf(text);
  const over = n - data.most;
  if (field) {
    own.shown.id ||= `c3-counter-${Math.random().toString(36).slice(2)}`;
    field.setAttribute("aria-describedby", own.shown.id);
    field.style.minHeight = `${data.rows * 1.5 + 1.5}em`;
    if (over > 0) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  const words = filled(over > 0 ? data.words.over : data.words.within, { n, most: data.most, over }, data.language);
  const kept = text !== data.saved && text === data.sent ? ` · ${data.words.kept}` : "";
  own.shown.textContent = words + kept;
  own.shown.classList.toggle("c3-counter-over", over > 0);
  // Said once one pauses, and only where it matters.
  clearTimeout(own.speaks);
  own.speaks = setTimeout(() => {
    const near = n >= data.most * data.spoken;
    const said = over > 0 ? words : near ? filled(data.words.left, { left: data.most - n }, data.language) : "";
    if (own.said.textContent !== said) own.said.textContent = said;
  }, data.pause);
}

function filled(words, values, language) {
  const number = new Intl.NumberFormat(language);
  return words.replace(/\{(\w+)\}/g, (_, name) => number.format(values[name]));
}
