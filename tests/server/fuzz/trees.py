"""JSON documents that went wrong in structure: types, keys, numbers, strings, nesting, shapes, sizes."""

from copy import deepcopy
from random import Random
from typing import Any

from tests.server.fuzz import edges
from tests.server.fuzz.json_tree import Members, Slot, Text, encode, slots, tree

MOST_BYTES = 100_000
"""What a list may be stretched to: beyond the cap on bodies, and no further."""


def changed(random: Random, document: Any) -> Any:
    """The document's tree after up to three mutations."""
    root = [tree(document)]
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        random.choice(_MUTATIONS)(random, root)
    return root[0]


def _slot(random: Random, root: list[Any], *types: type) -> Slot | None:
    found = [slot for slot in slots(root) if not types or type(slot[0][slot[1]]) in types]
    return random.choice(found) if found else None


def _members(random: Random, root: list[Any]) -> Members | None:
    slot = _slot(random, root, Members)
    return slot[0][slot[1]] if slot else None


def _swap(random: Random, root: list[Any]) -> None:
    parent, index = _slot(random, root) or (root, 0)
    parent[index] = tree(random.choice(random.choice((edges.NUMBERS, edges.STRINGS, edges.OTHERS))))


def _edge(random: Random, root: list[Any]) -> None:
    """A value of the same type, and another."""
    parent, index = _slot(random, root, int, float, str) or (root, 0)
    parent[index] = random.choice(edges.STRINGS if type(parent[index]) is str else edges.NUMBERS)


def _drop(random: Random, root: list[Any]) -> None:
    if members := _members(random, root):
        members.pop(random.randrange(len(members)))


def _double(random: Random, root: list[Any]) -> None:
    if members := _members(random, root):
        key, value = random.choice(members)
        escaped = Text(b'"\\u%04x%s"' % (ord(key[0]), key[1:].encode())) if type(key) is str and key else key
        members.insert(random.randrange(len(members) + 1), [random.choice((key, escaped)), random.choice((value, 7))])


def _rename(random: Random, root: list[Any]) -> None:
    if members := _members(random, root):
        random.choice(members)[0] = random.choice(edges.NAMES)


def _add(random: Random, root: list[Any]) -> None:
    if (members := _members(random, root)) is not None:
        value = tree(random.choice((1, *edges.NUMBERS, *edges.STRINGS, *edges.OTHERS)))
        members.insert(random.randrange(len(members) + 1), [random.choice(edges.NAMES), value])


def _stretch(random: Random, root: list[Any]) -> None:
    slot = _slot(random, root, list)
    if slot and (elements := slot[0][slot[1]]):
        index = random.randrange(len(elements))
        most = MOST_BYTES // (len(encode(elements[index])) + 1)
        count = min(random.choice((0, 0, 2, 3, 10, 100, 1500)), most)
        elements[index : index + 1] = [deepcopy(elements[index]) for _ in range(count)]


def _turn(random: Random, root: list[Any]) -> None:
    slot = _slot(random, root, list, Members)
    if slot:
        random.shuffle(slot[0][slot[1]])


def _nest(random: Random, root: list[Any]) -> None:
    parent, index = _slot(random, root) or (root, 0)
    opened, closed = random.choice(((b"[", b"]"), (b'{"x":', b"}"), (b'{"instances":[', b"]}")))
    depth = random.choice((1, 1, 2, 3, 40, 900, 1100, 3000))
    parent[index] = Text(opened * depth + encode(parent[index]) + closed * random.choice((depth, depth, depth - 1)))


def _tensor_field(random: Random, root: list[Any]) -> None:
    """Names, shapes and types of V2; of a body without tensors, some field."""
    pools: dict[str, list[Any]] = {
        "shape": edges.SHAPES,
        "datatype": edges.DATATYPES,
        "binary_data_size": edges.SIZES,
        "name": edges.NAMES,
    }
    objects = (parent[index] for parent, index in slots(root) if type(parent[index]) is Members)
    fields = [pair for members in objects for pair in members if pair[0] in pools]
    if fields:
        field = random.choice(fields)
        field[1] = tree(random.choice(pools[field[0]]))
    else:
        _edge(random, root)


_MUTATIONS = (_swap, _edge, _edge, _drop, _double, _rename, _add, _stretch, _turn, _nest, _tensor_field)
