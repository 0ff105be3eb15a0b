"""A client made from ``/openapi.json`` alone, as an app developer would make one: nothing of it is committed.

``client_for(server)`` gives a ``Client`` with a method for each operation, named by its operationId, and
models that datamodel-code-generator made:

    client = client_for(server)
    client.accounts_send_code(phone="13800001234")
    opened = client.accounts_sign_in(phone="13800001234", code=code)   # a SessionOpened
    client.token = opened.token
    made = client.applications_apply(client.models.NewPersonal(kind="personal", product="…"))
    client.applications_put_licence(application_id=made.id, content=picture)
    with pytest.raises(Refused, match="pin_wrong"): …

Parameters are keywords; a JSON body is one model, or its fields as keywords. Answers are models, lists of
models, bytes or None. An answer that does not fit its model raises, and so does an unknown status.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tempfile
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from datamodel_code_generator import DataModelType, InputFileType, generate
from pydantic import BaseModel, RootModel, SecretStr
from pydantic_core import to_jsonable_python

from tests.api.running import Server

Description = dict[str, Any]


class Refused(Exception):
    """A problem that the operation names. ``facts``: all its members."""

    def __init__(self, status: int, facts: dict[str, Any]) -> None:
        super().__init__(f"{status} {facts['code']}: {facts['message']} ({facts['detail']})")
        self.status, self.code, self.facts = status, str(facts["code"]), facts


def client_for(server: Server, token: str = "") -> Client:
    """A client of a running server. ``token``: of a session, where there is one."""
    http = server.client()
    described = http.get("/openapi.json").text
    return Client(http, json.loads(described), _models(described), token)


class Client:
    """Operations by their operationId, as methods."""

    def __init__(self, http: httpx.Client, described: Description, models: Any, token: str = "") -> None:
        self.http, self.models, self.token = http, models, token
        self._described = described
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
        }

    def as_(self, token: str) -> Client:
        """The same client in another session."""
        return Client(self.http, self._described, self.models, token)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._operations:
            raise AttributeError(f"no operation {name}")
        return partial(self._call, *self._operations[name])

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._operations]

    def _call(
        self, method: str, path: str, operation: Description, body: BaseModel | None = None, /, **given: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token and "security" in operation else {}
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": headers}
        for one in operation.get("parameters", ()):
            keyword = one["name"].lower().replace("-", "_")
            if keyword in given and one["in"] in places:
                places[one["in"]][one["name"]] = given.pop(keyword)
        sent = self._sent(operation, body, given, headers)
        address = path.format(**places["path"])
        answer = self.http.request(method, address, params=places["query"], headers=headers, **sent)
        return self._read(operation, answer)

    def _sent(
        self, operation: Description, body: BaseModel | None, given: dict[str, Any], headers: dict[str, Any]
    ) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            model = self._class_of(content["application/json"]["schema"])
            made = body if body is not None else model(**given) if model else given
            return {"json": _plain(made)}
        if "multipart/form-data" in content:
            return {"files": {"file": given.pop("file")}, "data": given}
        if content:
            headers["Content-Type"] = given.get("media_type", next(iter(content)))
            return {"content": given["content"]}
        assert not given, f"{operation['operationId']} has no {', '.join(given)}"
        return {}

    def _read(self, operation: Description, answer: httpx.Response) -> Any:
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, f"{operation['operationId']} does not name {answer.status_code}"
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return answer.content or None
        if schema.get("type") == "array":
            model = self._class_of(schema["items"])
            return [model.model_validate(one) for one in answer.json()] if model else answer.json()
        model = self._class_of(schema)
        return model.model_validate(answer.json()) if model else answer.json()

    def _class_of(self, schema: Description) -> Any:
        """The generated class of a reference; None for unions and plain values."""
        reference = schema.get("$ref")
        if reference is None:
            return None
        parts = re.split(r"[_\W]+", reference.rpartition("/")[2])
        named = "".join(one[:1].upper() + one[1:] for one in parts)
        # A string within a body that is called as the model is may have taken the name before it.
        named = next(name for name in (named, f"{named}1") if not self._is_string(name))
        return getattr(self.models, named)

    def _is_string(self, name: str) -> bool:
        found = getattr(self.models, name)
        return isinstance(found, type) and issubclass(found, RootModel)


def _plain(body: Any) -> Any:
    """``body`` as JSON has it; secrets, which models hide, as they are."""
    if isinstance(body, BaseModel):
        return json.loads(json.dumps(body.model_dump(by_alias=True, exclude_unset=True), default=_told))
    return body


def _told(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else to_jsonable_python(value)


@cache
def _models(described: str) -> ModuleType:
    """The module of models, made once for each description."""
    name = f"generated_{sha256(described.encode()).hexdigest()[:16]}"
    folder = Path(tempfile.mkdtemp(prefix="sealbridge-client-"))
    target = folder / f"{name}.py"
    generate(
        described,
        input_file_type=InputFileType.OpenAPI,
        output=target,
        output_model_type=DataModelType.PydanticV2BaseModel,
        use_annotated=True,
        use_subclass_enum=True,
        formatters=[],
    )
    spec = importlib.util.spec_from_file_location(name, target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
