"""Text of a user's is shown as it is: every call that Streamlit reads as Markdown gets words of ours, or `plain(...)`.

A link can carry text (``?variants=``, ``?seq=`` with a record's name), so what is read as Markdown could load a picture
from elsewhere.  The test reads the source: an argument is good where it is made of constants, of numbers (a format
specification that text does not take), of `plain(...)`, or of what `OURS` names with its reason.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "biocore" / "web").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"])

TEXT = {"markdown", "caption", "info", "warning", "error", "success", "subheader", "header", "title", "toast", "badge"}
LABEL = {
    *("button", "checkbox", "download_button", "expander", "file_uploader", "link_button", "multiselect"),
    *("number_input", "page_link", "pills", "popover", "radio", "segmented_control", "select_slider", "selectbox"),
    *("slider", "spinner", "status", "text_area", "text_input", "toggle"),
}
FIRST = {name: 1 for name in TEXT | LABEL} | {"metric": 3, "write": 99, "tabs": 1, "page_link": 0}  # positional ones
SECOND = {"progress", "pills", "segmented_control", "radio"}  # the text of a bar, and options read as Markdown
KEYWORDS = {"body", "label", "text", "help", "value", "delta", "captions", "placeholder_text"}
NUMERIC = re.compile(r"^[+,.\d]*[,%dfge]$|^\+$")  # text takes none of these
NUMBERS = {"len", "round", "int", "float", "abs", "sum", "duration"}
PLAIN = {"plain"}
SAME = {"capitalize", "upper", "lower", "strip", "removesuffix", "title", "items", "keys", "values", "get", "split"}
PASS_ON = {
    "str",
    "list",
    "tuple",
    "dict",
    "sorted",
    "next",
    "iter",
    "enumerate",
    "zip",
    "reversed",
    "min",
    "max",
    "join",
}
# Parts of ours that pass these arguments on to Streamlit: what their callers give is read instead
PARTS = {
    "page": ("title", "question"),
    "sequence_input": ("label", "help"),
    "structure_input": ("prefix", "label"),
    "record_menu": ("names", "label"),
    "upload_text": ("label",),
    "model_picker": ("task", "label"),
    "link_to": ("page", "label"),
    "download": ("label",),
    "fold": ("label",),
}
# What cannot be a user's words though it is not made of constants, by file
OURS = {
    "biocore/web/frame.py": {"title", "question"},  # PARTS
    "biocore/web/inputs.py": {"label", "help"},  # PARTS
    "biocore/web/link.py": {"label"},  # PARTS
    "biocore/web/outputs.py": {"label"},  # PARTS
    "biocore/web/shared.py": {"label"},  # PARTS
    "biocore/web/structures/source.py": {"label"},  # PARTS
    "biocore/web/protein_function/quality.py": {"views"},  # names of the figures, a dictionary written there
}


class Scope:
    """What a name may hold inside one function: every value assigned to it there, in the source."""

    def __init__(self, module: ast.Module, function: ast.AST | None, ours: set[str]) -> None:
        self.module, self.function, self.ours = module, function, ours
        self.functions = {n.name: n for n in module.body if isinstance(n, ast.FunctionDef)}
        self.visiting: set[str] = set()

    def values(self, name: str) -> list[ast.AST] | None:
        """None where it is not known: a parameter of a function that others may call, an import."""
        found = self._given(name)
        for node in ast.walk(self.function or self.module):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    found += _assigned(target, node.value, name)
            elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                found += _assigned(node.target, node.value, name)
            elif isinstance(node, ast.For | ast.comprehension):
                found += _assigned(node.target, node.iter, name)
        return found or None

    def _given(self, name: str) -> list[ast.AST]:
        """What the calls in this module give for a parameter of a private function."""
        function = self.function
        if not isinstance(function, ast.FunctionDef) or not function.name.startswith("_"):
            return []
        parameters = [argument.arg for argument in function.args.args]
        if name not in parameters:
            return []
        place, given = parameters.index(name), list(function.args.defaults[-1:])
        calls = [n for n in ast.walk(self.module) if isinstance(n, ast.Call) and ast.unparse(n.func) == function.name]
        uses = [n for n in ast.walk(self.module) if isinstance(n, ast.Name) and n.id == function.name]
        if not calls or len(uses) > len(calls):  # handed on as a value: its callers are elsewhere
            return []
        for call in calls:
            named = [k.value for k in call.keywords if k.arg == name]
            given += named or call.args[place : place + 1]
        return given


def _assigned(target: ast.AST, value: ast.AST, name: str) -> list[ast.AST]:
    """The values `name` gets when `value` is assigned to `target`; tuples are taken apart where both are tuples."""
    if isinstance(target, ast.Name):
        return [value] if target.id == name else []
    if isinstance(target, ast.Tuple | ast.List):
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            return [v for t, e in zip(target.elts, value.elts, strict=True) for v in _assigned(t, e, name)]
        return [v for t in target.elts for v in _assigned(t, value, name)]
    return []


def good(node: ast.AST | None, scope: Scope) -> bool:
    """Whether an expression cannot hold a user's words."""
    if node is None or isinstance(node, ast.Constant | ast.Compare):
        return True
    if ast.unparse(node) in scope.ours:
        return True
    if isinstance(node, ast.JoinedStr):
        return all(good(part, scope) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        spec = node.format_spec
        constant = spec is not None and all(isinstance(part, ast.Constant) for part in spec.values)
        return bool(constant and NUMERIC.match("".join(p.value for p in spec.values))) or good(node.value, scope)
    if isinstance(node, ast.BinOp):
        number = isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.Pow)  # text knows none of these
        return number or (good(node.left, scope) and good(node.right, scope))
    if isinstance(node, ast.UnaryOp):
        return True
    if isinstance(node, ast.IfExp):
        return good(node.body, scope) and good(node.orelse, scope)
    if isinstance(node, ast.BoolOp | ast.List | ast.Tuple | ast.Set):
        return all(good(part, scope) for part in (node.values if isinstance(node, ast.BoolOp) else node.elts))
    if isinstance(node, ast.Dict):
        return all(good(part, scope) for part in [*node.keys, *node.values])
    if isinstance(node, ast.Starred | ast.Subscript):
        return good(node.value, scope)
    if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        return good(node.elt, scope)
    if isinstance(node, ast.Attribute):
        return node.attr.isupper() or node.attr.strip("_").isupper()
    if isinstance(node, ast.Name):
        return _good_name(node.id, scope)
    return isinstance(node, ast.Call) and _good_call(node, scope)


