"""Moments: one form in what is written, any of ISO 8601 in what others write."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from lakehouse_iam.moments import read_moment, read_utc, utc_text

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)


def test_a_moment_is_written_in_utc_and_read_again() -> None:
    assert utc_text(NOON.astimezone(timezone(timedelta(hours=9)))) == "2026-11-26T12:00:00Z"
    assert read_utc(utc_text(NOON)) == NOON


@pytest.mark.parametrize("text", ["2026-11-26T12:00:00Z", "2026-11-26T21:00:00+09:00", "2026-11-26T12:00:00"])
def test_any_form_of_iso_8601_is_the_same_moment(text: str) -> None:
    assert read_moment(text) == NOON


@pytest.mark.parametrize("text", ["2026-11-26T12:00:00+00:00", "2026-11-26", "yesterday", ""])
def test_what_was_not_written_here_is_no_moment_of_a_file(text: str) -> None:
    with pytest.raises(ValueError, match="does not match format"):
        read_utc(text)
