"""The addresses of our own fonts (data/fonts), and the header that lets a browser ask for them before the page does.

The version of the family is part of the address, so that browsers may keep the files for good. They are open to
everybody: the sign-in page is written with them.
"""

from typing import Final

PLACE: Final = "/fonts/1.1.0"
"""Under which each file of `FILES` has its name; assets/tokens.css says the same addresses."""
FILES: Final = ("IBMPlexSans-Regular.ttf", "IBMPlexSans-SemiBold.ttf", "IBMPlexSans-Italic.ttf")
MEDIA_TYPE: Final = "font/ttf"
KEEP: Final = "public, max-age=31536000, immutable"

# What is read first is written in these two. Without the header the browser learns of them when the first words come,
# and the words jump when the letters do.
_LINK = "<{place}/{name}>; rel=preload; as=font; type={kind}; crossorigin"
PRELOAD: Final = ", ".join(_LINK.format(place=PLACE, name=name, kind=MEDIA_TYPE) for name in FILES[:2])
