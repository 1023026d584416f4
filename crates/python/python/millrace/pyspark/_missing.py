"""How something is refused that Spark has and this package has not."""


def missing(name, instead):
    """The error of a method that is not there, with what to use instead."""
    return NotImplementedError("%s is not available in millrace; use %s" % (name, instead))
