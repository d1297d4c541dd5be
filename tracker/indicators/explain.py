"""Why an item hits an indicator, or what it lacks: clause by clause, what held, what failed, and the spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tracker.indicators.matcher import Matcher
from tracker.indicators.nearness import Neighbours, Occurrence, with_partner
from tracker.indicators.plan import Absent, All, Any, Apart, Chain, Condition, Leaf, Plan, Within, shown
from tracker.indicators.scan import Scan
from tracker.indicators.tree import Link
from tracker.model import Evidence, Item, NearMiss

Outcome = Literal["hit", "near miss", "suppressed", "miss"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query: whether it held, what its failing consisted in, and the places that speak for it."""

    text: str
    held: bool
    note: str
    spans: tuple[Evidence, ...]
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """One indicator and one item. ``missing`` is the one clause that failed, where it was only one."""

    indicator: str
    outcome: Outcome
    score: float
    missing: str
    clause: Clause
    forms: tuple[tuple[str, tuple[str, ...]], ...]
    """The terms that fired, each with all forms it stands for."""


def explain(matcher: Matcher, item: Item, indicators: Iterable[str] | None = None) -> list[Explanation]:
    """An explanation for each of the indicators (all, where none are named), in the order of the codebook."""
    wanted = None if indicators is None else set(indicators)
    scan = matcher.scan(item, always=True)
    assert scan is not None
    matches = {match.indicator: match for match in matcher.match(item)}
    misses = {miss.indicator: miss for miss in near_misses(matcher, item)}
    found = []
    for name, plan in zip(matcher.names, matcher.compiled.plans, strict=True):
        if wanted is not None and name not in wanted:
            continue
        match, miss = matches.get(name), misses.get(name)
        outcome: Outcome = "hit" if match else "miss"
        if miss is not None:
            outcome = "suppressed" if miss.suppressed else "near miss"
        clause = _clause(matcher, scan, plan)
        forms = _forms(matcher, plan, [span.term for span in _spans(clause)])
        found.append(
            Explanation(name, outcome, match.score if match else 0.0, miss.missing if miss else "", clause, forms)
        )
    return found


def near_misses(matcher: Matcher, item: Item) -> tuple[NearMiss, ...]:
    """Indicators whose query the item would satisfy but for one clause, or but for an exclusion or a mask."""
    scan, bare = matcher.scan(item), matcher.scan(item, masks=False)
    if scan is None or bare is None:
        return ()
    fitting, fitting_bare = matcher.fitting(scan), matcher.fitting(bare)
    found = []
    for query, (name, plan) in enumerate(zip(matcher.names, matcher.compiled.plans, strict=True)):
        if query in fitting:
            continue
        if query in fitting_bare:
            spans = [occurrence for plan in fitting_bare[query] for occurrence in plan.evidence(bare)]
            found.append(NearMiss(name, "a mask", True, matcher.evidence(bare, spans)))
            continue
        best = min((_lacking(branch, scan) for branch in _branches(plan)), key=lambda lack: (lack[0], not lack[2]))
        if best[0] == 1 and best[1]:
            missing, suppressed, held = best[1], best[2], best[3]
            evidence = matcher.evidence(scan, held)
            if evidence:
                found.append(NearMiss(name, missing, suppressed, evidence))
    return tuple(found)


def _branches(plan: Plan) -> tuple[Plan, ...]:
    return plan.nodes if isinstance(plan, Any) else (plan,)


_Lack = tuple[int, str, bool, list[Occurrence]]
"""How many clauses fail, the text of one of them, whether it is an exclusion, and the places that hold."""


def _lacking(plan: Plan, scan: Scan) -> _Lack:
    if isinstance(plan, All):
        parts = [_lacking(node, scan) for node in plan.nodes]
        failed = [part for part in parts if part[0]]
        held = [occurrence for part in parts for occurrence in part[3]]
        count = sum(part[0] for part in failed)
        return (count, failed[0][1] if failed else "", bool(failed) and failed[0][2], held)
    if plan.holds(scan):
        return 0, "", False, plan.evidence(scan)
    if isinstance(plan, Absent):
        return 1, plan.label, True, []
    if isinstance(plan, Chain):
        return _lacking_chain(plan, scan)
    left = plan.left.occurrences(scan) if isinstance(plan, Apart) else []
    return 1, plan.label, bool(left), left


