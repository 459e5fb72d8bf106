"""Every request that the OpenAPI document allows, and many that it does not (schemathesis)."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from fuzz import examples
from servers.fakes import FakeEngine
from taxiway.core.config import Config
from taxiway.servers.http.routes import routes
from taxiway.web.application import application
from toys import Echo, Gradient


def schema_of(engine: Any) -> Any:
    app = application(routes(engine, lambda: "fake"), Config(allowed_hosts=("testserver",)))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(autouse=True)
def named(request: pytest.FixtureRequest) -> None:
    """What schemathesis reads, and pytest 9.2 has elsewhere."""
    request.node._nodeid = request.node.nodeid


@pytest.fixture
def pictures() -> Any:
    return schema_of(FakeEngine(Gradient(), {"length": 8}))


@pytest.fixture
def echo() -> Any:
    return schema_of(FakeEngine(Echo()))


# From fixtures, since every worker collects these tests and one makes their requests.
schema = schemathesis.pytest.from_fixture("pictures")
schema_without_pictures = schemathesis.pytest.from_fixture("echo")


# The toy's arithmetic overflows on the largest numbers that a vector takes.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@schema.parametrize()
@settings(
    max_examples=examples(100),
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_document_says(case: schemathesis.Case) -> None:
    case.call_and_validate()


@schema_without_pictures.parametrize()
@settings(
    max_examples=examples(50),
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_so_it_is_of_a_model_without_z_seed_and_picture(case: schemathesis.Case) -> None:
    case.call_and_validate()
