/* Shows HTML that Python made and escaped, and tells Python what was pressed.

   Python -> here: data.html, data.page (which patient or page this belongs to).
   Here -> Python: setTriggerValue("act", {do: ...}) from the data-act of what was pressed.
   Focus, open <details> and scroll survive a refresh of the same page, by data-key. */
const SCHEME_MS = 300;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".c3-panel");
  if (!root) return;

  const scheme = getComputedStyle(document.querySelector(".stApp") || document.body).colorScheme;
  if (scheme) document.documentElement.style.colorScheme = scheme;
  if (data.cookie) document.cookie = data.cookie;

  // The system went dark or light. Style sheets follow by themselves; a figure has its colours from Python, which is asked
  // anew by the first panel of the page, once Streamlit has taken the change in.
  if (!root.c3scheme) {
    root.c3scheme = true;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => {
      if (document.querySelector(".c3-panel") === root && document.querySelector(".js-plotly-plot")) setTriggerValue("act", { do: "scheme" });
    }, SCHEME_MS));
  }

  if (root.c3html !== data.html) {
    const held = root.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    const open = [...root.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key);
    root.innerHTML = data.html;
    root.c3html = data.html;
    for (const details of root.querySelectorAll("details[data-key]")) details.open = details.open || open.includes(details.dataset.key);
    if (held) focusOn([...root.querySelectorAll("[data-key]")].find((each) => each.dataset.key === held));
  }

  if (data.focus && !root.c3focused) {
    root.c3focused = true;
    // After the dialog has taken the focus for itself.
    setTimeout(() => document.querySelector(data.focus)?.focus(), 50);
  }

  // In a dialog the arrows lead from what is typed to what was found.
  const dialog = root.closest('[role="dialog"]');
  if (dialog) {
    dialog.onkeydown = (event) => step(event, dialog);
    // Enter came before the answer.
    openOnly(dialog, dialog.c3enter);
  }

  followBanner(root);
  nameMessages();

  const send = (act) => {
    if (act.do === "open") forget();
    if (act.do === "large") keepScroll();
    setTriggerValue("act", act);
  };

  followPicks(root, data.picks, send);
  followWidth(root, send);
  followPrint(root, send);
  countDown(root, send);
  countUp(root);

  root.onclick = (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.target.closest("[data-skip]")) {
      event.preventDefault();
      skip();
      return;
    }
    if (event.target.closest("[data-fullscreen]")) {
      event.preventDefault();
      fillScreen();
      return;
    }
    const pressed = event.target.closest("[data-act]");
    if (pressed && root.contains(pressed)) {
      // Ctrl, Shift and the middle button open a link in a tab of its own, as everywhere.
      if (pressed.tagName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      send(JSON.parse(pressed.dataset.act));
      return;
    }
    const row = event.target.closest("tr[data-row]");
    if (row && !event.target.closest("a,button,summary,details,label") && !String(getSelection())) {
      const link = row.querySelector("a[data-act]");
      if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
      else send(JSON.parse(link.dataset.act));
    }
  };

  root.onkeydown = (event) => step(event, root);
}

