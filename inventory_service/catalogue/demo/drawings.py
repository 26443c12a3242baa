"""Pictures of the demo's products: a simple shape per category, in colours of the product's own."""

# ruff: noqa: PLR0917 - a box is four numbers
import colorsys
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = 600
SCALE = 2
"""Drawn twice as large and reduced, for smooth edges."""

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Palette:
    background: Colour
    disc: Colour
    main: Colour
    light: Colour
    dark: Colour
    accent: Colour


def palette_of(number: int) -> Palette:
    """Return the colours of the `number`th product: hues a golden angle apart, so that neighbours differ."""
    hue = number * 0.381966 % 1.0

    def tone(turn: float, lightness: float, saturation: float) -> Colour:
        red, green, blue = colorsys.hls_to_rgb((hue + turn) % 1.0, lightness, saturation)
        return round(red * 255), round(green * 255), round(blue * 255)

    return Palette(
        background=tone(0.55, 0.93, 0.35),
        disc=tone(0.52, 0.85, 0.42),
        main=tone(0.0, 0.52, 0.42),
        light=tone(0.0, 0.68, 0.46),
        dark=tone(0.0, 0.33, 0.40),
        accent=tone(0.42, 0.58, 0.55),
    )


class Pen:
    """Draws on a field of 100 × 100, with the origin at the top left."""

    def __init__(self, image: Image.Image, palette: Palette) -> None:
        self._draw = ImageDraw.Draw(image)
        self._unit = image.width / 100
        self.colours = palette

    def box(self, x: float, y: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        self._draw.rounded_rectangle(self._scaled((x, y), (right, bottom)), radius * self._unit, fill=fill)

    def oval(self, x: float, y: float, right: float, bottom: float, fill: Colour) -> None:
        self._draw.ellipse(self._scaled((x, y), (right, bottom)), fill=fill)

    def ring(self, x: float, y: float, right: float, bottom: float, fill: Colour, width: float) -> None:
        self._draw.ellipse(self._scaled((x, y), (right, bottom)), outline=fill, width=round(width * self._unit))

    def arc(self, x: float, y: float, right: float, bottom: float, span: Point, fill: Colour, width: float) -> None:
        self._draw.arc(self._scaled((x, y), (right, bottom)), *span, fill=fill, width=round(width * self._unit))

    def pie(self, x: float, y: float, right: float, bottom: float, span: Point, fill: Colour) -> None:
        self._draw.pieslice(self._scaled((x, y), (right, bottom)), *span, fill=fill)

    def shape(self, fill: Colour, *points: Point) -> None:
        self._draw.polygon(self._scaled(*points), fill=fill)

    def line(self, fill: Colour, width: float, *points: Point) -> None:
        self._draw.line(self._scaled(*points), fill=fill, width=round(width * self._unit), joint="curve")

    def _scaled(self, *points: Point) -> Sequence[Point]:
        return [(x * self._unit, y * self._unit) for x, y in points]


def mug(pen: Pen) -> None:
    c = pen.colours
    pen.ring(58, 42, 80, 66, c.dark, 5)
    pen.box(28, 34, 66, 78, c.main, 6)
    pen.oval(28, 30, 66, 40, c.dark)
    pen.oval(31, 32, 63, 39, c.accent)
    pen.box(33, 44, 37, 70, c.light, 2)


def bowl(pen: Pen) -> None:
    c = pen.colours
    pen.box(42, 70, 58, 78, c.dark, 2)
    pen.pie(20, 20, 80, 76, (0, 180), c.main)
    pen.oval(20, 42, 80, 54, c.dark)
    pen.oval(24, 44, 76, 53, c.accent)
    pen.arc(27, 26, 73, 70, (120, 165), c.light, 2)


def knife(pen: Pen) -> None:
    c = pen.colours
    pen.shape((214, 219, 224), (16, 54), (62, 40), (62, 54), (40, 58), (24, 58))
    pen.line((245, 247, 249), 1, (20, 55.5), (60, 52))
    pen.box(61, 41, 86, 53, c.dark, 4)
    for x in (67, 73, 79):
        pen.oval(x - 1, 46, x + 1, 48, c.accent)


def board(pen: Pen) -> None:
    c = pen.colours
    pen.box(46, 16, 54, 34, c.dark, 4)
    pen.oval(48.5, 18.5, 51.5, 21.5, c.disc)
    pen.box(28, 30, 72, 80, c.main, 6)
    for y in (40, 49, 58, 67):
        pen.arc(20, y - 6, 80, y + 8, (40, 140), c.light, 0.8)


def teapot(pen: Pen) -> None:
    c = pen.colours
    pen.ring(60, 40, 84, 70, c.dark, 4)
    pen.shape(c.dark, (32, 62), (14, 42), (20, 40), (38, 52))
    pen.oval(26, 38, 72, 78, c.main)
    pen.oval(37, 35, 61, 44, c.dark)
    pen.oval(46, 29, 52, 36, c.accent)
    pen.arc(31, 44, 60, 73, (130, 190), c.light, 2.5)


def lamp(pen: Pen) -> None:
    c = pen.colours
    pen.shape((255, 244, 205), (34, 48), (66, 48), (80, 80), (20, 80))
    pen.box(48.5, 46, 51.5, 76, c.dark)
    pen.box(36, 75, 64, 80, c.dark, 2)
    pen.shape(c.main, (40, 20), (60, 20), (72, 50), (28, 50))
    pen.shape(c.light, (42, 22), (46, 22), (40, 48), (32, 48))


def cushion(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.main, (22, 24), (50, 29), (78, 24), (73, 50), (78, 78), (50, 73), (22, 78), (27, 50))
    for x in (38, 50, 62):
        pen.line(c.light, 1.6, (x, 31), (x, 71))
    for y in (38, 50, 62):
        pen.line(c.accent, 1, (29, y), (71, y))


def vase(pen: Pen) -> None:
    c = pen.colours
    for end, curve in ((34, 40), (50, 48), (66, 60)):
        pen.line((92, 122, 84), 1.2, (50, 40), (curve, 28), (end, 18))
        pen.oval(end - 4, 13, end + 4, 21, c.accent)
    pen.oval(30, 46, 70, 82, c.main)
    pen.shape(c.main, (43, 34), (57, 34), (60, 54), (40, 54))
    pen.oval(42, 32, 58, 37, c.dark)
    pen.arc(34, 50, 62, 78, (140, 200), c.light, 2.5)


def candle(pen: Pen) -> None:
    c = pen.colours
    pen.oval(43, 16, 57, 38, (255, 232, 170))
    pen.shape((247, 178, 72), (50, 18), (54, 29), (50, 35), (46, 29))
    pen.line(c.dark, 1, (50, 33), (50, 42))
    pen.box(34, 40, 66, 80, c.main, 4)
    pen.oval(34, 37, 66, 45, c.light)
    pen.box(34, 56, 66, 68, c.accent)


def chair(pen: Pen) -> None:
    c = pen.colours
    for x in (34, 63):
        pen.box(x, 22, x + 3.5, 82, c.dark, 1)
    for y in (28, 37, 46):
        pen.box(34, y, 66, y + 4, c.main, 2)
    pen.shape(c.light, (32, 56), (68, 56), (74, 63), (26, 63))
    for x in (26, 70):
        pen.box(x, 62, x + 3.5, 84, c.dark, 1)


def tshirt(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.dark, (34, 26), (16, 40), (24, 52), (36, 44))
    pen.shape(c.dark, (66, 26), (84, 40), (76, 52), (64, 44))
    pen.shape(c.main, (34, 26), (66, 26), (67, 80), (33, 80))
    pen.pie(41, 18, 59, 34, (0, 180), c.disc)
    pen.box(38, 46, 62, 50, c.accent)
    pen.box(38, 54, 62, 58, c.light)


def sweater(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.dark, (32, 28), (18, 72), (27, 75), (38, 48))
    pen.shape(c.dark, (68, 28), (82, 72), (73, 75), (62, 48))
    pen.box(31, 26, 69, 78, c.main, 5)
    pen.box(41, 21, 59, 30, c.light, 3)
    pen.box(31, 72, 69, 79, c.light, 2)
    for y in (40, 50, 60):
        pen.line(c.accent, 1.6, *[(34 + step * 4, y + (step % 2) * 3) for step in range(9)])


def scarf(pen: Pen) -> None:
    c = pen.colours
    pen.ring(28, 18, 72, 52, c.main, 11)
    pen.shape(c.dark, (52, 44), (66, 42), (70, 78), (56, 80))
    pen.shape(c.main, (38, 44), (52, 46), (48, 82), (34, 80))
    for x in (36, 40, 44):
        pen.line(c.accent, 1.2, (x, 80), (x - 1, 88))
    for y in (56, 66):
        pen.line(c.light, 2.5, (36.5, y), (50, y + 1))


def bag(pen: Pen) -> None:
    c = pen.colours
    pen.arc(34, 18, 66, 62, (180, 360), c.dark, 3)
    pen.shape(c.main, (26, 42), (74, 42), (80, 80), (20, 80))
    pen.shape(c.dark, (26, 42), (74, 42), (70, 58), (30, 58))
    pen.box(46, 53, 54, 63, c.accent, 2)


def wallet(pen: Pen) -> None:
    c = pen.colours
    pen.box(34, 30, 74, 60, c.accent, 2)
    pen.box(28, 26, 68, 56, c.light, 2)
    pen.box(20, 38, 80, 78, c.main, 5)
    pen.box(60, 52, 80, 64, c.dark, 4)
    pen.oval(64, 55.5, 69, 60.5, c.accent)


def backpack(pen: Pen) -> None:
    c = pen.colours
    pen.ring(42, 12, 58, 28, c.dark, 3)
    pen.box(22, 46, 30, 74, c.dark, 4)
    pen.box(70, 46, 78, 74, c.dark, 4)
    pen.box(28, 20, 72, 82, c.main, 14)
    pen.box(34, 52, 66, 76, c.dark, 5)
    pen.line(c.accent, 1.6, (38, 59), (62, 59))
    pen.line(c.light, 1.6, (33, 42), (67, 42))


def tent(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.dark, (50, 24), (88, 78), (62, 78))
    pen.shape(c.main, (50, 24), (62, 78), (12, 78))
    pen.shape(c.accent, (46, 42), (50, 78), (34, 78))
    pen.line(c.dark, 1, (50, 24), (54, 18))
    pen.line(c.light, 0.8, (12, 78), (6, 82))


def sleepingbag(pen: Pen) -> None:
    c = pen.colours
    pen.box(24, 40, 76, 70, c.main, 14)
    pen.oval(60, 40, 86, 70, c.dark)
    for size in (10, 6.5, 3):
        pen.ring(73 - size, 55 - size, 73 + size, 55 + size, c.light, 1.2)
    for x in (36, 54):
        pen.box(x, 40, x + 3, 70, c.accent)


def bottle(pen: Pen) -> None:
    c = pen.colours
    pen.box(43, 14, 57, 25, c.dark, 3)
    pen.ring(45, 7, 55, 17, c.dark, 2)
    pen.shape(c.main, (44, 24), (56, 24), (64, 36), (36, 36))
    pen.box(36, 33, 64, 84, c.main, 6)
    pen.box(40, 38, 43.5, 78, c.light, 1.5)
    pen.box(36, 54, 64, 64, c.accent)


def headlamp(pen: Pen) -> None:
    c = pen.colours
    pen.shape((255, 244, 205), (56, 50), (94, 34), (94, 78), (56, 62))
    pen.arc(12, 26, 64, 82, (60, 300), c.main, 6)
    pen.box(42, 42, 66, 70, c.dark, 6)
    pen.oval(47, 48, 63, 64, c.accent)
    pen.oval(51, 52, 59, 60, (255, 250, 230))


def notebook(pen: Pen) -> None:
    c = pen.colours
    pen.box(33, 22, 75, 82, (248, 246, 240), 2)
    pen.box(28, 20, 71, 80, c.main, 3)
    pen.box(28, 20, 35, 80, c.dark, 3)
    pen.box(42, 30, 64, 42, c.light, 1)
    pen.box(62, 20, 65, 88, c.accent)


def pen_and_nib(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.main, (68, 14), (82, 28), (46, 64), (32, 50))
    pen.shape(c.light, (68, 14), (72, 18), (36, 54), (32, 50))
    pen.shape(c.accent, (34, 52), (44, 62), (28, 70), (26, 68))
    pen.line(c.dark, 0.8, (26, 70), (36, 60))
    pen.arc(14, 60, 46, 88, (60, 170), c.dark, 1.2)


def envelope(pen: Pen) -> None:
    c = pen.colours
    pen.box(28, 20, 74, 58, (250, 248, 243), 2)
    pen.line(c.accent, 1.4, (36, 30), (66, 30))
    pen.line(c.accent, 1.4, (36, 37), (58, 37))
    pen.box(18, 40, 82, 80, c.main, 3)
    pen.shape(c.light, (18, 42), (82, 42), (50, 64))
    pen.oval(46, 58, 54, 66, c.dark)


def desk(pen: Pen) -> None:
    c = pen.colours
    for x, top, fill in ((30, 24, c.accent), (37, 18, c.light), (44, 27, c.dark)):
        pen.box(x, top, x + 3, 56, fill, 1)
    pen.box(24, 46, 54, 80, c.main, 3)
    pen.box(56, 60, 82, 80, c.dark, 3)
    pen.box(59, 52, 79, 62, (250, 248, 243), 1)


def oil(pen: Pen) -> None:
    c = pen.colours
    pen.box(45, 12, 55, 22, c.dark, 2)
    pen.box(46, 20, 54, 40, c.light)
    pen.shape(c.light, (46, 36), (54, 36), (64, 48), (36, 48))
    pen.box(36, 45, 64, 84, c.light, 3)
    pen.box(36, 54, 64, 74, (250, 248, 243))
    pen.oval(44, 58, 56, 70, c.main)


def packet(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.main, (30, 24), (70, 24), (74, 82), (26, 82))
    pen.box(30, 18, 70, 26, c.dark, 1)
    pen.oval(36, 42, 64, 70, (250, 248, 243))
    for x in (43, 48, 53):
        pen.line(c.accent, 1.8, (x, 47), (x + 4, 65))


def jar(pen: Pen) -> None:
    c = pen.colours
    pen.box(30, 32, 70, 82, c.light, 8)
    pen.box(33, 42, 67, 79, c.main, 6)
    pen.box(30, 22, 70, 33, c.dark, 3)
    pen.box(36, 50, 64, 70, (250, 248, 243), 2)
    pen.line(c.accent, 1.4, (41, 58), (59, 58))
    pen.line(c.accent, 1.4, (44, 63), (56, 63))


def coffee(pen: Pen) -> None:
    c = pen.colours
    pen.shape(c.main, (32, 28), (68, 28), (70, 84), (30, 84))
    pen.shape(c.dark, (32, 28), (36, 16), (64, 16), (68, 28))
    pen.oval(38, 44, 62, 72, c.light)
    pen.oval(44, 47, 56, 69, c.dark)
    pen.arc(46, 46, 62, 70, (120, 240), c.light, 1.2)


SHAPES: dict[str, Callable[[Pen], None]] = {
    "mug": mug, "bowl": bowl, "knife": knife, "board": board, "teapot": teapot, "lamp": lamp, "cushion": cushion,
    "vase": vase, "candle": candle, "chair": chair, "tshirt": tshirt, "sweater": sweater, "scarf": scarf, "bag": bag,
    "wallet": wallet, "backpack": backpack, "tent": tent, "sleepingbag": sleepingbag, "bottle": bottle,
    "headlamp": headlamp, "notebook": notebook, "pen": pen_and_nib, "envelope": envelope, "desk": desk, "oil": oil,
    "packet": packet, "jar": jar, "coffee": coffee,
}  # fmt: skip


def draw(shape: str, *, number: int, to: Path) -> None:
    """Draw the `number`th product as a WebP file; the same number gives the same picture."""
    palette = palette_of(number)
    image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), palette.background)
    pen = Pen(image, palette)
    wobble = 3 * math.sin(number)
    pen.oval(14 + wobble, 12, 86 + wobble, 84, palette.disc)
    pen.oval(20, 78, 80, 90, _mixed(palette.disc, palette.dark, 0.25))
    SHAPES[shape](pen)
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_suffix(".partial")
    image.reduce(SCALE).save(partial, "WEBP", quality=82, method=1)
    partial.replace(to)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
