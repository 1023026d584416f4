"""Decoders of the bytes of a record.

The engine makes texts where `utf8_decoder` is asked for. All else that a program wants is a
function on records behind the source, which is lowered if it can be.
"""


def utf8_decoder(s):
    """Decodes UTF-8; None stays None."""
    if s is None:
        return None
    return s.decode("utf-8")


class Decoding:
    """The parts that a program wants of every record."""

    def __init__(self, key, value, handler=None, headers=False):
        own_key, own_value = key is not utf8_decoder, value is not utf8_decoder
        #: The parts that the engine gives.
        self.wanted = {
            "key_is_text": not own_key and handler is None,
            "value_is_text": not own_value and handler is None,
            "place": handler is not None,
            "headers": headers or handler is not None,
        }
        #: The rest of the work, a function on records, or None.
        self.rest = None
        if handler is not None:
            self.rest = _handling(key, value, handler)
        elif own_key or own_value:
            self.rest = _decoding(key, value, own_key, own_value, headers)


# Each lambda stands alone on its line: the compiler has to find its source.


def _decoding(key, value, own_key, own_value, headers):
    """Decodes what the engine has not."""
    if headers and own_key and own_value:
        return lambda record: (key(record[0]), value(record[1]), record[2])
    if headers and own_key:
        return lambda record: (key(record[0]), record[1], record[2])
    if headers:
        return lambda record: (record[0], value(record[1]), record[2])
    if own_key and own_value:
        return lambda record: (key(record[0]), value(record[1]))
    if own_key:
        return lambda record: (key(record[0]), record[1])
    return lambda record: (record[0], value(record[1]))


def _handling(key, value, handler):
    """Lets the program's handler see a record with its place."""
    from .names import KafkaMessageAndMetadata

    def handled(record):
        topic, partition, offset, timestamp, raw_key, raw_value, headers = record
        message = KafkaMessageAndMetadata(topic, partition, offset, raw_key, raw_value)
        message._set_key_decoder(key)
        message._set_value_decoder(value)
        message.timestamp = timestamp
        message.headers = headers
        return handler(message)

    return handled
