/* What of a page's words cannot be read: off the screen, over each other, or a date or unit that is cut. */
() => {
  const DATE = /\d{2}-[A-Z][a-z]{2}-\d{4}/, UNIT = /mmol|mg\/|mL\/|mmHg|ng\/L|µmol|\bkg\b/;
  const complaints = [];
  const seen = [];
  const hidden = (each) => {
    if (!each.checkVisibility()) return true;
    for (let up = each; up && up !== document.body; up = up.parentElement) {
      const look = getComputedStyle(up);
      if (look.clipPath === 'inset(50%)' || look.visibility === 'hidden' || look.opacity === '0' || up.ariaHidden === 'true') return true;
      if (up.matches('[data-testid="stSidebar"], [data-testid="stToolbar"], .c3-sr, dialog:not([open])')) return true;
    }
    return false;
  };
  // What is left of a box where those around it cut it.
  const visible = (box, each) => {
    let { left, top, right, bottom } = box;
    for (let up = each; up && up !== document.body; up = up.parentElement) {
      const look = getComputedStyle(up);
      if (look.overflowX === 'visible' && look.overflowY === 'visible') continue;
      const frame = up.getBoundingClientRect();
      left = Math.max(left, frame.left); right = Math.min(right, frame.right);
      top = Math.max(top, frame.top); bottom = Math.min(bottom, frame.bottom);
    }
    return { left, top, right, bottom };
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const each = node.parentElement, text = node.data.trim();
    if (!text || each.closest('svg, script, style, noscript, option, [data-testid="stIconMaterial"]') || hidden(each)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const shown = visible(box, each);
      const width = shown.right - shown.left, height = shown.bottom - shown.top;
      const cut = box.width - width > 1.5;
      if (box.right > innerWidth + 1 || box.left < -1) complaints.push(`off the screen: ${text.slice(0, 60)}`);
      else if (cut && width > 1 && height > 1 && (DATE.test(text) || UNIT.test(text))) complaints.push(`cut: ${text.slice(0, 60)}`);
      if (width < 2 || height < 2) continue;
      const foot = each.closest('.c3-jump'), line = each.closest('div:has(> .st-key-live-foot)');
      const fixed = Boolean(each.closest('[data-testid="stHeader"], .st-key-topbar, .st-key-topnav, .st-key-banner'))
        || Boolean(foot && getComputedStyle(foot).position === 'fixed')
        || Boolean(line && getComputedStyle(line).position === 'sticky');
      seen.push({ ...shown, text, each, fixed });
    }
  }
  for (const [at, one] of seen.entries()) {
    for (const other of seen.slice(at + 1)) {
      // What stays in place lies over what is scrolled; and lines of one element touch.
      if (one.fixed !== other.fixed || one.each === other.each) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (wide > 2 && high > 5) complaints.push(`over each other: ${one.text.slice(0, 40)} | ${other.text.slice(0, 40)}`);
    }
  }
  return [...new Set(complaints)];
}
