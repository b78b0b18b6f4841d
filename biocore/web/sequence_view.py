"""A protein as coloured residues that can be clicked, or walked through with the keyboard."""

import re
from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from biocore.plot.theme import CHEMISTRY, CHEMISTRY_COLOURS

_HEX = re.compile(r"^#[0-9a-fA-F]{6}$")
_UNKNOWN = "#D0D5DA"
_LETTER_COLOURS = {letter: CHEMISTRY_COLOURS[name] for name, letters in CHEMISTRY.items() for letter in letters}

_CSS = """
.seq::-webkit-scrollbar { width: 9px; }  .seq::-webkit-scrollbar-thumb { background: #8a949e; border-radius: 5px; }
.seq { display: flex; flex-wrap: wrap; gap: 0 0.15rem; overflow-y: auto; padding: 4px; outline-offset: 2px;
       font-family: var(--st-code-font, monospace); }
.seq:focus-visible { outline: 2px solid var(--st-primary-color); border-radius: 4px; }
.block { content-visibility: auto; contain-intrinsic-size: 220px 42px; padding: 0 5px 5px; }
.number { font-size: 0.68rem; color: var(--st-text-color); opacity: 0.75; height: 1.05rem; user-select: none; }
.residue { display: inline-block; width: 21px; height: 25px; line-height: 25px; text-align: center; font-size: 0.9rem;
           cursor: pointer; border-radius: 3px; box-sizing: border-box; margin-right: 1px; }
.residue:hover { filter: brightness(1.15); box-shadow: 0 0 0 1px var(--st-text-color); }
.residue.selected { box-shadow: 0 0 0 2px var(--st-background-color), 0 0 0 4px var(--st-text-color);
                    font-weight: 700; position: relative; z-index: 1; }
.residue.cursor { outline: 2px dashed var(--st-text-color); outline-offset: 1px; }
.seq:not(:focus) .residue.cursor { outline: none; }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let list = parentElement.querySelector('.seq');
  if (!list) {
    list = document.createElement('div');
    list.className = 'seq';
    parentElement.appendChild(list);
  }
  const prefix = 'r' + data.id + '-';
  const chosen = new Set(data.selected);
  list.style.maxHeight = data.max_height + 'px';
  list.tabIndex = 0;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-multiselectable', 'true');
  list.setAttribute('aria-label', data.label);

  const drawing = JSON.stringify([data.sequence, data.colours, data.inks, data.first, data.hints]);
  if (list.__drawing !== drawing) {
    list.__drawing = drawing;
    list.__cursor = data.selected.length ? data.selected[0] : 0;
    list.replaceChildren();
    for (let start = 0; start < data.sequence.length; start += 10) {
      const block = document.createElement('div');
      block.className = 'block';
      const number = document.createElement('div');
      number.className = 'number';
      number.textContent = String(start + data.first);
      number.setAttribute('aria-hidden', 'true');
      block.appendChild(number);
      for (let i = start; i < Math.min(start + 10, data.sequence.length); i++) {
        const cell = document.createElement('span');
        cell.textContent = data.sequence[i];
        cell.dataset.index = String(i);
        cell.id = prefix + i;
        cell.style.backgroundColor = data.colours[i];
        cell.style.color = data.inks[i];
        const name = data.sequence[i] + (i + data.first);
        cell.title = data.hints ? name + '  ' + data.hints[i] : name;
        cell.setAttribute('role', 'option');
        cell.setAttribute('aria-label', cell.title);
        block.appendChild(cell);
      }
      list.appendChild(block);
    }
  }
  const cells = list.querySelectorAll('[data-index]');
  const show = () => {
    cells.forEach((cell, i) => {
      cell.className = 'residue' + (chosen.has(i) ? ' selected' : '') + (i === list.__cursor ? ' cursor' : '');
      cell.setAttribute('aria-selected', chosen.has(i) ? 'true' : 'false');
    });
    list.setAttribute('aria-activedescendant', prefix + list.__cursor);
  };
  const moveTo = (index) => {
    list.__cursor = Math.max(0, Math.min(cells.length - 1, index));
    show();
    cells[list.__cursor].scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const choose = (index) => {
    list.__cursor = index;
    show();
    setTriggerValue('clicked', { index: index });
  };
  list.onclick = (event) => {
    const cell = event.target.closest('[data-index]');
    if (cell) choose(Number(cell.dataset.index));
  };
  list.onkeydown = (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, PageDown: 100, PageUp: -100 };
    if (event.key in steps) moveTo(list.__cursor + steps[event.key]);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(cells.length - 1);
    else if (event.key === 'Enter' || event.key === ' ') choose(list.__cursor);
    else return;
    event.preventDefault();
  };
  show();
}
"""


@lru_cache(maxsize=1)
def _component():
    """Registered once for each server process, as Streamlit asks."""
    return st.components.v2.component("biocore_sequence_view", css=_CSS, js=_JS)


def chemistry_colours(sequence: str) -> list[str]:
    """The colour of each residue's side chain (`plot.theme.CHEMISTRY`); grey for letters that are no amino acid."""
    return [_LETTER_COLOURS.get(letter, _UNKNOWN) for letter in sequence]


def sequence_view(
    sequence: str,
    *,
    key: str,
    colours: Sequence[str] | None = None,
    selected: Sequence[int] = (),
    offset: int = 0,
    hints: Sequence[str] | None = None,
    label: str = "Sequence; arrow keys move, Enter selects",
    max_height: int = 320,
) -> int | None:
    """Draw a sequence in numbered blocks of ten; a click, or Enter on the keyboard, tells which residue.

    Parameters
    ----------
    sequence : str, length L
    key : str
        Unique on the page.
    colours : list of str, length L, optional
        "#rrggbb" for each residue, for instance of a track; default is by chemistry.
    selected : list of int
        0-based residues drawn with a frame.  The caller keeps them; a click changes nothing by itself.
    offset : int
        Added to the 1-based number shown: -24 numbers the 25th residue 1.
    hints : list of str, length L, optional
        Shown after the residue's name when the mouse rests on it.
    label : str
        Read by screen readers.
    max_height : int
        Pixels; longer sequences scroll.

    Returns
    -------
    int or None
        0-based index of the residue clicked since the last run of the page, once; None otherwise.
    """
    colours = chemistry_colours(sequence) if colours is None else list(colours)
    if len(colours) != len(sequence) or not all(_HEX.match(colour) for colour in colours):
        raise ValueError("colours must hold one '#rrggbb' for each residue")
    if hints is not None and len(hints) != len(sequence):
        raise ValueError("hints must hold one text for each residue")
    result = _component()(
        key=key,
        data={
            "id": re.sub(r"\W", "-", key),
            "sequence": sequence,
            "colours": colours,
            "inks": [_ink(colour) for colour in colours],
            "selected": [int(index) for index in selected],
            "first": 1 + int(offset),
            "hints": None if hints is None else [str(hint) for hint in hints],
            "label": label,
            "max_height": max_height,
        },
        on_clicked_change=_nothing,
    )
    clicked = result.clicked if result is not None else None
    index = clicked.get("index") if clicked else None
    return index if isinstance(index, int) and 0 <= index < len(sequence) else None


def _nothing() -> None:
    """A trigger needs a callback to exist; the click is read from the component's result."""


@lru_cache(maxsize=512)
def _ink(colour: str) -> str:
    """Black or white, whichever is easier to read on `colour` (WCAG relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#FFFFFF"
