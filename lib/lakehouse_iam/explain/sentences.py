"""What is said of a text beside a setup, in English and Japanese."""

from __future__ import annotations

from pathlib import Path

from lakehouse_iam.languages import Sentences

sentence = Sentences(Path(__file__).with_name("sentences.json")).sentence
"""The sentence of a key of `sentences.json` in a language, with values in its places."""
