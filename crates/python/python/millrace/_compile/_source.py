"""Finds the very source of a function: the node whose code object is identical.

A file can hold several lambdas on one line. One candidate after the other is moved to lines of
its own, the file is compiled, and the code object that comes from those lines is compared with
the function's. Equal code in the same place means the same function, whichever node it is.
"""

import ast
import linecache
import types

from ._result import Refused

_files = {}

#: The file is compiled once for each.
_MOST_ON_A_LINE = 12


class File:
    """A parsed source file."""

    def __init__(self, text, name):
        self.name = name
        self.text = text
        self.tree = ast.parse(text, name)
        #: All nodes, those further out first: a program with many functions asks often.
        self.nodes = list(ast.walk(self.tree))
        self.parents = {}
        #: The functions that begin on a line, by its number.
        self.functions = {}
        #: Which node a code object is of, by its address; the object itself is kept for that.
        self.known = {}
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, (ast.FunctionDef, ast.Lambda)):
                self.functions.setdefault(first_line(node), []).append(node)

    def scopes(self, node):
        """The functions around a node, innermost first."""
        found = []
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                found.append(node)
        return found


def file_of(function):
    """The file in which a function stands."""
    name = function.__code__.co_filename
    lines = linecache.getlines(name, function.__globals__)
    if not lines:
        raise Refused("its source cannot be found")
    text = "".join(lines)
    known = _files.get(name)
    if known is None or known.text != text:
        try:
            known = File(text, name)
        except (SyntaxError, ValueError, RecursionError):
            raise Refused("its source cannot be read") from None
        _files[name] = known
    return known


def first_line(node):
    """The line that the code object of a node names."""
    decorators = getattr(node, "decorator_list", None)
    return min([node.lineno] + [each.lineno for each in decorators or []])


def node_of(function, file):
    """The node of a function in its file."""
    code = function.__code__
    if id(code) not in file.known:
        file.known[id(code)] = code, _found(code, file)
    return file.known[id(code)][1]


def _found(code, file):
    kind = ast.Lambda if code.co_name == "<lambda>" else ast.FunctionDef
    candidates = [
        node
        for node in file.functions.get(code.co_firstlineno, ())
        if isinstance(node, kind) and getattr(node, "name", "<lambda>") == code.co_name
    ]
    if not candidates:
        raise Refused("its source cannot be found")
    if len(candidates) > _MOST_ON_A_LINE:
        raise Refused("more than %d functions begin on its line" % _MOST_ON_A_LINE)
    far = file.text.count("\n") + 2
    # The innermost first: what is moved takes along the functions inside of it, which may be meant.
    for node in reversed(candidates):
        # Moved as a whole: two functions inside of it that are alike share one code object.
        ast.increment_lineno(node, far)
        try:
            whole = compile(file.tree, file.name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            raise Refused("its source cannot be compiled") from None
        finally:
            line = first_line(node)
            ast.increment_lineno(node, -far)
        if any(each.co_firstlineno == line and _same(each, code) for each in _codes(whole)):
            return node
    raise Refused("its source has changed since it was loaded")


def _codes(code):
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


_PARTS = (
    "co_code co_names co_varnames co_freevars co_cellvars co_argcount co_posonlyargcount "
    "co_kwonlyargcount co_flags co_name"
).split()


def _same(a, b):
    """True if two code objects do the same, wherever they stand."""
    if any(getattr(a, part) != getattr(b, part) for part in _PARTS):
        return False
    return len(a.co_consts) == len(b.co_consts) and all(
        map(_same_constant, a.co_consts, b.co_consts)
    )


def _same_constant(a, b):
    if isinstance(a, types.CodeType) and isinstance(b, types.CodeType):
        return _same(a, b)
    # `repr` tells 1 from 1.0, 0.0 from -0.0 and knows NaN.
    return type(a) is type(b) and (repr(a) == repr(b) or a == b and isinstance(a, frozenset))
