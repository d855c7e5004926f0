"""Small marks as inline SVG. A mark always stands beside its word and is hidden from screen readers.

Shape and colour differ together: triangle, diamond, clock, dot, sheet; so that no meaning hangs on colour alone.
"""

from dashboard.ui.shared.html import Html

_STROKE = 'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"'

# fmt: off
_SHAPES = {
    # reasons
    "danger": '<path fill="currentColor" d="M8 1 15.5 14.5H.5z"/><path stroke="var(--c3-ground)" stroke-width="1.8" '
    'stroke-linecap="round" d="M8 5.6v4.2M8 12.2v.1"/>',
    "warn": '<path fill="currentColor" d="M8 .8 15.2 8 8 15.2.8 8z"/><path stroke="var(--c3-ground)" '
    'stroke-width="1.8" stroke-linecap="round" d="M8 4.6v4M8 11.2v.1"/>',
    "late": f'<circle cx="8" cy="8" r="6.6" {_STROKE}/><path {_STROKE} d="M8 4.2V8l2.6 1.8"/>',
    "new": '<circle cx="8" cy="8" r="4.4" fill="currentColor"/>',
    "plan": f'<path {_STROKE} d="M3 1.8h7l3 3v9.4H3zM5.6 7.4h4.8M5.6 10.4h4.8"/>',
    # the rest
    "clock": f'<circle cx="8" cy="8" r="6.6" {_STROKE}/><path {_STROKE} d="M8 4.2V8l2.6 1.8"/>',
    "info": f'<circle cx="8" cy="8" r="6.8" {_STROKE}/><path {_STROKE} d="M8 7.4v4M8 4.6v.1"/>',
    "calendar": f'<path {_STROKE} d="M2 3.4h12v10.8H2zM2 6.6h12M5 1.6v3M11 1.6v3"/>',
    "task": f'<path {_STROKE} d="M2 2h12v12H2zM5 8.2l2.2 2.2L11.4 6"/>',
    "person": f'<circle cx="8" cy="5" r="3" {_STROKE}/>'
    f'<path {_STROKE} d="M2.4 14.4c.6-3.2 2.8-4.6 5.6-4.6s5 1.4 5.6 4.6"/>',
    "people": f'<circle cx="6" cy="5.4" r="2.6" {_STROKE}/>'
    f'<path {_STROKE} d="M1.2 14c.5-2.9 2.3-4.2 4.8-4.2s4.3 1.3 4.8 4.2'
    'M10.6 3a2.5 2.5 0 0 1 0 4.8M12.4 10.2c1.4.6 2.2 1.9 2.5 3.8"/>',
    "search": f'<circle cx="7" cy="7" r="5" {_STROKE}/><path {_STROKE} d="m10.8 10.8 4 4"/>',
    "close": f'<path {_STROKE} d="m4.4 4.4 7.2 7.2M11.6 4.4l-7.2 7.2"/>',
    "up": f'<path {_STROKE} d="M8 13V3.4M4 7l4-4 4 4"/>',
    "down": f'<path {_STROKE} d="M8 3v9.6M4 9l4 4 4-4"/>',
    "back": f'<path {_STROKE} d="M13 8H3.4M7 4 3 8l4 4"/>',
    "check": f'<path {_STROKE} d="m2.6 8.6 3.6 3.6 7.2-8"/>',
    "comment": f'<path {_STROKE} d="M2 2.6h12v8.2H7.2L4 13.6v-2.8H2z"/>',
    "pill": f'<path {_STROKE} d="M9.6 2.6a3.4 3.4 0 0 1 4.8 4.8l-6 6a3.4 3.4 0 0 1-4.8-4.8zM6.4 5.8l4.8 4.8"/>',
    "medicine": f'<path {_STROKE} d="M9.6 2.6a3.4 3.4 0 0 1 4.8 4.8l-6 6a3.4 3.4 0 0 1-4.8-4.8zM6.4 5.8l4.8 4.8"/>',
    "goal": f'<circle cx="8" cy="8" r="6.6" {_STROKE}/><circle cx="8" cy="8" r="2.4" fill="currentColor"/>',
    "broken": f'<path {_STROKE} d="M8 1.6 15 14H1zM8 6v4M8 11.9v.1"/>',
    "phone": f'<path {_STROKE} d="M3.4 1.8h2.8l1.2 3.4-1.8 1.4a9 9 0 0 0 3.8 3.8l1.4-1.8 3.4 1.2v2.8'
    'c0 .8-.6 1.4-1.4 1.4'
    'C6.6 14 2 9.4 2 3.200c0-.8.6-1.4 1.4-1.4z"/>',
}


def icon(name: str) -> Html:
    """The mark of that name, 1em square; its shape is in the page once (`sprite`), or a table would carry hundreds."""
    if name not in _SHAPES:
        raise KeyError(name)
    return Html(f'<svg class="c3-icon" aria-hidden="true"><use href="#c3-{name}"/></svg>')


def sprite() -> Html:
    """The shapes, on every page once."""
    shapes = "".join(f'<symbol id="c3-{name}" viewBox="0 0 16 16">{shape}</symbol>' for name, shape in _SHAPES.items())
    return Html(f'<svg class="c3-sr" aria-hidden="true" focusable="false">{shapes}</svg>')
