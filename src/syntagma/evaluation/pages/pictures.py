"""Matplotlib figures as inline SVG, in which text is kept as text and the page sets the colours and fonts."""

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Placeholder colours for Matplotlib. In the page they are replaced with CSS variables, which the light and dark themes
# define.
INK, MUTED, LINE, ACCENT, WRONG = "#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04", "#0a0a05"
SERIES = tuple(f"#0b0b0{number}" for number in range(1, 9))
_VARIABLES = {INK: "--ink", MUTED: "--muted", LINE: "--line", ACCENT: "--accent", WRONG: "--wrong"} | {
    colour: f"--c{number}" for number, colour in enumerate(SERIES, start=1)
}

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.color": INK,
    "axes.facecolor": "none",
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.constrained_layout.use": True,
}


def picture(name: str, description: str, size: tuple[float, float], draw: "Callable[[Figure], None]") -> str:
    """Draw a Matplotlib figure and return it as an SVG element for an HTML page.

    Args:
        name: Name of the picture, which must be unique within the page. It is the prefix of all ids in the SVG.
        description: Text alternative for screen readers.
        size: Width and height in inches, at 72 pixels per inch.
        draw: Function that draws on the figure that is passed to it.
    """
    return _to_inline_svg(_render_svg(name, size, draw), name, description)


def _render_svg(name: str, size: tuple[float, float], draw: "Callable[[Figure], None]") -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    content = io.StringIO()
    # A font that lacks the glyphs of a script only affects the measured width; the page uses its own font.
    settings: Any = _SETTINGS | {"svg.hashsalt": name}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=".*Matplotlib currently does not support")
        figure = Figure(figsize=size)
        draw(figure)
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    return content.getvalue()


def _to_inline_svg(svg: str, name: str, description: str) -> str:
    root = ElementTree.fromstring(svg.encode())
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', svg))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    for element in root.iter():
        _restyle(element, name, used)
    width, height = (root.attrib["viewBox"].split()[i] for i in (2, 3))
    root.attrib.clear()
    root.attrib.update({"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": description})
    return _serialise(root)


def _restyle(element: ElementTree.Element, name: str, used: set[str]) -> None:
    """Convert inline styles to attributes, which a style sheet can override, and prefix ids with the picture name."""
    for key, value in _declarations(element.attrib.pop("style", "")):
        if key == "font":
            element.set("font-size", value.split("px")[0].split()[-1])
        elif key != "font-family":
            element.set(key, value)
    element.attrib.pop("type", None)
    if (identifier := element.attrib.pop("id", None)) in used:
        element.set("id", f"{name}-{identifier}")
    if target := element.attrib.pop(_LINK, None):
        element.set("href", f"#{name}-{target[1:]}")
    for key, value in element.attrib.items():
        if value in _VARIABLES:
            element.set(key, f"var({_VARIABLES[value]})")
        elif key == "clip-path":
            element.set(key, value.replace("url(#", f"url(#{name}-"))


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return [(key.strip(), value.strip()) for key, _, value in pairs]


def _serialise(root: ElementTree.Element) -> str:
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for attribute in [key for key in element.attrib if key.startswith("{")]:
            del element.attrib[attribute]
        if element.tag != "text" and element.tag != "tspan":
            element.text = None
        element.tail = None
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
