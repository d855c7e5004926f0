/* Shows HTML that Python made and escaped, and tells Python what was pressed.

   Python -> here: data.html, data.page (which patient or page this belongs to).
   Here -> Python: setTriggerValue("act", {do: ...}) from the data-act of what was pressed.
   Focus, open <details> and scroll survive a refresh of the same page, by data-key. */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".c3-panel");
  if (!root) return;

  const scheme = getComputedStyle(document.querySelector(".stApp") || document.body).colorScheme;
  if (scheme) document.documentElement.style.colorScheme = scheme;
  if (data.cookie) document.cookie = data.cookie;

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

  const send = (act) => {
    if (act.do === "open") forget();
    setTriggerValue("act", act);
  };

  root.onclick = (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    const pressed = event.target.closest("[data-act]");
    if (pressed && root.contains(pressed)) {
      // Ctrl, Shift and the middle button open a link in a tab of its own, as everywhere.
      if (pressed.tagName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      send(JSON.parse(pressed.dataset.act));
      return;
    }
    const row = event.target.closest("tr[data-row]");
    if (row && !event.target.closest("a,button,summary,details") && !String(getSelection())) {
      const link = row.querySelector("a[data-act]");
      if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
      else send(JSON.parse(link.dataset.act));
    }
  };

  root.onkeydown = (event) => step(event, root);
}

/* Arrow up and down go from row to row, or from match to match; Enter is the link's own, and from what is typed it opens
   the only match, once the matches are those of what is typed. */
function step(event, within) {
  if (event.target.matches('[role="dialog"] input')) {
    within.c3enter = event.key === "Enter" && !event.isComposing ? event.target.value.trim() : null;
    openOnly(within, within.c3enter);
  }
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const rows = [...within.querySelectorAll("tr[data-row], .c3-match")];
  const at = rows.indexOf(event.target.closest("tr[data-row], .c3-match"));
  if (at < 0 && !event.target.matches('[role="dialog"] input')) return;
  const next = rows[at + steps[event.key]] ?? (at === 0 ? within.querySelector('[role="dialog"] input') : null);
  if (next) {
    event.preventDefault();
    focusOn(next);
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
