"""How many digits of a figure are shown: as many as what is known of its noise leaves it.

The rule is one for every table that a person reads; what goes to programs (a pipe, JSON, exports) is never rounded.

1. Counts are exact, and never rounded.
2. The last digit shown of a timed figure is that in which its uncertainty begins: 47.2 with an uncertainty of 2.5 is
   shown as 47. An uncertainty that begins with 1 leaves one more: 47.2 with one of 1.4 is shown as 47.2. It is rounded
   to two digits before: those decide.
3. There are never more than three significant digits, since the same code in another process differs by more than a
   fourth could tell, and never fewer than one. Where no uncertainty is known there are three.

The uncertainty of a throughput or a time is the spread of its samples, that of a ratio or of a change half the width
of its interval. A spread is shown by rule 2 too, in percent, and from 10 % on whole.
"""

from __future__ import annotations

import math

from assay.report.text.escape import NO_BREAK

MOST = 3
FINEST = -2  # of a change in percent: nobody needs a thousandth
LEAST_FIXED = -6  # smaller figures are written with an exponent


def figure(value: float, uncertainty: float | None = None) -> str:
    """Return a figure whose relative uncertainty is this, None where it is not known."""
    return rounded(value, None if uncertainty is None else abs(value) * uncertainty)


def rounded(value: float, uncertainty: float | None = None) -> str:
    """Return a figure with an absolute uncertainty, None where it is not known."""
    if not math.isfinite(value):
        return str(value)
    if value == 0.0:
        return "0"
    top = _exponent(value, MOST - 1)
    lowest = top - MOST + 1
    last = lowest if uncertainty is None else min(max(last_digit(uncertainty), lowest), top)
    if lowest < LEAST_FIXED:
        return f"{value:.{top - last}e}"
    return fixed(value, last)


def percent(share: float, uncertainty: float | None = None) -> str:
    """Return a share in percent, its uncertainty being a share of it: `47%`."""
    return f"{figure(share * 100, uncertainty)}%"


def spread(share: float) -> str:
    """Return an uncertainty in percent: `±5%`, `±1.2%`, `±23%`."""
    return f"±{fixed(share * 100, max(FINEST, min(0, last_digit(share * 100)))) if share else '0'}%"


def interval(value: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a change in percent and both ends of its interval, all with a sign and to the same digit."""
    last = last_of(low, high)
    return signed(value, last), signed(low, last), signed(high, last)


def last_of(low: float, high: float) -> int:
    """Return the power of ten of the last digit that an interval leaves a change in percent.

    An end that is not 0 is not shown as 0, down to a hundredth: on which side of 0 an interval lies is what it is read
    for.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0
    last = max(FINEST, min(0, last_digit((high - low) / 2)))
    while last > FINEST and any(end and float(fixed(end, last).replace(",", "")) == 0.0 for end in (low, high)):
        last -= 1
    return last


def signed(value: float, last: int) -> str:
    """Return a figure down to the digit of 10**last, with its sign; 0 has none."""
    text = fixed(value, last)
    negative = text.startswith("-")
    if not any(digit in text for digit in "123456789") and math.isfinite(value):
        return text.removeprefix("-")
    return text if negative else f"+{text}"


def last_digit(uncertainty: float) -> int:
    """Return the power of ten of the last digit that an uncertainty leaves: of 2.5 it is 0, of 1.4 it is -1."""
    if uncertainty <= 0.0 or math.isnan(uncertainty):
        return -999
    if math.isinf(uncertainty):
        return 999
    digits = f"{uncertainty:.1e}"
    return int(digits.partition("e")[2]) - (1 if digits[0] == "1" else 0)


def fixed(value: float, last: int) -> str:
    """Return a figure rounded at the digit of 10**last, with separators of thousands and without an exponent."""
    return f"{value:,.{-last}f}" if last < 0 else f"{round(value, -last):,.0f}"


def three(value: float) -> str:
    """Return an exact quotient with three significant digits, without zeros at its end."""
    if value >= 999.5:
        digits = len(f"{value:.0f}") - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def below_all(share: float) -> str:
    """Return a share below 1 in percent, with as many digits as keep it below 100: `97.3%`, `99.9996%`."""
    digits = next((digits for digits in range(1, 12) if float(f"{share * 100:.{digits}f}") < 100), 12)
    return f"{share * 100:.{digits}f}%"


def count(value: float, _: float | None = None) -> str:
    """Return a count, whole."""
    return f"{value:,.0f}"


def _exponent(value: float, digits: int) -> int:
    """Return the power of ten of the first digit, after rounding to one and so many digits."""
    return int(f"{value:.{digits}e}".partition("e")[2])


def exponent_text(value: float | None, half_width: float | None) -> str:
    """Write an exponent with half of its interval, rounded up: `1.96 ±0.03`; a dash where one of both is missing."""
    if value is None or half_width is None:
        return "-"
    return f"{value:.2f}{NO_BREAK}±{max(0.01, math.ceil(half_width * 100 - 1e-9) / 100):.2f}"
