"""What holds for everything below `/api`: JSON for every error, access by token, its document."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from app.authorization import Scope
from app.people.api_tokens import NewToken
from app.web.access import (
    Anybody,
    LoadWriter,
    Machine,
    Reader,
    UndeclaredRouteError,
    refuse_undeclared,
)
from app.web.problems import MEDIA_TYPE
from app.web.server import ROUTERS, create_app
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from app.bootstrap import Application

DOCUMENT = "/api/v1/openapi.json"


@pytest.fixture
def client(application: Application) -> TestClient:
    return TestClient(create_app(application), base_url="http://api.test")


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api", 404, "no_such_address"),
        ("GET", "/api/", 404, "no_such_address"),
        ("GET", "/api/v1", 404, "no_such_address"),
        ("POST", "/api/v1/tickets", 404, "no_such_address"),
        ("GET", "/api/v2/loads", 404, "no_such_address"),
        ("GET", "/api/v1/loads", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/loads", 405, "method_not_allowed"),
        ("POST", DOCUMENT, 405, "method_not_allowed"),
        ("GET", "/api/v1/loads%00", 400, "bad_request"),
        ("POST", "/api/v1/loads?x=%00", 400, "bad_request"),
    ],
)
def test_an_error_is_never_a_page(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    assert [each["code"] for each in body["errors"]] == [code]
    if status == 405:
        assert answer.headers["allow"] in {"POST", "GET"}


def test_people_still_get_pages(client: TestClient) -> None:
    for path in ("/nothing-here", "/apis", "/tickets/api/v1"):
        answer = client.get(path)
        assert answer.headers["content-type"].startswith("text/html")
    assert client.get("/p/x?y=%00").headers["content-type"].startswith("text/plain")


def test_a_fault_of_ours_tells_nothing_of_itself(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    broken = APIRouter()

    @broken.get("/api/v1/broken")
    def fail(_who: Anybody) -> str:
        msg = "secret detail"
        raise RuntimeError(msg)

    answer = TestClient(create_app(application, further=[broken])).get("/api/v1/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    assert [each["code"] for each in answer.json()["errors"]] == ["fault"]
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


# --- access -------------------------------------------------------------------------------------


def test_every_call_says_by_which_token_it_is_opened() -> None:
    refuse_undeclared(ROUTERS)


def test_a_call_that_says_nothing_keeps_the_server_from_starting(application: Application) -> None:
    careless = APIRouter()

    @careless.post("/api/v1/forgotten")
    def forgotten() -> str:
        return "open to the world"

    with pytest.raises(UndeclaredRouteError, match="/api/v1/forgotten"):
        create_app(application, further=[careless])


def test_below_api_only_a_token_opens_what_is_not_for_everybody() -> None:
    for declaration, method in (
        (Reader, "GET"),  # a browser would send its cookies by itself
        (Machine, "POST"),
        (Anybody, "POST"),
    ):
        with pytest.raises(UndeclaredRouteError):
            refuse_undeclared([routed("/api/v1/x", method, declaration)])
    refuse_undeclared([routed("/api/v1/x", "POST", LoadWriter)])
    refuse_undeclared([routed("/api/v1/x", "GET", Anybody)])


def test_a_token_opens_nothing_of_the_console() -> None:
    with pytest.raises(UndeclaredRouteError):
        refuse_undeclared([routed("/tickets/x", "GET", LoadWriter)])


def routed(path: str, method: str, declaration: Any) -> APIRouter:
    def route(request: Request, who: Any) -> str:
        return f"{request.url} {who}"

    route.__annotations__ = {"request": Request, "who": declaration, "return": str}
    router = APIRouter()
    router.add_api_route(path, route, methods=[method])
    return router


# --- the document -------------------------------------------------------------------------------


def test_the_document_lists_exactly_the_calls(client: TestClient) -> None:
    answer = client.get(DOCUMENT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    listed = {
        (path, method.upper()) for path, calls in answer.json()["paths"].items() for method in calls
    }
    served = {
        (route.path, method)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path.startswith("/api/")
        for method in route.methods
    }
    assert listed == served - {(DOCUMENT, "GET")}
    assert listed == {("/api/v1/loads", "POST")}


def test_every_call_names_its_scope_and_how_it_may_fail(client: TestClient) -> None:
    document = client.get(DOCUMENT).json()
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for calls in document["paths"].values():
        for call in calls.values():
            ((scopes,),) = (each.values() for each in call["security"])
            assert set(scopes) <= set(Scope)
            assert scopes
            assert call["summary"]
            assert call["description"]
            failures = {"401", "403", "413", "422", "500", "503"}
            assert set(call["responses"]) == {"200", *failures}
            for status in failures:
                assert set(call["responses"][status]["content"]) == {MEDIA_TYPE}


def test_every_reference_of_the_document_leads_somewhere(client: TestClient) -> None:
    document = client.get(DOCUMENT).json()
    text = json.dumps(document)
    names = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', text))
    assert text.count("$ref") == text.count('"$ref": "#/components/schemas/')
    assert names == set(document["components"]["schemas"])


def test_every_field_is_explained(client: TestClient) -> None:
    for name, schema in client.get(DOCUMENT).json()["components"]["schemas"].items():
        assert schema["description"], name
        for field, facts in schema["properties"].items():
            assert facts.get("description") or "$ref" in facts.get("items", {}), (name, field)


def test_the_example_of_the_document_is_taken_as_it_stands(
    client: TestClient, application: Application
) -> None:
    new = NewToken(
        name="采集系统", user_id="tc-counter", scopes=frozenset({Scope.LOADS_WRITE}), days=1
    )
    token = application.api_tokens.issue(new, actor=SYSTEM).token
    call = client.get(DOCUMENT).json()["paths"]["/api/v1/loads"]["post"]
    (content,) = call["requestBody"]["content"].values()
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post("/api/v1/loads", json=content["example"], headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