/* Past the header: to the first row of a list or line of what is urgent, else to the heading of the page. */
function skip() {
  const row = document.querySelector(".stMain :is(tr[data-row], .c3-actionline:has(a, button))");
  const heading = document.querySelector(".stMain h1");
  if (row) focusOn(row);
  else if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

/* Arrow up and down go from row to row, or from match to match, Home and End to the first and the last; Enter is the
   link's own, and from what is typed it opens the only match, once the matches are those of what is typed. */
function step(event, within) {
  if (event.target.matches('[role="dialog"] input')) {
    within.c3enter = event.key === "Enter" && !event.isComposing ? event.target.value.trim() : null;
    openOnly(within, within.c3enter);
  }
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const rows = [...within.querySelectorAll("tr[data-row], .c3-match")];
  const at = rows.indexOf(event.target.closest("tr[data-row], .c3-match"));
  const typing = event.target.matches('[role="dialog"] input');
  // Home and End are the text's own where one types.
  if (typing ? !Number.isFinite(steps[event.key]) : at < 0) return;
  const to = Number.isFinite(steps[event.key]) ? at + steps[event.key] : event.key === "Home" ? 0 : rows.length - 1;
  const next = rows[to] ?? (at === 0 ? within.querySelector('[role="dialog"] input') : null);
  if (next) {
    event.preventDefault();
    // From a box to the next one.
    focusOn((event.target.matches("[data-pick]") && next.querySelector("[data-pick]")) || next);
  }
}

/* The boxes of a list's rows. The browser keeps which are ticked, also those on other pages of the list, and tells all of
   them at each press: one that is lost on the way is made good by the next. With Shift all from the last one pressed. */
function followPicks(root, picks, send) {
  if (!picks) return;
  if (root.c3round !== picks.round) {
    root.c3round = picks.round;
    root.c3picks = new Set(picks.ids);
  }
  const boxes = [...root.querySelectorAll("input[data-pick]")];
  const all = root.querySelector("input[data-pick-all]");
  const show = () => {
    for (const box of boxes) box.checked = root.c3picks.has(box.dataset.pick);
    if (!all) return;
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  show();
  let shift = false;
  const tick = (box) => {
    let chosen = box === all ? boxes : [box];
    const last = boxes.find((each) => each.dataset.pick === root.c3lastpick);
    if (shift && last && box !== all) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
      chosen = boxes.slice(from, to + 1);
    }
    for (const each of chosen) root.c3picks[box.checked ? "add" : "delete"](each.dataset.pick);
    root.c3lastpick = box.dataset.pick;
    show();
    send({ do: "pick", round: picks.round, ids: [...root.c3picks] });
  };
  for (const box of all ? [all, ...boxes] : boxes) {
    box.onclick = (event) => { shift = event.shiftKey; };
    box.onchange = () => tick(box);
  }
}

/* Opens the only match of a text, if what is shown are the matches of that text. */
function openOnly(dialog, text) {
  const matches = [...dialog.querySelectorAll(".c3-match")];
  if (!text || matches.length !== 1 || dialog.querySelector("[data-asked]")?.dataset.asked !== text) return;
  dialog.c3enter = null;
  matches[0].click();
}

function focusOn(element) {
  if (!element) return;
  const target = element.matches("a,button,summary,input") ? element : element.querySelector("a,button,summary");
  target?.focus();
}

/* Which of two layouts fits is the browser's to know: it says so where Python has assumed the other one. A sheet of paper
   is no screen: printing changes nothing. */
function followWidth(root, send) {
  root.c3width?.removeEventListener("change", root.c3say);
  const asked = root.querySelector("[data-below]");
  if (!asked) return;
  root.c3width = matchMedia(`(max-width: ${asked.dataset.below - 0.02}px)`);
  root.c3say = () => {
    const narrow = root.c3width.matches ? "yes" : "";
    if (!matchMedia("print").matches && narrow !== asked.dataset.narrow) send({ do: "width", narrow });
  };
  root.c3width.addEventListener("change", root.c3say);
  root.c3say();
}

/* The browser's own print asks nobody, so the page says that it was begun, once a print. Without a connection it says so
   when there is one again, as long as the page is about the same patients. */
const prints = (window.c3prints ??= { root: null, about: "", unsaid: 0, say: null });
function followPrint(root, send) {
  const asked = root.querySelector("[data-print]");
  if (!asked) return;
  if (prints.about !== asked.dataset.print) prints.unsaid = 0;
  Object.assign(prints, { root, about: asked.dataset.print, send });
  if (prints.say) return;
  prints.say = () => {
    if (!prints.root.isConnected) prints.unsaid = 0;
    if (!prints.unsaid) return;
    if (document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState === "CONNECTED") {
      prints.unsaid -= 1;
      prints.send({ do: "printed" });
    }
    // One at a time: two that arrive together would count as one.
    if (prints.unsaid) setTimeout(prints.say, 1000);
  };
  addEventListener("beforeprint", () => {
    const figure = document.querySelector(".js-plotly-plot .main-svg");
    if (figure) document.documentElement.style.setProperty("--c3-figure-width", figure.getAttribute("width"));
    prints.unsaid += 1;
    if (prints.unsaid === 1) prints.say();
  });
}

/* Counts the seconds that are left down, between two answers of Python, and says when there are none. */
function countDown(root, send) {
  const place = root.querySelector("[data-left]");
  if (root.c3count && root.c3count.place === place) return;
  clearInterval(root.c3count?.timer);
  root.c3count = null;
  if (!place) return;
  const end = performance.now() + place.dataset.left * 1000;
  const count = () => {
    if (!place.isConnected) return clearInterval(timer);
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const clock = [Math.floor(left / 60), left % 60].map((part) => String(part).padStart(2, "0")).join(":");
    place.textContent = place.dataset.words.replace("{left}", clock);
    if (left) return;
    clearInterval(timer);
    send({ do: "over" });
  };
  const timer = setInterval(count, 1000);
  root.c3count = { place, timer };
}

/* Counts the seconds since something began up, between two answers of Python; marked once they are more than was planned. */
function countUp(root) {
  clearInterval(root.c3since);
  const clocks = [...root.querySelectorAll("[data-since]")];
  if (!clocks.length) return;
  const began = performance.now();
  const show = () => {
    if (!root.isConnected) return clearInterval(root.c3since);
    for (const clock of clocks) {
      const passed = Math.floor(Number(clock.dataset.since) + (performance.now() - began) / 1000);
      clock.textContent = `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, "0")}`;
      clock.classList.toggle("c3-lateword", Boolean(clock.dataset.most) && passed > Number(clock.dataset.most));
    }
  };
  show();
  root.c3since = setInterval(show, 1000);
}

/* The whole screen for the page, and back. */
function fillScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

/* Streamlit names a message by a title that it has not: for a screen reader it is named by its words. */
function nameMessages() {
  if (window.c3messages) return;
  window.c3messages = new MutationObserver(() => {
    for (const toast of document.querySelectorAll('[data-testid="stToast"]:not([aria-label])')) {
      const words = toast.querySelector('[data-testid="stMarkdownContainer"]')?.textContent.trim();
      if (!words) continue;
      toast.setAttribute("aria-label", words);
      toast.removeAttribute("aria-labelledby");
    }
  });
  window.c3messages.observe(document.body, { childList: true, subtree: true });
}

/* Large type is a screen of its own: what was scrolled to before it is scrolled to again after it. */
function keepScroll() {
  const main = document.querySelector('[data-testid="stMain"]');
  if (!document.querySelector(".c3-large")) {
    window.c3scrolled = main.scrollTop;
    return;
  }
  const to = window.c3scrolled ?? 0;
  let end = performance.now() + 5000, gone = false;
  (function back() {
    if (!document.querySelector(".c3-large")) {
      main.scrollTop = to;
      // What grows back in the next moments may push it away once more.
      if (!gone) end = performance.now() + 400;
      gone = true;
    }
    if (performance.now() < end) requestAnimationFrame(back);
  })();
}

/* What stays in sight below the banner must know how high that is: it has a line more where there is more to say. */
function followBanner(root) {
  const banner = root.querySelector("[data-below-banner]") && document.querySelector(".st-key-banner");
  if (!banner || root.c3banner === banner) return;
  root.c3banner = banner;
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--c3-banner-height", `${banner.offsetHeight}px`);
  }).observe(banner);
  // What stays at the foot of the window begins where the sidebar ends.
  const main = document.querySelector('[data-testid="stMain"]');
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--c3-main-left", `${main.getBoundingClientRect().left}px`);
  }).observe(main);
}

/* Another patient was asked for: what is on screen about this one goes at once, before the server answers. */
function forget() {
  // A figure is Streamlit's to take away; until then it is not seen. The next patient's has a place of its own.
  for (const plot of document.querySelectorAll(".js-plotly-plot")) plot.style.visibility = "hidden";
  for (const page of document.querySelectorAll(".c3-patient, .c3-patientbanner, .c3-detail, .c3-storytable")) {
    // Emptied at its height: nothing jumps while the next one comes.
    page.style.minHeight = `${page.offsetHeight}px`;
    page.replaceChildren();
    const panel = page.closest(".c3-panel");
    if (panel) panel.c3html = "";
  }
}
