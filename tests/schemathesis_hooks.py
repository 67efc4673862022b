"""Gives Schemathesis real ids and codes of the house it asks: beside what the
document allows, requests name things that are there. Answers are still compared with
the document as it is served. Reads CARTAGE_SEEDS, written by `tests/it/contract.rs`:
{"ids": {"OrderId": [...]}, "words": {"sku": [...]}, "places": {"/api/v1/asns/{id}": [...]}}.
"""

import json
import os

import schemathesis

COMPONENTS = "#/components/schemas/"
METHODS = ("get", "put", "post", "delete", "patch")

with open(os.environ["CARTAGE_SEEDS"], encoding="utf-8") as file:
    SEEDS = json.load(file)


def beside(schema, known):
    """What the schema allows, and what is known to be there."""
    return {"anyOf": [{"enum": known}, schema]} if known else schema


def is_text(schema):
    kind = schema.get("type")
    return kind == "string" or kind == ["string", "null"]


class Asked:
    """Schemas of requests, copied apart from those of answers."""

    def __init__(self, components):
        self.components = components

    def reference(self, name):
        copy = "Asked" + name
        if copy not in self.components:
            self.components[copy] = {}
            made = self.schema(self.components[name])
            self.components[copy] = beside(made, SEEDS["ids"].get(name))
        return {"$ref": COMPONENTS + copy}

    def schema(self, schema):
        if isinstance(schema, list):
            return [self.schema(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        if isinstance(schema.get("$ref"), str):
            return self.reference(schema["$ref"].removeprefix(COMPONENTS))
        made = {key: self.schema(value) for key, value in schema.items() if key != "properties"}
        if "properties" in schema:
            made["properties"] = {name: self.field(name, value) for name, value in schema["properties"].items()}
        return made

    def field(self, name, schema):
        made = self.schema(schema)
        return beside(made, SEEDS["words"].get(name)) if is_text(schema) else made


@schemathesis.hook
def before_load_schema(context, raw_schema):
    asked = Asked(raw_schema["components"]["schemas"])
    for path, item in raw_schema["paths"].items():
        for method, operation in item.items():
            if method not in METHODS:
                continue
            # With it any status would count as documented.
            operation["responses"].pop("default", None)
            for parameter in operation.get("parameters", []):
                made = asked.field(parameter["name"], parameter["schema"])
                if parameter["in"] == "path" and is_text(parameter["schema"]):
                    there = SEEDS["places"].get("/".join(path.split("/")[:4]), [])
                    made = beside(made, there if parameter["name"] in ("id", "code", "file") else [])
                parameter["schema"] = made
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content["schema"] = asked.schema(content["schema"])


def whole(value):
    """`2612.0` is a whole number to a schema; the house reads `2612` alone."""
    if isinstance(value, dict):
        return {key: whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def map_body(context, body):
    return whole(body)
