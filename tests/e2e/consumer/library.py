"""What somebody else writes on top of the library; a type checker that sees only the installed package follows all of it."""

from __future__ import annotations

from pathlib import Path

from lakehouse_iam.cloudformation import templates, text
from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.evaluator import Case, case_of, decide
from lakehouse_iam.patterns import Pattern, every_pattern
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.proof.prove import Proof, prove_plan
from lakehouse_iam.setups import Setup, SetupError, load_setups, setups_from_text


def templates_of(file: Path) -> dict[str, str]:
    """Setups become templates, and what is wrong is one error with all problems."""
    try:
        setups: tuple[Setup, ...] = load_setups(file)
    except SetupError as error:
        lines: list[int] = [problem.line for problem in error.problems]
        raise SystemExit(str(lines)) from error
    made: dict[str, str] = {}
    for setup in setups:
        plan: Plan = plan_setup(setup)
        for id, template in templates(plan).items():
            made[f"{plan.setup}/{id}"] = text(template)
    return made


def holds(document: str) -> bool:
    """A setup in a text, proved."""
    (setup,) = setups_from_text(document)
    proof: Proof = prove_plan(plan_setup(setup))
    reasons: list[str] = [reason for answer in proof.answers for reason in answer.because]
    return proof.holds and bool(reasons)


def decision(body: dict[str, object]) -> str:
    """One request, decided."""
    case: Case = case_of(body, 1)
    return decide(case).decision


def names() -> list[str]:
    """The patterns there are."""
    patterns: tuple[Pattern, ...] = every_pattern()
    return [pattern.name for pattern in patterns]


def fails(error: LakehouseIamError) -> str:
    """Every error of the library has one base."""
    return error.allowed if isinstance(error, InvalidValue) else str(error)
