"""Examples of bodies, put together from those of their fields."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

# By the name of a field, where its own schema gives none.
_FIELDS: Final[dict[str, Any]] = {
    "token": "yVQ0l9x3Yk0pVn2qj7oY6b8mZ1rTt5sWcUe4hKdLgA",
    "refresh_token": "fGm5S8c1N2vB7xQ4wR9tY0uI3oP6aD5sKjHlZzXcVb",
    "password": "Shan-Dong-2026",
    "old_password": "Lin-Yi-2025",
    "pin": "8642-Seal",
    "id_number": "371300198001010014",
    "legal_person_id": "371300198001010014",
    "legal_person": "张三丰",
    "administrator_name": "李*光",
    "administrator_phone": "138****1234",
    "person_name": "李四光",
    "bank_card": "6217000010001234567",
    "bank_phone": "13800001234",
    "credit_code": "91371300MA3C0TEQ4M",
    "enterprise_name": "临沂阳光建设有限公司",
    "name": "临沂阳光建设有限公司",
    "serial": "5f3a9c01d2",
    "product": "linyi-enterprise-month",
    "reason": "营业执照照片不清晰",
    "grounds": "U 盾遗失",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "code": "042137",
    "old_code": "042137",
    "ticket": "b0Jt3mQp9xVYl2nZ",
    "cms": "MIICdQYJKoZI",
    "signing_request": "MIHYMH8CAQAw",
    "encryption_key": "MFkwEwYHKoZI",
    "lock_label": "阳光建设的锁",
    "lock_serial": "0123456789ABCDEF",
    "proof": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "signing_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "encryption_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "signing_certificate": "MIIBszCCAVmg",
    "encryption_certificate": "MIIBtDCCAVqg",
    "challenge": "BLj5Tm8nS0Zk",
    "next": None,
    "certificate": "MIIBszCCAVmg",
    "address": "GK7M-2QTX",
    "operator": "zhang-wei",
    "host": "trade.example.org.cn",
    "device": "stamp-station-01",
    "profile": "platform",
    "province": "shandong",
    "platform": "linyi",
    "authority": "sealbridge",
}
_FORMATS: Final = {
    "date-time": "2026-03-02T08:30:00Z",
    "date": "2026-03-02",
    "uri": "https://ra.example.org.cn/",
    "binary": "…",
}
PLACEHOLDER: Final = "示例"
"""Stands where nothing better is known."""
_DEPTH: Final = 8


def example_of(schema: Schema, components: dict[str, Schema], name: str = "", depth: int = 0) -> Any:
    """A value of ``schema``. ``name``: the field's; ``components``: the schemas that it may refer to."""
    schema = resolved(schema, components)
    given = _given(schema, name)
    if given is not None:
        return given[0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example_of(schema[choice][0], components, name, depth)
    if "properties" in schema:
        return {
            key: example_of(one, components, key, depth + 1)
            for key, one in schema["properties"].items()
            if depth < _DEPTH and _is_shown(one)
        }
    return _of_type(schema, components, name, depth)


def resolved(schema: Schema, components: dict[str, Schema]) -> Schema:
    """The schema that a reference stands for."""
    reference = schema.get("$ref")
    return schema if reference is None else components[reference.rpartition("/")[2]] | _beside(schema)


def _beside(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key in ("examples", "default")}


def _given(schema: Schema, name: str) -> tuple[Any] | None:
    if "const" in schema:
        return (schema["const"],)
    if schema.get("examples"):
        return (schema["examples"][0],)
    if "enum" in schema:
        return (schema["default"] if "default" in schema else schema["enum"][0],)
    if name in _FIELDS and _fits(_FIELDS[name], schema):
        return (_FIELDS[name],)
    if "default" in schema and "properties" not in schema:
        return (schema["default"],)
    return None


def _fits(value: Any, schema: Schema) -> bool:
    kinds = {schema.get("type"), *(one.get("type") for one in schema.get("anyOf", ()))}
    wanted = "null" if value is None else "string"
    return wanted in kinds and len(value or "") >= schema.get("minLength", 0)


def _is_shown(schema: Schema) -> bool:
    """What may be left out and says nothing of itself is left out of the example."""
    return not (schema.get("default", ...) is None and "examples" not in schema)


def _of_type(schema: Schema, components: dict[str, Schema], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "array":
            return (
                [] if depth > _DEPTH else [example_of(schema.get("items", {}), components, name, depth + 1)]
            )
        case "integer":
            return int(schema.get("minimum", 1))
        case "number":
            return schema.get("minimum", 1.0)
        case "boolean":
            return True
        case "object":
            return {}
        case "null":
            return None
    return _FORMATS.get(schema.get("format", ""), PLACEHOLDER)
