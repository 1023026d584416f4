"""The effect of a mention of a name on the list, dict or set that it stands for.

Nothing is executed: only the shape of the program is looked at. A use that is not known to leave
an object alone counts as handing it on.
"""

import ast

#: The object is only looked at.
READ = "read"
#: The object is changed here and now.
CHANGE = "change"
#: Something else holds it from now on, and may change it whenever it likes.
HOLD = "hold"

#: Methods that leave their object as it is.
READING = frozenset(
    "get keys values items copy index count join split strip lower upper startswith endswith "
    "issubset issuperset isdisjoint union intersection difference symmetric_difference".split()
)

#: Calls that only look at their arguments.
_LOOKING = frozenset(
    "len print pprint sorted set frozenset list tuple dict str repr sum min max any all enumerate "
    "zip map filter reversed broadcast parallelize queueStream queue_stream isinstance type bool "
    "id hash format join dump dumps extend update union intersection difference issubset "
    "issuperset isdisjoint intersection_update difference_update debug info warning error Counter "
    "DataFrame array mean median assert_called".split()
)

#: Calls that change their argument in place and do not keep it.
_IN_PLACE = frozenset("shuffle heapify heappush heappop insort insort_left insort_right".split())

#: Calls and methods that give what an object holds, and not something new.
_GIVING = frozenset(
    "get setdefault pop popitem next getattr vars globals locals min max reduce".split()
)

_LITERALS = (
    ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.BinOp,
    ast.Constant, ast.JoinedStr, ast.GeneratorExp,
)

#: Calls of functions that call functions, looked through.
_DEPTH = 4


def use(file, node):
    """The effect of a mention of a name, or of an expression that gives the same object."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        # The name is bound: somebody else counts how often.
        return READ
    parent = file.parents.get(node)
    if isinstance(parent, ast.Attribute):
        if parent.attr in READING:
            return READ
        above = file.parents.get(parent)
        is_called = isinstance(above, ast.Call) and above.func is parent
        return CHANGE if is_called else HOLD
    if isinstance(parent, ast.Subscript):
        is_looked_up = parent.value is not node or isinstance(parent.ctx, ast.Load)
        return READ if is_looked_up else CHANGE
    if isinstance(parent, (ast.BoolOp, ast.IfExp)):
        return READ if getattr(parent, "test", None) is node else _use_of_choice(file, parent)
    if isinstance(parent, (ast.Call, ast.keyword)):
        return _use_as_argument(file, parent, node)
    return READ if _is_looked_at(parent, node) else HOLD


def _is_looked_at(parent, node):
    """True if a mention is only a look at what is in the object."""
    if isinstance(parent, (ast.Compare, ast.BinOp, ast.FormattedValue, ast.Expr, ast.Starred)):
        return True
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    if isinstance(parent, (ast.If, ast.While, ast.Assert)):
        return parent.test is node
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)):
        return parent.iter is node
    if isinstance(parent, ast.AugAssign):
        return parent.value is node
    if isinstance(parent, ast.Assign):
        # `a, b = name` takes it apart.
        return all(isinstance(each, (ast.Tuple, ast.List)) for each in parent.targets)
    if isinstance(parent, ast.Dict):
        # `{**name}` does so, too.
        return any(
            key is None and value is node for key, value in zip(parent.keys, parent.values)
        )
    return isinstance(parent, (ast.Slice, ast.YieldFrom))


def _use_of_choice(file, choice):
    """The effect on the value of ``a or b`` or ``a if b else c``."""
    found = use(file, choice)
    # In a condition it is only looked at, which `use` knows.
    return found if found == READ else HOLD


def _use_as_argument(file, parent, node):
    call = parent
    while not isinstance(call, ast.Call):
        call = file.parents[call]
    if call.func is node:
        return READ
    word = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
    if isinstance(parent, ast.keyword):
        # `f(**name)` takes it apart; `dict(x=name)` holds it.
        if parent.arg is None or word in _LOOKING and word not in ("dict", "update"):
            return READ
        return HOLD
    if word in ("min", "max") and len(call.args) > 1:
        return HOLD
    if word in _IN_PLACE:
        return CHANGE
    return READ if word in _LOOKING else HOLD


def is_new(file, node):
    """True if a node binds a name to an object that nobody else has."""
    if isinstance(node, ast.alias):
        # It is the other module's, which is not looked into.
        return True
    if not isinstance(node, ast.Name):
        return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    parent = file.parents.get(node)
    if isinstance(parent, ast.Assign):
        return len(parent.targets) == 1 and _is_new_value(file, parent.value, _DEPTH)
    if isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
        # An assignment inside of an expression has a value, which is the same object.
        return isinstance(parent, ast.AnnAssign) and _is_new_value(file, parent.value, _DEPTH)
    if isinstance(parent, (ast.Tuple, ast.List)):
        return _is_new_item(file, parent, node)
    return False


def _is_new_item(file, targets, node):
    """True if one of several names that are assigned at once is bound to something new."""
    above = file.parents.get(targets)
    value = getattr(above, "value", None)
    if not isinstance(above, ast.Assign) or len(above.targets) > 1:
        return False
    if isinstance(value, ast.Call):
        return _is_new_value(file, value, _DEPTH)
    if not isinstance(value, (ast.Tuple, ast.List)) or len(value.elts) != len(targets.elts):
        return False
    own = value.elts[targets.elts.index(node)]
    return not isinstance(own, ast.Starred) and _is_new_value(file, own, _DEPTH)


def _is_new_value(file, value, depth):
    """True if an expression gives an object that nobody else has."""
    if value is None or isinstance(value, _LITERALS):
        return value is not None
    if isinstance(value, ast.BoolOp):
        return all(_is_new_value(file, each, depth) for each in value.values)
    if isinstance(value, ast.IfExp):
        return all(_is_new_value(file, each, depth) for each in (value.body, value.orelse))
    if isinstance(value, ast.Subscript):
        is_slice = any(isinstance(each, ast.Slice) for each in ast.walk(value.slice))
        return is_slice or _is_new_value(file, value.value, depth)
    if not isinstance(value, ast.Call):
        return False
    called = value.func
    if isinstance(called, ast.Attribute):
        return called.attr not in _GIVING or _is_new_value(file, called.value, depth)
    if not isinstance(called, ast.Name) or called.id in _GIVING:
        return False
    return all(_gives_new(file, node, depth) for node in _functions(file, called.id))


def _functions(file, name):
    return [
        node
        for node in file.nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name
    ]


def _gives_new(file, function, depth):
    """True if a function of the program gives an object that it has made and let go of."""
    if depth == 0:
        return False
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or file.scopes(node)[0] is not function:
            continue
        if isinstance(node.value, ast.Name):
            if not _is_its_own(file, function, node.value.id, depth - 1):
                return False
        elif not _is_new_value(file, node.value, depth - 1):
            return False
    return True


def _is_its_own(file, function, name, depth):
    """True if a variable of a function holds what the function has made, and nothing else does."""
    bound = False
    for node in ast.walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            return False
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        if isinstance(node.ctx, ast.Store):
            bound = True
            parent = file.parents[node]
            if isinstance(parent, ast.AugAssign):
                continue
            if not isinstance(parent, ast.Assign) or not _is_new_value(file, parent.value, depth):
                return False
        elif not isinstance(file.parents[node], ast.Return) and use(file, node) == HOLD:
            return False
    return bound
