"""Random functions: what people write on records, typed loosely so that most calls succeed."""

#: Values that the functions of a module capture.
CAPTURED = """
STOP = ["a", "the", "b"]
LEVELS = {"a": 1, "b": 2.5, "hello": -1}
NAMES = {"a", "hello", "x"}
LIMIT = 3
SCALE = 1.5
SEP = ","
TABLE = (("a", 1), ("b", 2))


def clean(text):
    return text.strip().lower()


def scaled(n, by=2):
    if n is None:
        return 0
    return n * by


def parts(text, sep=" "):
    found = []
    for piece in text.split(sep):
        if piece:
            found.append(piece)
    return found
"""


class Grammar:
    """Writes expressions of a kind over the variables that are in sight."""

    def __init__(self, random):
        self.random = random
        self.fresh = 0

    def new(self):
        self.fresh += 1
        return "v%d" % self.fresh

    def pick(self, *choices):
        return self.random.choice(choices)

    def expression(self, kind, names, deep):
        """An expression that is of ``kind`` if nothing odd comes in."""
        if self.random.random() < 0.04:
            kind = self.pick("text", "number", "texts", "numbers", "dict", "bool", "any")
        if deep <= 0:
            return self.leaf(kind, names)
        if self.random.random() < 0.1:
            test = self.expression("bool", names, deep - 1)
            a, b = self.expression(kind, names, deep - 1), self.expression(kind, names, deep - 1)
            return self.pick("(%s if %s else %s)" % (a, test, b), "(%s or %s)" % (a, b), "(%s and %s)" % (a, b))
        method = getattr(self, "_" + kind, None)
        return self.leaf(kind, names) if method is None else method(names, deep - 1)

    def leaf(self, kind, names):
        fitting = [name for name, of in names if of == kind or kind == "any"]
        if fitting and self.random.random() < 0.8:
            return self.random.choice(fitting)
        leaves = {
            "text": ["''", "'a'", "' '", "'hello world'", "'é'", "SEP", "'a,b'", "'%s-%s'", "'12'"],
            "number": ["(0)", "(1)", "(2)", "(-1)", "(10)", "(0.5)", "(1.5)", "LIMIT", "SCALE", "True"],
            "bool": ["True", "False"],
            "texts": ["[]", "['a', 'b']", "('x',)", "['b', 'a', 'b']"],
            "numbers": ["[]", "[1, 2]", "(3, 1.5)", "[0.1, 0.2, 0.3]"],
            "dict": ["{}", "{'a': 1}", "{'b': 2, 'a': 0}"],
            "pair": ["('a', 1)", "('b', 2.5)"],
            "any": ["None", "(1)", "'a'", "()", "[]"],
        }
        return self.random.choice(leaves[kind])

    def some(self, kind, names, deep):
        return self.expression(kind, names, deep)

    def _text(self, names, deep):
        t, n = lambda: self.some("text", names, deep), lambda: self.some("number", names, deep)
        return self.random.choice([
            lambda: "%s.%s()" % (t(), self.pick("lower", "upper", "strip", "title", "capitalize", "swapcase", "lstrip", "rstrip", "casefold")),
            lambda: "%s.strip(%s)" % (t(), t()),
            lambda: "%s.replace(%s, %s)" % (t(), t(), t()),
            lambda: "%s.replace(%s, %s, %s)" % (t(), t(), t(), self.pick("1", "-1", "0", "2")),
            lambda: "%s[%s]" % (t(), self.pick("0", "-1", "1", "-3", n())),
            lambda: "%s[%s]" % (t(), self.slice(names, deep)),
            lambda: "%s[%s]" % (self.some("texts", names, deep), self.pick("0", "-1", "1")),
            lambda: "%s[%s]" % (self.some("pair", names, deep), self.pick("0", "0", "1")),
            lambda: "(%s + %s)" % (t(), t()),
            lambda: "(%s * %s)" % (t(), self.pick("2", "0", "-1", n())),
            lambda: "str(%s)" % self.some("any", names, deep),
            lambda: "repr(%s)" % self.some("any", names, deep),
            lambda: "%s.join(%s)" % (t(), self.some("texts", names, deep)),
            lambda: "','.join(%s)" % self.comprehension("(%s)", "text", names, deep),
            lambda: "f'{%s}-{%s!r}'" % (self.plain(names), self.plain(names)),
            lambda: "('%%s:%%s' %% (%s, %s))" % (t(), n()),
            lambda: "('%%d|' %% %s)" % n(),
            lambda: "'{} {}'.format(%s, %s)" % (t(), n()),
            lambda: "%s.%s(%s)" % (t(), self.pick("ljust", "rjust", "center", "zfill"), self.pick("0", "5", "9", "4")),
            lambda: "%s.partition(%s)[%s]" % (t(), t(), self.pick("0", "1", "2")),
            lambda: "%s.%s(%s)" % (t(), self.pick("removeprefix", "removesuffix"), t()),
            lambda: "clean(%s)" % t(),
            lambda: "chr(%s)" % n(),
            lambda: "max(%s, key=len)" % self.some("texts", names, deep),
            lambda: "min(%s)" % self.some("texts", names, deep),
            lambda: "%s.encode('utf-8').decode('utf-8')" % t(),
            lambda: "str.upper(%s)" % t(),
            lambda: "%s.get(%s, %s)" % (self.some("dict", names, deep), t(), t()),
        ])()

    def plain(self, names):
        """An expression without quotes, for f-strings of old Pythons."""
        return self.random.choice([name for name, _ in names] + ["LIMIT", "1 + 2"])

    def slice(self, names, deep):
        end = lambda: self.pick("", "0", "1", "-1", "2", "-2", "5", self.some("number", names, 0))
        step = self.pick("", "", "", ":", ":1", ":2", ":-1", ":-2", ":0")
        return "%s:%s%s" % (end(), end(), step)

    def _number(self, names, deep):
        t, n = lambda: self.some("text", names, deep), lambda: self.some("number", names, deep)
        return self.random.choice([
            lambda: "(%s %s %s)" % (n(), self.pick("+", "-", "*", "/", "//", "%", "&", "|", "^", ">>"), n()),
            # Larger ones would fill the memory.
            lambda: "(%s ** %s)" % (n(), self.pick("0", "1", "2", "3", "-1", "0.5", "-0.5")),
            lambda: "(%s << %s)" % (n(), self.pick("0", "1", "5", "62", "63", "70", "-1")),
            lambda: "(%s %s %s)" % (n(), self.pick("+", "-", "*", "/", "//", "%"), n()),
            lambda: "(%s %s %s)" % (n(), self.pick("+", "-", "*", "/", "//", "%"), n()),
            lambda: "(%s %s %s)" % (n(), self.pick("+", "-", "*", "/", "//", "%"), n()),
            lambda: "(%s %s %s)" % (n(), self.pick("+", "-", "*", "/", "//", "%"), n()),
            lambda: "(%s %s %s)" % (n(), self.pick("+", "-", "*", "/", "//", "%"), n()),
            lambda: "(%s%s)" % (self.pick("-", "+", "~", "not "), n()),
            lambda: "int(%s)" % self.pick(t(), n()),
            lambda: "float(%s)" % self.pick(t(), n()),
            lambda: "len(%s)" % self.some(self.pick("text", "texts", "numbers", "dict", "any"), names, deep),
            lambda: "abs(%s)" % n(),
            lambda: "round(%s)" % n(),
            lambda: "round(%s, %s)" % (n(), self.pick("0", "1", "2", "5", "-1", "None")),
            lambda: "%s(%s, %s)" % (self.pick("min", "max"), n(), n()),
            lambda: "%s(%s)" % (self.pick("min", "max", "sum", "sum"), self.some("numbers", names, deep)),
            lambda: "sum(%s, %s)" % (self.some("numbers", names, deep), n()),
            lambda: "sum(%s)" % self.comprehension("(%s)", "number", names, deep),
            lambda: "%s[%s]" % (self.some("numbers", names, deep), self.pick("0", "-1", "1", "2")),
            lambda: "%s[1]" % self.some("pair", names, deep),
            lambda: "%s[%s]" % (self.some("dict", names, deep), self.pick("'a'", "'b'", t())),
            lambda: "%s.get(%s, %s)" % (self.some("dict", names, deep), t(), n()),
            lambda: "LEVELS.get(%s, 0)" % t(),
            lambda: "LEVELS[%s]" % t(),
            lambda: "%s.%s(%s)" % (t(), self.pick("find", "rfind", "count", "index", "rindex"), t()),
            lambda: "%s.%s(%s)" % (self.some("texts", names, deep), self.pick("count", "index"), t()),
            lambda: "scaled(%s)" % n(),
            lambda: "scaled(%s, by=%s)" % (n(), n()),
            lambda: "len(set(%s))" % self.some(self.pick("texts", "numbers"), names, deep),
            lambda: "ord(%s)" % t(),
            lambda: "divmod(%s, %s)[%s]" % (n(), n(), self.pick("0", "1")),
            lambda: "math.%s(%s)" % (self.pick("sqrt", "floor", "ceil", "fabs"), n()),
            lambda: "operator.%s(%s, %s)" % (self.pick("add", "mul", "sub"), n(), n()),
        ])()

    def _bool(self, names, deep):
        t, n = lambda: self.some("text", names, deep), lambda: self.some("number", names, deep)
        any_ = lambda: self.some("any", names, deep)
        relation = lambda: self.pick("==", "!=", "<", "<=", ">", ">=")
        return self.random.choice([
            lambda: "(%s %s %s)" % (t(), relation(), t()),
            lambda: "(%s %s %s)" % (n(), relation(), n()),
            lambda: "(%s %s %s %s %s)" % (n(), relation(), n(), relation(), n()),
            lambda: "(%s %s %s)" % (any_(), self.pick("==", "!="), any_()),
            lambda: "(%s %s %s)" % (self.some("numbers", names, deep), relation(), self.some("numbers", names, deep)),
            lambda: "(%s %s %s)" % (t(), self.pick("in", "not in"), t()),
            lambda: "(%s %s %s)" % (t(), self.pick("in", "not in"), self.some("texts", names, deep)),
            lambda: "(%s %s %s)" % (any_(), self.pick("in", "not in"), self.pick("STOP", "LEVELS", "NAMES", "{1, 'a'}", "TABLE")),
            lambda: "(%s in %s)" % (t(), self.some("dict", names, deep)),
            lambda: "(%s is %s)" % (any_(), self.pick("None", "not None", "True")),
            lambda: "%s.startswith(%s)" % (t(), self.pick(t(), "('a', 'h')")),
            lambda: "%s.endswith(%s)" % (t(), self.pick(t(), "('d', 'o')")),
            lambda: "%s.%s()" % (t(), self.pick("isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "isnumeric", "isdecimal")),
            lambda: "(not %s)" % any_(),
            lambda: "bool(%s)" % any_(),
            lambda: "%s(%s)" % (self.pick("any", "all"), self.comprehension("(%s)", "bool", names, deep)),
            lambda: "isinstance(%s, %s)" % (any_(), self.pick("str", "int", "(int, float)", "bool", "list", "tuple", "dict")),
        ])()

    def comprehension(self, form, kind, names, deep):
        """A comprehension whose elements are of a kind."""
        source = self.pick("texts", "numbers", "split", "range", "dict", "pairs", "map", "two")
        name = self.new()
        if source == "dict":
            other = self.new()
            clause = "%s, %s in %s.items()" % (name, other, self.some("dict", names, deep))
            inner = names + [(name, "text"), (other, "number")]
        elif source == "pairs":
            other = self.new()
            items = "enumerate(%s)" % self.some("texts", names, deep)
            if self.random.random() < 0.5:
                items = "zip(%s, %s)" % (self.some("numbers", names, deep), self.some("texts", names, deep))
            clause = "%s, %s in %s" % (name, other, items)
            inner = names + [(name, "number"), (other, "text")]
        elif source == "range":
            clause = "%s in range(%s)" % (name, self.pick("3", "1, 4", "5, 0, -2", self.some("number", names, 0)))
            inner = names + [(name, "number")]
        elif source == "split":
            clause = "%s in %s.split(%s)" % (name, self.some("text", names, deep), self.pick("", "' '", "','"))
            inner = names + [(name, "text")]
        elif source == "map":
            mapped = self.pick("int", "len", "float", "str.strip", "lambda q: q[0]", "clean")
            clause = "%s in map(%s, %s)" % (name, mapped, self.some("texts", names, deep))
            inner = names + [(name, "number")]
        elif source == "two":
            other = self.new()
            clause = "%s in %s for %s in %s" % (name, self.some("texts", names, 0), other, self.pick(name, "(1, 2)"))
            inner = names + [(name, "text"), (other, "any")]
        else:
            clause = "%s in %s" % (name, self.some(source, names, deep))
            inner = names + [(name, source[:-1])]
        if self.random.random() < 0.4:
            clause += " if %s" % self.some("bool", inner, deep - 1)
        return form % ("%s for %s" % (self.some(kind, inner, deep - 1), clause))

    def _texts(self, names, deep):
        t = lambda: self.some("text", names, deep)
        return self.random.choice([
            lambda: "%s.split()" % t(),
            lambda: "%s.split(%s)" % (t(), self.pick("' '", "','", t())),
            lambda: "%s.%s(%s, %s)" % (t(), self.pick("split", "rsplit"), self.pick("' '", "None", "','", t()), self.pick("0", "1", "2", "-1")),
            lambda: "%s.rsplit(%s)" % (t(), self.pick("", "' '", t())),
            lambda: "%s.splitlines()" % t(),
            lambda: self.comprehension("[%s]", "text", names, deep),
            lambda: "[%s, %s]" % (t(), t()),
            lambda: "sorted(%s)" % self.some("texts", names, deep),
            lambda: "sorted(%s, key=%s)" % (self.some("texts", names, deep), self.pick("len", "str.lower", "lambda q: (len(q), q)", "lambda q: q[::-1]")),
            lambda: "sorted(set(%s), reverse=True)" % self.some("texts", names, deep),
            lambda: "%s[%s]" % (self.some("texts", names, deep), self.slice(names, deep)),
            lambda: "(%s + %s)" % (self.some("texts", names, deep), self.some("texts", names, deep)),
            lambda: "list(%s)" % t(),
            lambda: "list(filter(%s, %s))" % (self.pick("None", "len", "lambda q: q != 'a'", "str.isalpha"), self.some("texts", names, deep)),
            lambda: "list(map(%s, %s))" % (self.pick("str.lower", "clean", "len", "lambda q: q + '!'"), self.some("texts", names, deep)),
            lambda: "list(%s.keys())" % self.some("dict", names, deep),
            lambda: "parts(%s)" % t(),
            lambda: "list(reversed(%s))" % self.some("texts", names, deep),
        ])()

    def _numbers(self, names, deep):
        n = lambda: self.some("number", names, deep)
        return self.random.choice([
            lambda: self.comprehension("[%s]", "number", names, deep),
            lambda: "[%s, %s]" % (n(), n()),
            lambda: "(%s, %s)" % (n(), n()),
            lambda: "sorted(%s)" % self.some("numbers", names, deep),
            lambda: "sorted(%s, key=lambda q: -q)" % self.some("numbers", names, deep),
            lambda: "sorted(%s, reverse=True)[%s]" % (self.some("numbers", names, deep), self.slice(names, deep)),
            lambda: "%s[%s]" % (self.some("numbers", names, deep), self.slice(names, deep)),
            lambda: "list(range(%s))" % self.pick("4", "2, 9, 3", n()),
            lambda: "list(%s.values())" % self.some("dict", names, deep),
            lambda: "tuple(map(float, %s))" % self.some("texts", names, deep),
            lambda: "(%s * %s)" % (self.some("numbers", names, deep), self.pick("2", "0", "-1")),
            lambda: "[%s, *%s]" % (n(), "()") if False else "[%s]" % n(),
        ])()

    def _dict(self, names, deep):
        t, n = lambda: self.some("text", names, deep), lambda: self.some("number", names, deep)
        name = self.new()
        return self.random.choice([
            lambda: "{%s: %s, 'a': %s}" % (t(), n(), n()),
            lambda: "{%s: len(%s) for %s in %s}" % (name, name, name, self.some("texts", names, deep)),
            lambda: "dict(zip(%s, %s))" % (self.some("texts", names, deep), self.some("numbers", names, deep)),
            lambda: "json.loads(%s)" % t(),
            lambda: "dict(a=%s, b=%s)" % (n(), t()),
            lambda: "dict([(%s, %s)])" % (t(), n()),
            lambda: "%s.copy()" % self.some("dict", names, deep),
        ])()

    def _pair(self, names, deep):
        t, n = lambda: self.some("text", names, deep), lambda: self.some("number", names, deep)
        return self.random.choice([
            lambda: "(%s, %s)" % (t(), n()),
            lambda: "tuple([%s, %s])" % (t(), n()),
            lambda: "max(%s.items(), key=lambda q: q[1])" % self.some("dict", names, deep),
            lambda: "tuple(%s.split(',', 1))" % t(),
        ])()

    def _any(self, names, deep):
        kind = self.pick("text", "number", "bool", "texts", "numbers", "dict", "pair")
        return self.expression(kind, names, deep)

    def body(self, names, indent="    "):
        """Statements that end with a return."""
        lines, names = [], list(names)
        for _ in range(self.random.choice([0, 1, 1, 2, 3])):
            kind = self.pick("text", "number", "texts", "numbers", "dict")
            what = self.random.random()
            value = self.expression(kind, names, 2)
            name = self.new()
            if what < 0.35:
                lines.append("%s = %s" % (name, value))
                names.append((name, kind))
            elif what < 0.5:
                test = self.expression("bool", names, 2)
                lines += ["%s = %s" % (name, self.leaf(kind, names)), "if %s:" % test, "    %s = %s" % (name, value)]
                if self.random.random() < 0.4:
                    lines += ["elif %s:" % self.expression("bool", names, 1), "    return %s" % self.expression("any", names, 1)]
                names.append((name, kind))
            elif what < 0.7:
                item = self.new()
                test = self.expression("bool", names + [(item, "text")], 1)
                lines.append("%s = []" % name)
                other = None
                if self.random.random() < 0.3:
                    # A second name of the list, which sees what the first one does to it.
                    other = self.new()
                    lines.append("%s = %s" % (other, name))
                    names.append((other, "texts"))
                lines += ["for %s in %s:" % (item, self.expression("texts", names, 2)), "    if %s:" % test]
                lines += ["        %s" % self.pick("continue", "break", "%s.append(1)" % name, "pass"), "    %s.append(%s)" % (name, self.expression("any", names + [(item, "text")], 1))]
                if names and names[-1] == (other, "texts"):
                    lines.append("if %s: return (%s, %s)" % (name, name, other))
                if self.random.random() < 0.3:
                    lines.append("%s.%s" % (name, self.pick("sort()", "reverse()", "sort(reverse=True)", "extend('ab')", "pop()", "insert(0, 1)", "clear()")))
                names.append((name, "texts"))
            elif what < 0.82:
                item = self.new()
                lines += ["%s = {}" % name, "for %s in %s:" % (item, self.expression("texts", names, 2))]
                lines += ["    %s" % self.pick(
                    "%s[%s] = %s.get(%s, 0) + 1" % (name, item, name, item),
                    "%s[%s] = %s" % (name, item, self.expression("number", names, 1)),
                    "%s.setdefault(%s, 2)" % (name, item),
                )]
                names.append((name, "dict"))
            elif what < 0.9:
                lines += ["%s = %s" % (name, self.leaf("number", names)), "%s %s %s" % (name, self.pick("+=", "-=", "*=", "//="), self.expression("number", names, 2))]
                names.append((name, "number"))
            elif what < 0.95:
                other = self.new()
                lines.append("%s, %s = %s" % (name, other, self.expression("pair", names, 2)))
                names += [(name, "text"), (other, "number")]
            else:
                lines += ["%s = 0" % name, "while %s < %s:" % (name, self.pick("3", "LIMIT")), "    %s += 1" % name]
                names.append((name, "number"))
        lines.append("return %s" % self.expression("any", names, self.pick(1, 2, 3)))
        return "\n".join(indent + line for line in lines)


def function(random, name):
    """The source of a function and the kinds of its arguments."""
    grammar = Grammar(random)
    if random.random() < 0.5:
        # One operation on arguments that suit it, which says more than a large one that raises.
        kind = random.choice(["text", "number", "number", "texts", "numbers", "dict"])
        if kind == "number" and random.random() < 0.5:
            sign = random.choice("+ - * / // % & | ^ < <= == > >= !=".split())
            return "%s = lambda x, y: x %s y\n" % (name, sign), ["number", "number"]
        if kind == "text" and random.random() < 0.5:
            method = random.choice(
                "split() split(y) rsplit() strip() lower() upper() title() splitlines() isspace() "
                "isdigit() swapcase() capitalize() lstrip() rstrip() replace(y,'-') find(y) count(y) "
                "partition(y) split(None,1) rsplit(None,1) startswith(y) join(y) encode()".split()
            )
            return "%s = lambda x, y: x.%s\n" % (name, method), ["text", "text"]
        asked = random.choice([kind, kind, "number", "bool", "text"])
        names = [("x", kind), ("y", random.choice([kind, "number", "text"]))]
        body = grammar.expression(asked, names, random.choice([1, 1, 2]))
        return "%s = lambda x, y: %s\n" % (name, body), [kind for _, kind in names]
    count = random.choice([1, 1, 1, 2])
    kinds = [random.choice(["text", "text", "number", "texts", "numbers", "dict", "pair", "any"]) for _ in range(count)]
    names = [("xyz"[at], kind) for at, kind in enumerate(kinds)]
    arguments = ", ".join(name for name, _ in names)
    if random.random() < 0.6:
        return "%s = lambda %s: %s\n" % (name, arguments, grammar.expression("any", names, random.choice([1, 1, 2, 3, 4]))), kinds
    return "def %s(%s):\n%s\n" % (name, arguments, grammar.body(names)), kinds
