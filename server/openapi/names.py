"""Name schemas and operations, so that generated clients have types and methods with readable names."""

import re
from typing import Any

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"


class Named(Schema):
    """A schema that becomes a component of the document.

    Args:
        name: Its name.
        schema: What it describes.
        shared: Whether it is the same for all models. Otherwise the model's name comes before its own.
    """

    def __init__(self, name: str, schema: Schema, *, shared: bool = False) -> None:
        super().__init__(schema)
        self.name = name
        self.shared = shared


class Names:
    """The names of one document: of its schemas, and of its operations."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._operations: set[str] = set()

    def extract(self, part: Any, model: str = "") -> Any:
        """Return a part of the document in which references stand for the named schemas, which become components."""
        if isinstance(part, list):
            return [self.extract(item, model) for item in part]
        if not isinstance(part, dict):
            return part
        schema = {key: self.extract(value, model) for key, value in part.items()}
        if not isinstance(part, Named):
            return schema
        name = part.name if part.shared else _camel_case(model) + part.name
        while self.schemas.setdefault(name, schema) != schema:
            name += "_"  # models `a-b` and `a_b`
        return {"$ref": REFERENCE + name}

    def operation_id(self, verb: str, model: str = "") -> str:
        """Return an ID that no other operation has."""
        found = "_".join(filter(None, (verb, *_words(model))))
        while found in self._operations:
            found += "_"  # models `a-b` and `a_b`
        self._operations.add(found)
        return found


def _camel_case(model: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in _words(model))


def _words(model: str) -> list[str]:
    return re.findall("[A-Za-z0-9]+", model)
