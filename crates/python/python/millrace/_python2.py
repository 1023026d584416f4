"""Names what a program written for Python 2 stumbles over.

Many programs for PySpark's streams are that old, and the interpreter's own message is about the
language it knows. Nothing is decided here: only what an error says, and where, is looked at.
"""

import re

#: Patterns of lines of Python 2 that Python 3 cannot read, each with its name.
_CONSTRUCTS = (
    (r"^\s*(?:.*[:;]\s*)?print\s+[^\s(=.,)]", "print without parentheses"),
    (r"^\s*(?:.*[:;]\s*)?print\s*$", "print without parentheses"),
    (r"^\s*(?:.*[:;]\s*)?print\s*\(.*\)\s*(?:%|,)", "print without parentheses"),
    (r"^\s*(?:.*[:;]\s*)?exec\s+[^\s(=.,)]", "exec without parentheses"),
    (r"\bexcept\s+[\w.()]+(?:\s*,\s*[\w.]+\))?\s*,\s*\w+\s*:", "except with a comma"),
    (r"^\s*(?:.*[:;]\s*)?raise\s+[\w.]+\s*,", "raise with a comma"),
    (r"\blambda\s*[^:]*\([^:]*\)[^:]*:", "a lambda that takes a tuple apart"),
    (r"^\s*def\s+\w+\s*\([^()]*\(", "a function that takes a tuple apart"),
    (r"<>", "the operator <>"),
    (r"`[^`]+`", "backquotes"),
    (r"\b0[0-7]+\b", "an octal number without 0o"),
    (r"\b\d+[lL]\b", "a long number"),
    (r"\b[uU][rR]['\"]", "a text that begins with ur"),
)

#: Names that are gone, and what there is instead.
_NAMES = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "basestring": "str",
    "long": "int", "unichr": "chr", "reduce": "functools.reduce", "file": "open", "execfile":
    "exec", "cmp": "a key function", "reload": "importlib.reload", "intern": "sys.intern",
    "apply": "a call", "buffer": "memoryview",
}
_METHODS = {
    "iteritems": "items", "itervalues": "values", "iterkeys": "keys", "has_key": "in",
    "viewitems": "items", "viewkeys": "keys", "viewvalues": "values", "next": "next()",
}
_MODULES = {
    "urllib2": "urllib.request", "Queue": "queue", "ConfigParser": "configparser", "StringIO":
    "io", "cStringIO": "io", "cPickle": "pickle", "httplib": "http.client", "urlparse":
    "urllib.parse", "commands": "subprocess", "SocketServer": "socketserver", "thread": "_thread",
    "BaseHTTPServer": "http.server", "HTMLParser": "html.parser", "Tkinter": "tkinter",
    "__builtin__": "builtins", "sets": "set", "exceptions": "the builtin exceptions",
}


def hint(error):
    """One line about the Python 2 in a program, if that is what an error is about; else None."""
    if isinstance(error, SyntaxError):
        return _of_syntax(error)
    found = _of_name(error)
    return found and "%s is of Python 2, and this is Python 3: use %s" % found


def _of_syntax(error):
    if isinstance(error, TabError):
        construct = "a mix of tabs and blanks"
    else:
        line = error.text or ""
        code = re.sub(r"#.*$", "", line)
        found = [name for pattern, name in _CONSTRUCTS if re.search(pattern, code)]
        if not found:
            return None
        construct = found[0]
    return (
        "%s, line %s: %s is of Python 2, and this is Python 3: port the program, for instance by "
        "2to3" % (error.filename, error.lineno, construct)
    )


def _of_name(error):
    name = getattr(error, "name", None)
    if isinstance(error, ImportError):
        return (name, _MODULES[name]) if name in _MODULES else None
    text = str(error)
    if isinstance(error, TypeError) and text.startswith("unsupported operand type(s) for >>"):
        return ("print >> file", "print(..., file=file)") if "builtin_function" in text else None
    if isinstance(error, NameError):
        return next(
            ((old, new) for old, new in _NAMES.items() if text.startswith("name '%s' is" % old)),
            None,
        )
    if isinstance(error, AttributeError):
        return next(
            (
                (old, new)
                for old, new in _METHODS.items()
                if text.endswith("object has no attribute '%s'" % old)
                or "object has no attribute '%s'." % old in text
            ),
            None,
        )
    return None
