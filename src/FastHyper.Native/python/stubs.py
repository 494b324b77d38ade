"""Type stubs of the package, made of its own signatures: python3 stubs.py FOLDER writes one a module. Needs Python alone."""
from __future__ import annotations

import ast
import functools
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "fasthyper"
ELLIPSIS = ast.Expr(ast.Constant(...))


def stub(source: str) -> str:
    """The stub of a module: imports, types of what is public, and signatures; no body, no docstring, no value."""
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    body = _module(tree.body, functions)
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + "\n"


def _module(nodes: list[ast.stmt], functions: dict[str, ast.FunctionDef]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append(node)
        elif isinstance(node, ast.FunctionDef):
            if _is_public(node.name):
                found.append(_signature(node))
        elif isinstance(node, ast.ClassDef):
            if _is_public(node.name) or node.name in _named_elsewhere():
                found.append(_class(node))
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found += node.body
        elif isinstance(node, ast.Try):
            # What is used of a package that may be missing; checkers see what is written for where it is.
            found += _module(node.body, functions)
        else:
            found += _variables(node, functions)
    return found


@functools.cache
def _named_elsewhere() -> set[str]:
    """What modules import of each other, and bases of classes."""
    nodes = [node for path in PACKAGE.glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) and node.level for alias in node.names}
    return imported | {ast.unparse(base) for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases}


def _class(node: ast.ClassDef) -> ast.ClassDef:
    body: list[ast.stmt] = []
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            if each.name == "__init__":
                body += _attributes(each)
            if _is_public(each.name):
                body.append(_signature(each))
        else:
            body += _variables(each, {}, keep_values=any("dataclass" in ast.unparse(d) for d in node.decorator_list))
    return ast.ClassDef(node.name, node.bases, node.keywords, body or [ELLIPSIS], node.decorator_list)


def _signature(node: ast.FunctionDef) -> ast.FunctionDef:
    return ast.FunctionDef(node.name, node.args, [ELLIPSIS], node.decorator_list, node.returns, lineno=node.lineno)


def _attributes(constructor: ast.FunctionDef) -> list[ast.stmt]:
    """The public attributes that a constructor sets, with their types as far as they are told."""
    arguments = {a.arg: a.annotation for a in [*constructor.args.args, *constructor.args.kwonlyargs]}
    found: dict[str, ast.expr] = {}
    for node in constructor.body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
        pairs = []
        for target in targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs += zip(target.elts, node.value.elts)
            else:
                pairs.append((target, node.value))
        for target, value in pairs:
            if not (isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self" and _is_public(target.attr)):
                continue
            declared = arguments.get(value.id) if isinstance(value, ast.Name) else None
            if isinstance(node, ast.AnnAssign):
                declared = node.annotation
            found.setdefault(target.attr, declared or _type(value, {}))
    return [_declared(name, kind) for name, kind in found.items()]


def _variables(node: ast.stmt, functions: dict[str, ast.FunctionDef], keep_values: bool = False) -> list[ast.stmt]:
    if isinstance(node, ast.AnnAssign):
        default = ast.Constant(...) if keep_values and node.value is not None else None
        return [ast.AnnAssign(node.target, node.annotation, default, node.simple)]
    if not isinstance(node, ast.Assign):
        return []
    if isinstance(node.value, ast.Subscript) or ast.unparse(node.targets[0]) == "__all__":
        # Another name of a type, and the names that are exported.
        return [node]
    names = [name for target in node.targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])]
    kind = _type(node.value, functions)
    return [_declared(name.id, kind) for name in names if isinstance(name, ast.Name) and _is_public(name.id)]


def _type(value: ast.expr | None, functions: dict[str, ast.FunctionDef]) -> ast.expr:
    if isinstance(value, ast.Constant) and value.value is not None:
        return ast.Name(type(value.value).__name__)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id == "range":
            return ast.Name("int")
        if value.func.id in functions and functions[value.func.id].returns is not None:
            return functions[value.func.id].returns
    if isinstance(value, (ast.Tuple, ast.List, ast.Dict)):
        return ast.Name(type(value).__name__.lower())
    return ast.Name("Any")


def _declared(name: str, kind: ast.expr) -> ast.AnnAssign:
    return ast.AnnAssign(ast.Name(name), kind, None, 1)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in ("__init__", "__version__", "__repr__")


def stubs() -> dict[str, str]:
    """Stubs by the names of their files."""
    return {path.stem + ".pyi": stub(path.read_text()) for path in sorted(PACKAGE.glob("*.py"))}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: stubs.py FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in stubs().items():
        (folder / name).write_text(text)
