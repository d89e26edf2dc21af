"""What a browser can tell of a page: how well its texts stand out."""

from collections.abc import Iterable, Mapping
from typing import Any

AA, AA_LARGE = 4.5, 3.0

# Every element with a text of its own: its colour over what lies behind it, both as [r, g, b], its size in pixels.
CONTRAST = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, below) => top.slice(0, 3).map((each, place) => {
    const share = top.length > 3 ? top[3] : 1;
    return each * share + below[place] * (1 - share);
  });
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(parts(getComputedStyle(one).backgroundColor));
    const page = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    return layers.reverse().reduce((below, layer) => over(layer, below), page);
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("svg, script, .skip, option")) continue;
    const style = getComputedStyle(element), below = behind(element);
    found.push({
      text: element.textContent.trim().slice(0, 40), below, colour: over(parts(style.color), below),
      large: parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700),
    });
  }
  return found;
}"""


def too_faint(texts: Iterable[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Texts with less contrast than WCAG 2 AA asks for, https://www.w3.org/TR/WCAG22/#contrast-minimum ."""
    found = [(each["text"], _ratio(each["colour"], each["below"]), each["large"]) for each in texts]
    assert found
    return [(text, round(ratio, 2)) for text, ratio, large in found if ratio < (AA_LARGE if large else AA)]


def _ratio(one: list[float], other: list[float]) -> float:
    bright, dark = sorted(map(_luminance, (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: list[float]) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    shares = [each / 255 for each in colour]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
