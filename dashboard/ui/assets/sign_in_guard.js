/* Watches how long the sign-in holds, and takes the page away when it has ended, also when the server is silent.

   Only the server decides; this shows it at once. GET data.path -> {session, idle, left}, seconds from now; POST says
   that somebody is there. Python -> here: data.session (which sign-in this page belongs to, "" for none), data.ask and
   data.warn in seconds, data.words. Here -> Python: setTriggerValue("act", "renew"). */
const watch = (window.c3watch ??= { timer: 0, data: null, send: null, said: 0, deadline: 0, warned: false, gone: false });

export default function (component) {
  watch.data = component.data;
  watch.send = (act) => component.setTriggerValue("act", act);
  if (watch.timer) return;
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(kind, somebody, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  window.addEventListener("pageshow", (event) => event.persisted && ask());
  watch.timer = setInterval(tick, 1000);
  ask();
}

let next = 0;
function tick() {
  // With no answer for as long as the sign-in could have lasted, nobody knows who is in front of the screen.
  if (watch.data.session && watch.deadline && Date.now() > watch.deadline) return leave();
  if (Date.now() >= next) ask();
  count();
}

async function ask(method = "GET") {
  next = Date.now() + watch.data.ask * 1000;
  try {
    const answer = await fetch(watch.data.path, { method, cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) return;
    const now = await answer.json();
    if (now.session !== watch.data.session) return leave();
    watch.idle = Date.now() + now.idle * 1000;
    watch.ends = Date.now() + now.left * 1000;
    watch.deadline = Math.min(watch.idle, watch.ends) + 2000;
    count();
  } catch {
    // Asked again in a moment; the deadline stands.
  }
}

/* A key or a press anywhere, told at most every ten seconds, and at once while the warning is open. */
function somebody() {
  if (!watch.data.session || watch.gone) return;
  if (!document.querySelector(".c3-still") && Date.now() - watch.said < Math.min(10, watch.data.warn) * 1000) return;
  watch.said = Date.now();
  ask("POST");
}

function count() {
  const { data } = watch;
  if (!data.session || !data.words || !watch.idle) {
    // Python has shown the sign-in page before it was asked here: nobody is to be warned any more.
    document.querySelector(".c3-still")?.remove();
    return;
  }
  const idle = watch.idle <= watch.ends;
  const left = Math.max(0, Math.round(((idle ? watch.idle : watch.ends) - Date.now()) / 1000));
  const open = document.querySelector(".c3-still");
  if (left > data.warn || (open && open.c3idle !== idle)) {
    open?.remove();
    watch.warned = left > data.warn ? false : watch.warned;
    if (left > data.warn) return;
  }
  // Somebody who has read that the sign-in ends in any case need not be told again.
  if (!document.querySelector(".c3-still") && (idle || !watch.warned)) warn(idle);
  const line = document.querySelector(".c3-still p");
  if (line) line.textContent = data.words[idle ? "idle" : "ends"].replace("{seconds}", String(left));
}

function warn(idle) {
  const { words } = watch.data;
  watch.warned = true;
  const dialog = document.createElement("dialog");
  dialog.className = "c3-still";
  dialog.c3idle = idle;
  dialog.setAttribute("role", "alertdialog");
  const title = document.createElement("h2");
  title.textContent = words.title;
  const line = document.createElement("p");
  const button = document.createElement("button");
  button.textContent = idle ? words.stay : words.renew;
  button.onclick = () => {
    dialog.remove();
    if (!idle) watch.send("renew");
  };
  dialog.append(title, line, button);
  document.body.append(dialog);
  dialog.showModal();
}

/* Nothing of a patient stays on the screen while the sign-in page is fetched, at the same address. */
function leave() {
  if (watch.gone) return;
  watch.gone = true;
  clearInterval(watch.timer);
  document.body.replaceChildren();
  location.reload();
}
