"""Whether what a function captures stays as it is while the program runs.

Spark sends a function with what it captures anew for every batch, so that a variable which a
callback changes has its new value in the next one. A lowered function holds copies from the time
when its stream was described; it may do so only for names that nothing changes afterwards.
"""

import ast

from ._result import Refused

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

#: Methods that leave their object as it is.
_READING = frozenset(
    "get keys values items copy index count join split strip lower upper startswith endswith "
    "issubset issuperset isdisjoint union intersection difference".split()
)

#: Calls that only look at their arguments.
_LOOKING = frozenset(
    "len print sorted set frozenset list tuple dict str repr sum min max any all enumerate zip "
    "map filter broadcast parallelize queueStream queue_stream isinstance type".split()
)


def check_bound_once(name, file, at, is_global):
    """Refuses a name that is bound more than once, or by a function that is not its own."""
    owner = _owner(name, file, at, is_global)
    count = 0
    for node in ast.walk(file.tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            raise Refused("it uses %s, which a function of the program assigns" % name)
        if _binds(node, name) and _scope(file, node) is owner:
            count += 2 if _in_loop(file, node, owner) else 1
    if count > 1:
        raise Refused("it uses %s, which is assigned more than once" % name)


def check_unchanged(name, file, at):
    """Refuses a list, dict or set that something may change after the stream is described."""
    outer = set(file.scopes(at))
    for node in ast.walk(file.tree):
        if not (isinstance(node, ast.Name) and node.id == name):
            continue
        if not _changes(file, node):
            continue
        inside = file.scopes(node)
        during_setup = all(scope in outer for scope in inside) and node.lineno < at.lineno
        if not during_setup:
            raise Refused("it uses %s, which line %d may change" % (name, node.lineno))


def _changes(file, node):
    """Whether a mention of a name may change the object."""
    parent = file.parents.get(node)
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _READING
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return not isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.AugAssign):
        return parent.target is node
    if isinstance(parent, (ast.Call, ast.keyword, ast.Starred)):
        while not isinstance(parent, ast.Call):
            parent = file.parents[parent]
        called = parent.func
        word = getattr(called, "id", None) or getattr(called, "attr", None)
        return parent.func is not node and word not in _LOOKING
    # Another name for it, which may be used to change it.
    return isinstance(parent, (ast.Assign, ast.AnnAssign, ast.Return)) and parent.value is node


def _owner(name, file, at, is_global):
    """The function whose variable a name is, None for the module."""
    if is_global:
        return None
    for scope in file.scopes(at):
        arguments = scope.args
        every = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        if any(each.arg == name for each in every):
            return scope
        if any(_binds(node, name) and _scope(file, node) is scope for node in ast.walk(scope)):
            return scope
    return None


def _binds(node, name):
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    if isinstance(node, ast.arg):
        return node.arg == name
    return False


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _scope(file, node):
    """Where the name that a node binds belongs: a function, a comprehension, None: the module."""
    while node in file.parents:
        node = file.parents[node]
        if isinstance(node, _FUNCTIONS + _COMPREHENSIONS + (ast.ClassDef,)):
            return node
    return None


def _in_loop(file, node, owner):
    while node in file.parents:
        node = file.parents[node]
        if node is owner:
            return False
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            return True
    return False
