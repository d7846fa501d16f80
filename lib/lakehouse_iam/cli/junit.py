"""A report as JUnit XML, which Jenkins, GitLab and most CI services show as tests.

There is no standard; what is written is what all of them read: `testsuites`, `testsuite`, `testcase`, `failure`, `system-out`
(the common subset, from memory, to be checked against each service's page).
"""

from __future__ import annotations

from xml.etree import ElementTree

from lakehouse_iam.cli.ci_report import Case, CiReport, Finding, Level
from lakehouse_iam.cli.terminal import escaped, one_line


def junit_text(report: CiReport) -> str:
    """The report; characters that XML does not take are written as escapes."""
    suites: dict[str, list[Case]] = {}
    for case in report.cases:
        suites.setdefault(case.suite, []).append(case)
    root = ElementTree.Element("testsuites", {"name": f"lakehouse-iam {report.command}", **_counts(report.cases)})
    for name, cases in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": one_line(name), **_counts(cases)})
        for case in cases:
            _add(suite, case, f"{report.command}.{name}")
    ElementTree.indent(root)
    # ASCII and character references: the same bytes on consoles of any encoding.
    text: bytes = ElementTree.tostring(root, encoding="us-ascii")
    return f"{text.decode('ascii')}\n"


def _counts(cases: tuple[Case, ...] | list[Case]) -> dict[str, str]:
    failures = sum(any(finding.level is Level.ERROR for finding in case.findings) for case in cases)
    return {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": "0"}


def _add(suite: ElementTree.Element, case: Case, class_name: str) -> None:
    element = ElementTree.SubElement(suite, "testcase", classname=one_line(class_name), name=one_line(case.name))
    wrong = [finding for finding in case.findings if finding.level is Level.ERROR]
    if wrong:
        failure = ElementTree.SubElement(element, "failure", type=wrong[0].rule, message=one_line(wrong[0].message))
        failure.text = "\n".join(_line(finding) for finding in wrong)
    said = [f"{finding.level.value}: {_line(finding)}" for finding in case.findings if finding not in wrong]
    if said:
        ElementTree.SubElement(element, "system-out").text = "\n".join(said)


def _line(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return escaped(f"{place}: {finding.message}" if place else finding.message)
