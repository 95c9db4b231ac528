"""Print the top-level definitions of each valid file of the standard library, one JSON object per line.

Arguments are names of directories to skip.
"""

import ast
import json
import os
import sys
import sysconfig
import warnings

warnings.simplefilter("ignore")

BLOCKS = (ast.If, ast.Try, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While, ast.Match)
if hasattr(ast, "TryStar"):
    BLOCKS += (ast.TryStar,)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def params(args):
    yield from ([a.arg, "byPosition"] for a in args.posonlyargs)
    yield from ([a.arg, "byName"] for a in args.args)
    if args.vararg:
        yield [args.vararg.arg, "restOfPositional"]
    yield from ([a.arg, "byName"] for a in args.kwonlyargs)
    if args.kwarg:
        yield [args.kwarg.arg, "restOfNames"]


def statements(body):
    """Yield each statement of the top level, including those in blocks."""
    for node in body:
        yield node
        if isinstance(node, BLOCKS):
            inner = [node] + getattr(node, "handlers", []) + getattr(node, "cases", [])
            for part in inner:
                for field in ("body", "orelse", "finalbody"):
                    yield from statements(getattr(part, field, []))


def stored(node):
    """Yield the names that the expressions of one statement bind."""
    if isinstance(node, SCOPES):
        yield node.name
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (a.asname or a.name.split(".")[0] for a in node.names if a.name != "*")
        return
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.excepthandler, getattr(ast, "match_case", ()), ast.JoinedStr)):
            continue
        yield from names(child)


def names(node):
    if isinstance(node, (ast.Lambda, ast.JoinedStr)):
        return
    if isinstance(node, ast.comprehension):
        yield from names(node.iter)
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from names(child)


def functions(tree):
    for node in statements(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield {
                "name": node.name,
                "line": node.lineno,
                "async": isinstance(node, ast.AsyncFunctionDef),
                "params": list(params(node.args)),
                "doc": ast.get_docstring(node, clean=False) or "",
            }


def main():
    skipped = ["site-packages", "dist-packages"] + sys.argv[1:]
    root = sysconfig.get_paths()["stdlib"]
    for directory, directories, files in os.walk(root):
        directories[:] = sorted(d for d in directories if d not in skipped)
        for name in sorted(files):
            if not name.endswith(".py"):
                continue
            path = os.path.join(directory, name)
            with open(path, "rb") as f:
                source = f.read()
            try:
                tree = ast.parse(source)
            except Exception:
                continue
            bound = {n for s in statements(tree.body) for n in stored(s)}
            line = {
                "path": path,
                "doc": ast.get_docstring(tree, clean=False) or "",
                "functions": sorted(functions(tree), key=lambda f: f["line"]),
                "names": sorted(bound),
            }
            sys.stdout.write(json.dumps(line) + "\n")


main()
