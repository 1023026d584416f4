"""The least rows of partitions, chosen the way Spark chooses them.

Rows that are equal do not come in the order in which they stood: Spark keeps twice as many rows as
are asked for, and cuts them down by a quickselect when there are more. The rows that are left, and
their order, are seen in the output of ``ORDER BY ... LIMIT``.
"""

import itertools


def least_of(rows, count):
    """The least `count` of rows ``(key, partition, place)``, as pairs of key and place."""
    if count == 0:
        return []
    parts = [
        _least(((key, place) for key, _, place in part), count)
        for _, part in itertools.groupby(rows, key=lambda row: row[1])
    ]
    return list(itertools.islice(_merged(parts), count))


def _merged(parts):
    """The rows of sorted lists, the least first; equal ones in the order of a heap of Java's."""
    heap = []
    for part in parts:
        _put(heap, part, 0)
    while heap:
        part, at = _taken(heap)
        yield part[at]
        if at + 1 < len(part):
            _put(heap, part, at + 1)


def _key(entry):
    part, at = entry
    return part[at][0]


def _put(heap, part, at):
    entry, index = (part, at), len(heap)
    heap.append(entry)
    while index > 0:
        above = (index - 1) >> 1
        if _key(entry) >= _key(heap[above]):
            break
        heap[index] = heap[above]
        index = above
    heap[index] = entry


def _taken(heap):
    first, last = heap[0], heap.pop()
    if heap:
        index = 0
        while 2 * index + 1 < len(heap):
            child = 2 * index + 1
            if child + 1 < len(heap) and _key(heap[child]) > _key(heap[child + 1]):
                child += 1
            if _key(last) <= _key(heap[child]):
                break
            heap[index] = heap[child]
            index = child
        heap[index] = last
    return first


def _least(rows, count):
    rows = iter(rows)
    kept = list(itertools.islice(rows, count))
    if not kept:
        return kept
    highest = max(key for key, _ in kept)
    for row in rows:
        if row[0] >= highest:
            continue
        kept.append(row)
        if len(kept) == 2 * count:
            highest = _halved(kept, count)
    kept.sort(key=lambda row: row[0])
    return kept[:count]


def _halved(kept, count):
    """Leaves the least `count` rows, and gives the greatest key among them."""
    left, right, least_place = 0, len(kept) - 1, 0
    while left < right:
        middle = (left + right + 1) >> 1
        place = _partitioned(kept, left, right, middle)
        if place > count:
            right = place - 1
        elif place < count:
            left = max(place, left + 1)
            least_place = place
        else:
            break
    del kept[count:]
    return max(key for key, _ in kept[least_place:])


def _partitioned(kept, left, right, pivot):
    """Puts what is less than the pivot before it, and gives the pivot's new place."""
    value = kept[pivot]
    kept[pivot], kept[right] = kept[right], value
    place = left
    for index in range(left, right):
        if kept[index][0] < value[0]:
            kept[place], kept[index] = kept[index], kept[place]
            place += 1
    kept[right], kept[place] = kept[place], kept[right]
    return place
