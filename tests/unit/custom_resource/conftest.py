from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.custom_resource.fake_aws import FakeAws
from tests.unit.custom_resource.stack import MARK_PATH
from tests.unit.custom_resource.transports import Loopback, Stubbed, Transport, loopback


@pytest.fixture(autouse=True)
def mark_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARK_PATH", MARK_PATH)


@pytest.fixture(scope="session")
def stubbed() -> Stubbed:
    return Stubbed()


@pytest.fixture(scope="session")
def over_http() -> Iterator[Loopback]:
    with loopback() as transport:
        yield transport


# Over HTTP the same takes ten times as long.
@pytest.fixture(params=["stubbed", pytest.param("over_http", marks=pytest.mark.e2e)])
def transport(request: pytest.FixtureRequest) -> Transport:
    found: Transport = request.getfixturevalue(request.param)
    found.aws = FakeAws()
    found.fault = ""
    found.answers = []
    return found
