"""A rule about the words that notebooks show: they stand in `words`, so that every language has its own."""

import ast
import re
from collections.abc import Iterator

from classlab.lab_sources.subject import Remark, Subject

SAME_EVERYWHERE = frozenset({"AUC", "AutoGluon", "F1", "PyTorch", "ROC", "TensorFlow", "XGBoost"})
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_NO_WORD = re.compile(r"\b[\w-]+\.[a-z]+\b|\bimage-\w+")  # names of files and labs
_LABELS = {"label", "title", "xlabel", "ylabel"}
_SHOWING = {"print", "rename_axis", "set_title", "set_xlabel", "set_ylabel", "suptitle"}
_TABLES = {"DataFrame", "Series"}
_Shown = Iterator[tuple[int, str]]  # lines of a cell's code, from 1, and texts


def shown_words(subject: Subject) -> Iterator[Remark]:
    """What a notebook prints, labels or heads a table with comes from `words`, except for names and symbols."""
    for path, cells in subject.notebooks.items():
        for cell in cells:
            for line, text in _shown(cell.text) if cell.is_code else ():
                strange = set(_WORD.findall(_NO_WORD.sub("", text))) - SAME_EVERYWHERE
                if strange:
                    yield Remark(
                        path, cell.line + line, f"{text!r} is shown in English everywhere: put it into `words`"
                    )


def _shown(code: str) -> _Shown:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return  # the rule about sources says so
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Assert) and node.msg:
            yield from _texts(node.msg)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from (text for argument in node.exc.args for text in _texts(argument))
    yield from _of_tables(tree)


def _of_call(call: ast.Call) -> _Shown:
    """What is printed, and the labels of plots."""
    shown = [keyword.value for keyword in call.keywords if keyword.arg in _LABELS]
    if _name(call) in _SHOWING:
        shown += call.args
    yield from (text for node in shown for text in _texts(node))


def _of_tables(tree: ast.Module) -> _Shown:
    """Headings of the tables that the cell's last line shows; other tables are for computing."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return
    made = _assigned(tree)
    for node in _with_values(last.value, made):
        if isinstance(node, ast.Call) and _name(node) in _TABLES:
            named = [keyword.value for keyword in node.keywords if keyword.arg in ("name", "index")]
            yield from (text for label in named for text in _texts(label))
            for table in node.args[:1]:
                yield from _heads(made.get(table.id, table) if isinstance(table, ast.Name) else table)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """What the cell last gives a name to."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found.update({target.id: node.value for target in node.targets if isinstance(target, ast.Name)})
    return found


def _with_values(shown: ast.expr, made: dict[str, ast.expr]) -> Iterator[ast.AST]:
    """An expression's nodes, and those of the values that its names stand for."""
    for node in ast.walk(shown):
        yield node
        if isinstance(node, ast.Name) and node.id in made:
            yield from ast.walk(made[node.id])


def _heads(table: ast.expr) -> _Shown:
    """Headings of columns and rows: the keys of dictionaries, in lists and in each other."""
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            yield from _texts(key) if key else ()
            yield from _heads(value)
    elif isinstance(table, ast.DictComp):
        yield from _texts(table.key)
        yield from _heads(table.value)
    elif isinstance(table, ast.ListComp):
        yield from _heads(table.elt)
    elif isinstance(table, ast.List):
        yield from (head for element in table.elts for head in _heads(element))


def _texts(node: ast.expr) -> _Shown:
    """The literals that an expression shows; keys that it looks up and what it hands to functions are none."""
    match node:
        case ast.Constant(value=str(text)):
            yield node.lineno, text
        case ast.JoinedStr(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            yield from (text for part in parts for text in _texts(part))
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            yield from (*_texts(first), *_texts(second))
        case ast.FormattedValue(value=inner) | ast.Starred(value=inner) | ast.Call(func=inner):
            yield from _texts(inner)
        case ast.Subscript(value=inner) | ast.Attribute(value=inner):
            yield from _texts(inner)
