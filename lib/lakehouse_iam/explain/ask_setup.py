"""What a setup's own plan would answer to a request: which statement allows it, or which is missing, and whose it is.

No account is read: the plan is asked as it would be deployed, so a difference from what AWS answered means that what is deployed
is something else, or that a policy outside the setup decided. With snapshots, what they show is asked the same way: a difference
then means that something was changed in between, or that an input is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.chain import walk
from lakehouse_iam.explain.asked import Asked, PlanAsked, SnapshotsAsked
from lakehouse_iam.explain.request import SaidRequest
from lakehouse_iam.explain.sentences import sentence
from lakehouse_iam.explain.setup_answer import SetupAnswer
from lakehouse_iam.languages import Language
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.probes.probe import Expected, Probe, SamlSignIn
from lakehouse_iam.proof.deployed import Deployed, Written
from lakehouse_iam.proof.expectations import add_outsiders
from lakehouse_iam.proof.probe_chain import chain_of
from lakehouse_iam.proof.prove import Answer, Prover, Verdict
from lakehouse_iam.proof.unresolved import Reading
from lakehouse_iam.snapshot.live_world import LiveWorld


def ask_setup(plan: Plan, request: SaidRequest, language: Language) -> SetupAnswer:
    """Ask a setup's plan about a request.

    Args:
        plan: the setup's plan.
        request: the request; what it lacks is taken from the setup where only one value is possible.
        language: of the sentences; the evaluator's reasons are English.

    Raises:
        PlanError: the setup is larger than AWS accepts.
    """
    return _Asking(PlanAsked(plan, language), request, language).answer()


def ask_snapshots(live: LiveWorld, request: SaidRequest, language: Language) -> SetupAnswer:
    """Ask what snapshots show of a setup about a request.

    Args:
        live: what they show.
        request: the request; what it lacks is taken from the setup where only one value is possible.
        language: of the sentences; the evaluator's reasons are English.
    """
    return _Asking(SnapshotsAsked(live, request, language), request, language).answer()


_EXTERNAL_ID = "sts:ExternalId"


class _Asking:
    def __init__(self, asked: Asked, request: SaidRequest, language: Language) -> None:
        self._asked, self._request, self._language = asked, request, language
        self._document = asked.document
        self._opens = tuple(probe for probe in self._document.probes if probe.expected is Expected.ALLOW)
        self._roles = tuple(dict.fromkeys(_roles(self._opens)))
        self._stacks = {stack.stack: stack.account for stack in self._document.stacks}
        self._of_kind: dict[str, str] = {}

    def _say(self, key: str, /, **values: str) -> str:
        return sentence(key, self._language, **values)

    def answer(self) -> SetupAnswer:
        request = self._request
        principal, taken = self._principal()
        resource = request.resource
        holders = {policy_holder(probe.resource) for probe in self._opens} | set(self._roles) | self._keys()
        resource_known = policy_holder(resource) in holders
        known = principal in self._roles or any(principal == probe.principal for probe in self._opens)
        missing = tuple(self._say(key) for key in request.not_told if not (key == "no-caller" and principal))
        shown = SetupAnswer(
            self._document.setup,
            principal,
            known,
            resource,
            resource_known,
            missing=missing,
            of_snapshots=self._asked.of_snapshots,
        )
        if not known and not resource_known:
            return replace(shown, says=(self._say("nothing-of-setup", setup=self._document.setup),))
        if not (principal and request.action and resource):
            return replace(shown, says=(self._say("cannot-ask"),), taken=tuple(taken))
        if not known and account_of(principal) == self._owner():
            missing = (*missing, self._say("own-policies-unknown", principal=principal))
            says = (self._asked.say("not-decided"), self._say("caller-not-of-setup", principal=principal))
            return replace(shown, answer="not decided", says=says, taken=tuple(taken), missing=missing)
        if self._cannot_compare_external_id(principal):
            missing = (*missing, self._say("external-id-unknown", given=self._request.context[_EXTERNAL_ID]))
            return replace(shown, answer="not decided", says=(self._asked.say("not-decided"),), missing=missing)
        probe, more = self._probe(principal)
        return self._compared(shown, probe, (*taken, *more))

    def _principal(self) -> tuple[str, list[str]]:
        """Who asks, as the setup names them."""
        said = self._request.role or self._request.principal
        if not said:
            last = set(self._last_roles())
            if len(last) == 1:
                only = last.pop()
                return only, [self._say("only-caller", principal=only)]
            return "", []
        arn = split_arn(said)
        if arn is None or arn.service != "sts" or not arn.resource.startswith("assumed-role/"):
            return said, []
        name = arn.resource.split("/")[1]
        # A session's ARN leaves out the path of its role; a text shown to others often leaves out the account too.
        same = [role for role in self._roles if role.rpartition("/")[2] == name and _may_be(role, arn.account)]
        if len(same) == 1:
            hidden = () if arn.account.isdigit() else (self._say("account-hidden", principal=same[0]),)
            return same[0], list(hidden)
        return f"arn:{arn.partition}:iam::{arn.account}:role/{name}", []

    def _cannot_compare_external_id(self, principal: str) -> bool:
        """Whether the request names an external id and the setup does not know its own yet."""
        wanted = {value for like in self._alike(principal) for key, value in like if key == _EXTERNAL_ID}
        return _EXTERNAL_ID in self._request.context and bool(wanted & set(self._document.parameters.values()))

    def _owner(self) -> str:
        """The account of the resource; S3's ARNs do not name it, but the stacks of the setup's buckets do."""
        holder = policy_holder(self._request.resource)
        existing = next((one.account for one in self._document.existing if one.arn == holder), "")
        return account_of(holder) or existing or next((account_of(role) for role in self._last_roles()), "")

    def _last_roles(self) -> Iterator[str]:
        for probe in self._opens_on(self._request.resource):
            yield (probe.assumes or (probe.principal,))[-1]

    def _opens_on(self, resource: str) -> Iterator[Probe]:
        holder = policy_holder(resource)
        for probe in self._opens:
            if policy_holder(probe.resource) == holder:
                yield probe

    def _keys(self) -> set[str]:
        return {one.kms_key for one in self._document.existing if one.kms_key} | {
            one.arn for one in self._document.existing if ":kms:" in one.arn
        }

    def _probe(self, principal: str) -> tuple[Probe, list[str]]:
        """The request as a probe, completed by what the setup says of the same request."""
        request = self._request
        probe = Probe(request.action, principal, (), request.action, request.resource, Expected.DENY)
        context = dict(request.context)
        taken: list[str] = []
        if request.action.lower().startswith("kms:") and not context:
            return self._through_s3(principal, probe)
        for key, value in next(self._alike(principal), ()):
            if key not in context:
                context[key] = value
                unknown = value in self._document.parameters.values()
                taken.append(self._say("parameter-taken" if unknown else "context-taken", key=key, value=value))
        sign_in = self._sign_in(principal)
        if sign_in is not None:
            taken.append(self._say("audience-taken", audience=sign_in.audience))
        return replace(probe, context=tuple(context.items()), sign_in=sign_in), taken

    def _sign_in(self, principal: str) -> SamlSignIn | None:
        """What an assertion says, by the setup; an event does not hold it."""
        mine = [one for one in self._opens if one.principal == principal and one.sign_in]
        # Of the same role first: roles may take other session tags.
        mine.sort(key=lambda one: self._request.resource not in (one.resource, *one.assumes[:1]))
        return mine[0].sign_in if mine else None

    def _alike(self, principal: str) -> Iterator[tuple[tuple[str, str], ...]]:
        """The context of the setup's own requests of this kind."""
        action, resource = self._request.action.lower(), self._request.resource
        for probe in self._opens:
            callers = (probe.principal, *probe.assumes)
            for caller, (role, external_id) in zip(callers, probe.steps, strict=False):
                if action == "sts:assumerole" and caller == principal and role == resource and external_id:
                    yield ((_EXTERNAL_ID, external_id),)
            same = probe.action.lower() == action and policy_holder(probe.resource) == policy_holder(resource)
            if same and callers[-1] == principal and probe.context:
                yield probe.context

    def _through_s3(self, principal: str, probe: Probe) -> tuple[Probe, list[str]]:
        """S3 asks KMS in the caller's name, so the setup's own use of a bucket with the key is asked instead."""
        action = "s3:GetObject" if probe.action.lower() == "kms:decrypt" else "s3:PutObject"
        buckets = {one.arn for one in self._document.existing if one.kms_key == probe.resource}
        for one in self._opens:
            is_callers = (one.assumes or (one.principal,))[-1] == principal
            if one.action == action and is_callers and policy_holder(one.resource) in buckets:
                asked = replace(one, principal=principal, assumes=(), external_ids=(), sign_in=None)
                return asked, [self._say("key-through-s3", action=action, resource=one.resource)]
        return probe, []

    def _compared(self, shown: SetupAnswer, probe: Probe, taken: tuple[str, ...]) -> SetupAnswer:
        try:
            deployed = self._asked.deployed()
            add_outsiders(deployed, (probe,))
            if self._looks_for_own_statement(probe):
                _take_away_policy(deployed, policy_holder(probe.resource))
            answer = Prover(deployed).answer(probe)
            # Made here: the sentences of the reasons are found when they are read.
            because = _every_link(deployed, probe) if answer.verdict is Verdict.ALLOW else answer.because
        except LakehouseIamError as error:
            return replace(shown, missing=(*shown.missing, str(error)), taken=taken)
        documents = tuple(text for _, text in self._documents(deployed, shown.principal, probe))
        self._of_kind = {text: kind for kind, text in self._documents(deployed, shown.principal, probe)}
        told = replace(shown, because=because, documents=documents, taken=(*taken, *self._asked.given(deployed)))
        return self._judged(told, answer)

    def _looks_for_own_statement(self, probe: Probe) -> bool:
        """Whether AWS asks for a statement of the role's own: within one account either side is enough."""
        within = account_of(probe.principal) == self._owner()
        return self._request.kind == "identity" and within and not self._asked.of_snapshots

    def _judged(self, shown: SetupAnswer, answer: Answer) -> SetupAnswer:
        allowed = self._request.allowed
        if answer.verdict is Verdict.NOT_DECIDED:
            missing = (*shown.missing, *shown.because)
            return replace(
                shown, answer="not decided", because=(), missing=missing, says=(self._asked.say("not-decided"),)
            )
        would = answer.verdict is Verdict.ALLOW
        word = "allow" if would else "deny"
        here, aws = "allows" if would else "refuses", {True: "allowed", False: "denied", None: "unknown"}[allowed]
        says = [self._asked.say(f"{here}-aws-{aws}")]
        if allowed is None:
            return replace(shown, answer=word, says=tuple(says))
        if would is not allowed:
            accounts = (account_of(shown.principal), self._owner())
            shown = replace(shown, missing=(*shown.missing, *self._asked.unread(accounts)))
        if would and not allowed and not self._asked.of_snapshots:
            says += list(self._where_to_look(shown))
        if not would and not allowed and not shown.principal_in_setup:
            says.append(self._say("caller-not-of-setup", principal=shown.principal))
        if not would and not allowed and not shown.resource_in_setup:
            says.append(self._say("resource-not-of-setup", resource=shown.resource))
        return replace(shown, answer=word, says=tuple(says), differs=would is not allowed)

    def _where_to_look(self, shown: SetupAnswer) -> Iterator[str]:
        """The documents of the kind that AWS names; all of them where it names none, and none where it names another's."""
        for document in shown.documents:
            if self._request.kind in ("", self._of_kind[document]):
                yield self._say("compare-document", document=document)
        account = account_of(shown.principal)
        yield self._say("or-outside", account=account if account in self._stacks.values() else self._owner())

    def _documents(self, deployed: Deployed, principal: str, probe: Probe) -> Iterator[tuple[str, str]]:
        """The kind of each document that decides, and where it is."""
        holder = policy_holder(probe.resource)
        role, target = deployed.roles.get(principal), deployed.roles.get(holder)
        found: list[tuple[str, Written]] = []
        if role is not None and principal in self._roles:
            found += [("identity", one) for one in role.identity.values()]
        if target is not None and target.trust is not None and self._request.action.lower().startswith("sts:"):
            found.append(("trust", target.trust))
        for holds in (deployed.buckets.get(holder), deployed.keys.get(self._request.resource)):
            if holds is not None:
                found += [("resource", one) for one in (holds.policy, *holds.handed_off) if one]
        # What was assumed has the ARN it was assumed for as its place: nobody can compare anything with that.
        yield from ((kind, self._place(one)) for kind, one in found if not one.place.file.startswith("arn:"))

    def _place(self, written: Written) -> str:
        account = self._stacks.get(written.place.file) or self._asked.account_of(written.place.file)
        return self._say("document", place=str(written.place), account=account) if account else str(written.place)


def _roles(probes: tuple[Probe, ...]) -> Iterator[str]:
    for probe in probes:
        yield from (one for one in (probe.principal, *probe.assumes, probe.resource) if ":role/" in one)


def _every_link(deployed: Deployed, probe: Probe) -> tuple[str, ...]:
    """Why a request is allowed, S3's own requests to KMS included."""
    links = walk(deployed.world(Reading.LEAST), chain_of(probe)).links
    return tuple(dict.fromkeys(reason for link in links for reason in link.decision.because))


def _take_away_policy(deployed: Deployed, holder: str) -> None:
    bucket = deployed.buckets.get(holder)
    if bucket is not None:
        bucket.policy, bucket.handed_off = None, []


def _may_be(role: str, account: str) -> bool:
    """Whether a role may be of an account; an id that was taken out of a text may be any."""
    return not account.isdigit() or account_of(role) == account
