"""The security headers of every answer, and the content security policy under which Streamlit 1.67 works."""

import base64
import hashlib
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def security_headers(*, secure: bool) -> list[tuple[bytes, bytes]]:
    """Returns the headers of every answer. `secure`: the dashboard is served by https, and browsers must stay
    with it.
    """
    headers = {
        "content-security-policy": content_security_policy(secure=secure),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # Our own pages get the whole address, which the return after a sign-in needs; others get nothing, since it
        # holds ids of patients.
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), fullscreen=(self)",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-permitted-cross-domain-policies": "none",
    }
    if secure:
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def content_security_policy(*, secure: bool) -> str:
    """Returns a policy that allows scripts of our own only. Measured with Streamlit 1.67 in Chromium
    (tests/browser/test_security.py):

    * components of version 2 come as a `blob:` script, and the page has one inline script, allowed by its hash;
    * Emotion writes styles at run time, so that styles cannot be allowed by their hashes;
    * no eval of scripts: none of the elements that the dashboard uses needs it; one of Streamlit's own parts compiles
      WebAssembly of our own origin when a dialog opens.
    """
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *inline_script_hashes()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    text = "; ".join(f"{name} {value}" for name, value in rules.items())
    return f"{text}; upgrade-insecure-requests" if secure else text


@lru_cache(maxsize=1)
def inline_script_hashes() -> tuple[str, ...]:
    """Returns the hashes of the scripts in Streamlit's page, computed from it, so that a new version needs no
    change.
    """
    spec = find_spec("streamlit")
    page = Path(spec.origin).parent / "static" / "index.html" if spec and spec.origin else None
    if page is None or not page.is_file():
        return ()
    scripts = _INLINE.findall(page.read_bytes())
    return tuple(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
