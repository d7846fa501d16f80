"""The errors this library raises for anything a user can cause.

Each one says what is wrong, what is allowed and what to do next. The command line turns them into one calm line and
an exit code; nobody ever sees a traceback for a typing mistake. All have one base:

    LakehouseIamError
        AwsError (aws_sessions)
            AwsRefusal (aws_sessions)
            AwsUnreachable (aws_sessions)
            NotSignedIn (aws_sessions)
                OtherAccount (aws_sessions)
        CallerError (evaluator.principals)
        CaseError (evaluator.cases)
        Conflict (databricks.refusals)
        DatabricksError (databricks.refusals)
            AlreadyThere (databricks.refusals)
            NoSuchApi (databricks.refusals)
            NotAllowed (databricks.refusals)
            NotLoggedIn (databricks.refusals)
            NotThere (databricks.refusals)
            Refused (databricks.refusals)
            Unavailable (databricks.refusals)
                Unreachable (databricks.refusals)
        DeploymentError (rehearsal.deployment)
            RehearsalStopped (rehearsal.unity_catalog)
        EngineMissing (terraform.engine)
        InvalidValue
            NotForThisEngine (terraform_json.capabilities)
        JsonFaultError (evaluator.strict_json)
        LiveTrustUnreadable (databricks.live_trust)
        LocalAwsError (rehearsal.local_aws)
        MergeError (policy_merge.merging)
        PlanError (plan.phases)
        PlanErrors (plan.phases)
        PolicyError (proof.deployed)
        PolicyGrammarError (evaluator.grammar)
        PrincipalSyntaxError (evaluator.principals)
        QuotaExceeded
        ReportError (report.reading)
        RequestError (evaluator.request)
        SamlPackagesMissing (saml.xml)
        SetupError (setups.problems)
        SeveralQuotas (plan.quotas)
        SharedCredential (databricks.refusals)
        StillUsed (databricks.refusals)
        StsRefusal (rehearsal.sts.token_service)
        TemplateError (template_text)
            NestedTemplateMissing (proof.template_files)
        UnknownOperatorError (evaluator.operators)
        VariableSyntaxError (evaluator.variables)
        WorldError (evaluator.world)
"""

from __future__ import annotations


class LakehouseIamError(Exception):
    """Base of every error that is the caller's to fix."""


class InvalidValue(LakehouseIamError, ValueError):
    """One value that AWS or Databricks would refuse, or that would not mean what its author thinks.

    Args:
        what: what is wrong with the value, quoting it.
        allowed: what is allowed, with the limit.
        next_step: what to write or do instead; may be empty where `allowed` already says it.
    """

    def __init__(self, what: str, *, allowed: str, next_step: str = "") -> None:
        self.what = what
        self.allowed = allowed
        self.next_step = next_step
        super().__init__(": ".join(part for part in (what, allowed, next_step) if part))


class QuotaExceeded(LakehouseIamError, ValueError):
    """A document or a template that would be larger than AWS accepts.

    Args:
        what: which quota, whose document, by how much.
        next_step: how many buckets fit and what to do about the rest.
    """

    def __init__(self, what: str, *, next_step: str) -> None:
        self.what = what
        self.next_step = next_step
        super().__init__(f"{what}: {next_step}")