def _good_name(name: str, scope: Scope) -> bool:
    if name.strip("_").isupper():
        return True
    if name in scope.visiting:  # x = x + "..."
        return True
    values = scope.values(name)
    if values is None:
        return False
    scope.visiting.add(name)
    try:
        return all(good(value, scope) for value in values)
    finally:
        scope.visiting.discard(name)


def _good_call(node: ast.Call, scope: Scope) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in PLAIN | NUMBERS:
        return True
    arguments = all(good(argument, scope) for argument in node.args)
    if name in SAME and isinstance(node.func, ast.Attribute):
        return good(node.func.value, scope) and (arguments or name == "get")
    if name in PASS_ON:
        return arguments
    if isinstance(node.func, ast.Name) and name in scope.functions and name not in scope.visiting:
        called = scope.functions[name]  # one of this module: what it returns
        inner = Scope(scope.module, called, scope.ours)
        inner.visiting = scope.visiting | {name}
        returns = [n.value for n in ast.walk(called) if isinstance(n, ast.Return)]
        return bool(returns) and all(good(value, inner) for value in returns)
    return False


def _shown(call: ast.Call) -> list[ast.AST]:
    """The arguments of a call that Streamlit reads as Markdown."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in PARTS:
        parameters = PARTS[name]
        shown = [a for a, p in zip(call.args, parameters, strict=False) if p not in ("names", "task", "page", "prefix")]
        return shown + [k.value for k in call.keywords if k.arg in parameters and k.arg != "names"]
    if (
        isinstance(call.func, ast.Name)
        or ast.unparse(call.func) == "zoo.title"
        or name not in FIRST
        and name not in SECOND
    ):
        return []
    shown = list(call.args[: FIRST.get(name, 0)])
    formats = next((k.value for k in call.keywords if k.arg == "format_func"), None)
    if name in SECOND:
        if name != "progress" and formats is not None:
            shown.append(_formatted(formats))
        else:
            shown += call.args[1:2]
    number = name in {"slider", "number_input", "select_slider", "text_input", "text_area", "toggle", "checkbox"}
    return shown + [k.value for k in call.keywords if k.arg in KEYWORDS and not (number and k.arg == "value")]


def _formatted(function: ast.AST) -> ast.AST:
    """What a `format_func` makes: the body of a lambda; the mapping behind ``mapping.get``; ``str.upper`` is ours."""
    if getattr(function, "attr", getattr(function, "id", "")) in PLAIN:
        return ast.Constant("")
    if isinstance(function, ast.Lambda):
        return function.body
    if isinstance(function, ast.Attribute):
        return ast.Constant("") if ast.unparse(function.value) == "str" else function.value
    return function


def findings(source: str, ours: set[str] = frozenset()) -> list[tuple[int, str]]:
    """(line, expression) of every argument read as Markdown that might hold a user's words."""
    module = ast.parse(source)
    found = []

    def visit(node: ast.AST, function: ast.AST | None) -> None:
        if isinstance(node, ast.FunctionDef):
            function = node if function is None else function
        if isinstance(node, ast.Call):
            scope = Scope(module, function, ours)
            found.extend((a.lineno, ast.unparse(a)) for a in _shown(node) if not good(a, scope))
        for child in ast.iter_child_nodes(node):
            visit(child, function)

    visit(module, None)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_markdown_gets_no_words_of_a_users(path):
    assert findings(path.read_text(), OURS.get(str(path.relative_to(ROOT)), set())) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("def f(name):\n    st.caption(name)", 1),
        ("def f(name):\n    st.caption(plain(name))", 0),
        ("def f(name):\n    st.caption(f'of {name}')", 1),
        ("def f(name):\n    st.caption(f'of {name!r}')", 1),
        ("def f(n):\n    st.caption(f'{n:,} of {n:.1%}')", 0),
        ("def f(n):\n    st.caption(f'{n:<5}')", 1),
        ("def f(e):\n    text = 'a'\n    text += str(e)\n    left.error(text)", 1),
        ("def f(e):\n    text = 'a'\n    text += 'b'\n    left.error(text)", 0),
        ("def f(xs):\n    st.info(', '.join(x.name for x in xs))", 1),
        ("def f(xs):\n    st.info(', '.join(plain(x.name) for x in xs))", 0),
        ("def f(x):\n    st.metric('a', x.name)", 1),
        ("def f(x):\n    st.metric('a', g(x))\ndef g(x):\n    return 'b' if x else f'{x:.2f}'", 0),
        ("def f(x):\n    st.metric('a', g(x))\ndef g(x):\n    return x.name", 1),
        ("def f(x):\n    _g(x.name)\ndef _g(text):\n    st.caption(text)", 1),
        ("def f(x):\n    _g('a')\ndef _g(text):\n    st.caption(text)", 0),
        ("def f(x):\n    _g('a')\n    call(_g)\ndef _g(text):\n    st.caption(text)", 1),
        ("def f(x):\n    web.link_to('home', f'Open {x}')", 1),
        ("def f(x):\n    st.pills('a', x, format_func=plain)", 0),
        ("def f(x):\n    st.pills('a', x)", 1),
        ("def f(x):\n    st.pills('a', x, format_func=lambda i: i.name)", 1),
        ("def f(x):\n    st.radio('a', ['b', 'c'])", 0),
        ("def f(x):\n    st.toggle('a', help=x)", 1),
        ("def f(x):\n    bar.progress(0.5, x)", 1),
        ("def f(x):\n    st.text(x); st.code(x); st.selectbox('a', x)", 0),
    ],
)
def test_the_reading_itself(source, count):
    assert len(findings(source)) == count
