"""Captured variables that stay as they are while the program runs.

Spark sends a function with what it captures anew for every batch, so that a variable which a
callback changes has its new value in the next one. A lowered function holds copies from the time
when its stream was described; it may do so only for names that nothing changes afterwards.
"""

import ast
import os
import types

from . import _mentions
from ._result import Refused

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

#: Calls that give the variables of a module as a dict.
_VARIABLES = ("globals", "vars")


def check_typed(name, value, file, scope):
    """Refuses a global of what is typed in line by line: the next line may assign it.

    A name of a module, or of something that a library defines, is taken to stay. Shells call what
    is typed ``<...>``, and notebooks give it the path of a file that there is not.
    """
    is_typed = scope.get("__name__") == "__main__" and not os.path.exists(file.name)
    if not is_typed or file.name == "<stdin>" or isinstance(value, types.ModuleType):
        return
    if callable(value) and getattr(value, "__module__", "__main__") != "__main__":
        return
    raise Refused("it uses %s, which a line that is typed later may assign" % name)


def check_bound_once(name, file, at, is_global):
    """Refuses a name that is bound more than once, or by a function that is not its own."""
    owner = _owner(name, file, at, is_global)
    count = 0
    for node in file.nodes:
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            raise Refused("it uses %s, which a function of the program assigns" % name)
        if is_global and _may_bind_by_text(file, node, name):
            raise Refused("it uses %s, which line %d may assign" % (name, node.lineno))
        if _binds(node, name) and _scope(file, node) is owner:
            count += 2 if _loops(file, node, owner) else 1
    if count > 1:
        raise Refused("it uses %s, which is assigned more than once" % name)


def check_unchanged(name, file, at, is_global):
    """Refuses a list, dict or set that something may change after the stream is described.

    It has to be new where the name is bound, and no other name, object or function may hold it:
    who could tell what happens to it there.
    """
    owner = _owner(name, file, at, is_global)
    for node in file.nodes:
        if _binds(node, name) and _scope(file, node) is owner and not _mentions.is_new(file, node):
            raise Refused("it uses %s, which has another name (line %d)" % (name, node.lineno))
    loops = _loops(file, at, owner)
    for node in file.nodes:
        if not (isinstance(node, ast.Name) and node.id == name):
            continue
        use = _mentions.use(file, node)
        if use == _mentions.READ or _owner(name, file, node, False) is not owner:
            continue
        if at in _around(file, node):
            # What the function itself does with it is looked at where it is lowered.
            continue
        # Once, where the name is bound, and before the function is there.
        during_setup = (
            use == _mentions.CHANGE
            and _scope(file, node) is owner
            and node.lineno < at.lineno
            and not _loops(file, node, owner) & loops
        )
        if not during_setup:
            raise Refused("it uses %s, which line %d may change" % (name, node.lineno))


def check_attribute(name, file):
    """Refuses a module's variable that the program assigns."""
    attribute = name.rpartition(".")[2]
    for node in file.nodes:
        if isinstance(node, ast.Attribute) and node.attr == attribute:
            if not isinstance(node.ctx, ast.Load):
                raise Refused("it uses %s, which line %d may assign" % (name, node.lineno))


def _owner(name, file, at, is_global):
    """The function whose variable a name is, None for the module."""
    if is_global:
        return None
    for scope in _around(file, at):
        arguments = scope.args
        every = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        if any(each.arg == name for each in every):
            return scope
        if any(_binds(node, name) and _scope(file, node) is scope for node in ast.walk(scope)):
            return scope
    return None


def _around(file, node):
    """The functions in which a node is evaluated, innermost first."""
    while node in file.parents:
        inner, node = node, file.parents[node]
        if isinstance(node, ast.arguments) and not isinstance(inner, ast.arg):
            # A default belongs to whoever defines the function.
            node = file.parents[node]
        elif isinstance(node, _FUNCTIONS) and inner not in getattr(node, "decorator_list", ()):
            yield node


def _binds(node, name):
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.arg):
        return node.arg == name
    if isinstance(node, ast.alias):
        return (node.asname or node.name.partition(".")[0]) == name
    # Definitions, and what `except` and `match` bind.
    return name in (getattr(node, "name", None), getattr(node, "rest", None))


def _may_bind_by_text(file, node, name):
    """True if a call such as ``globals()`` or ``exec`` may bind a name."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    if node.func.id == "exec":
        # With a dict of its own it binds names there.
        return len(node.args) == 1
    if node.func.id not in _VARIABLES or node.args:
        return False
    parent = file.parents.get(node)
    if isinstance(parent, ast.Compare):
        return False
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _mentions.READING
    if not (isinstance(parent, ast.Subscript) and parent.value is node):
        return True
    if isinstance(parent.ctx, ast.Load):
        return False
    key = getattr(parent.slice, "value", None)
    return not isinstance(key, str) or key == name


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _scope(file, node):
    """The scope of the name that a node binds: a function, a comprehension, a class, None: the module."""
    while node in file.parents:
        node = file.parents[node]
        if isinstance(node, _FUNCTIONS + _COMPREHENSIONS + (ast.ClassDef,)):
            return node
    return None


def _loops(file, node, owner):
    """The loops around a node, up to a function."""
    found = set()
    while node in file.parents:
        node = file.parents[node]
        if node is owner:
            break
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            found.add(node)
    return found