def _lacking_chain(plan: Chain, scan: Scan) -> _Lack:
    absent = [o for o in plan.operands if not o.occurrences(scan) and not o.implied(scan)]
    held = [occurrence for operand in plan.operands for occurrence in operand.occurrences(scan)]
    if not absent:
        return 1, plan.label, False, held
    if len(absent) == 1 and held:
        present = [o.occurrences(scan) for o in plan.operands if o is not absent[0] and o.occurrences(scan)]
        widest = Link(sum(link.distance or 0 for link in plan.links) or None, False, False)
        near = all(with_partner(a, b, widest, scan, ours_left=True) for a, b in pairwise(present))
        return 1 if near else 2, absent[0].label, False, held
    return len(absent), absent[0].label, False, held


def _clause(matcher: Matcher, scan: Scan, plan: Plan) -> Clause:
    held = plan.holds(scan)
    if isinstance(plan, Leaf):
        spans = matcher.evidence(scan, plan.occurrences(scan))
        note = "" if spans else "implied by the source" if held else _why_absent(scan, plan)
        return Clause(plan.label, held, note, spans)
    if isinstance(plan, Condition):
        return Clause(
            plan.label, held, f"the item: language {scan.language}, source {scan.item.source or 'unknown'}", ()
        )
    below = tuple(_clause(matcher, scan, child) for child in plan.children())
    if isinstance(plan, Any) and held:
        below = tuple(clause for clause in below if clause.held)
    return Clause(plan.label, held, _note(plan, scan, held), _own_spans(matcher, scan, plan, held), below)


def _own_spans(matcher: Matcher, scan: Scan, plan: Plan, held: bool) -> tuple[Evidence, ...]:
    if held and isinstance(plan, Chain | Within | Apart):
        return matcher.evidence(scan, plan.evidence(scan))
    return ()


def _why_absent(scan: Scan, leaf: Leaf) -> str:
    masked = [mask for mask in scan.masked if mask[2] in leaf.patterns]
    if masked or not leaf.patterns.isdisjoint(scan.hits):
        texts = sorted({scan.place(start, end)[3] for start, end, _ in masked})
        return f"found only inside a mask{': ' if texts else ''}{', '.join(texts)}"
    return "absent"


def _note(plan: Plan, scan: Scan, held: bool) -> str:
    if held:
        return ""
    if isinstance(plan, Absent):
        return "excluded, because this was found"
    if isinstance(plan, Within):
        return f"not in the {plan.name}"
    if isinstance(plan, Apart):
        return "each stands near what NOT NEAR excludes" if plan.left.occurrences(scan) else ""
    if isinstance(plan, Chain):
        return "; ".join(_distances(plan, scan))
    return ""


def _distances(plan: Chain, scan: Scan) -> Iterator[str]:
    sides = [operand.occurrences(scan) for operand in plan.operands]
    for at, link in enumerate(plan.links):
        left, right = sides[at], sides[at + 1]
        if not left or not right or with_partner(left, right, link, scan, ours_left=True):
            continue
        gaps = [(_gap(a, b, scan), a, b) for a in left for b in Neighbours(right).of(a)] if len(left) < 1000 else []
        gap, a, b = min(gaps, default=(0, (0, 0), (0, 0)), key=lambda found: found[0])
        names = f"{plan.operands[at].label} and {plan.operands[at + 1].label}"
        if link.distance is not None and gap > link.distance:
            yield f"{names} are {gap} tokens apart at best, {link.distance} are allowed"
        elif link.ordered and b[0] < a[1]:
            yield f"{names} stand in the other order"
        else:
            yield f"{names} are not near in the same sentence and order"


def _gap(a: Sequence[int], b: Sequence[int], scan: Scan) -> int:
    before, after = (a[1], b[0]) if b[0] >= a[1] else (b[1], a[0])
    return scan.gap(before, after) if after >= before else 0


def _spans(clause: Clause) -> Iterator[Evidence]:
    yield from clause.spans
    for below in clause.clauses:
        yield from _spans(below)


def _forms(matcher: Matcher, plan: Plan, fired: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    wanted, found = set(fired), {}
    stack = [plan]
    while stack:
        node = stack.pop()
        if isinstance(node, Leaf):
            for term, _ in node.terms:
                if shown(term) in wanted:
                    found[shown(term)] = matcher.compiled.forms.get(term, ())
        stack += node.children()
    return tuple(sorted(found.items()))
