"""What became of a create, decided from what is listed and what is known: one decision for every way to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paisr._recovery.attempts import Attempt, OutcomeUnknownError
from paisr._recovery.matching import fit

if TYPE_CHECKING:
    from paisr._recovery.entries import Known
    from paisr._recovery.listed import Listed
    from paisr._recovery.matching import Fit
    from paisr_generated import Invoice


def choose(attempt: Attempt, listed: Listed, near: Sequence[tuple[Invoice, Fit]], known: Known) -> Invoice | None:
    """The invoice that the attempt made, or None; an `OutcomeUnknownError` when that is not certain.

    None says that the list is whole and has nothing near the attempt that belongs to no other create.
    """
    own = [one for one, _ in near if known.owners.get(one.id) == attempt.id]
    if own:
        return own[0]
    free = [one for one, _ in near if one.id not in known.owners]
    exact = [one for one, fits in near if fits == "yes" and one.id not in known.owners]
    if problem := _problem(attempt, listed, free, exact, known):
        raise OutcomeUnknownError(problem, attempt=attempt, candidates=exact or free)
    return exact[0] if exact else None


def _problem(
    attempt: Attempt, listed: Listed, free: Sequence[Invoice], exact: Sequence[Invoice], known: Known
) -> str | None:
    """Why nothing is certain, or None."""
    if len(exact) > 1:
        return f"{len(exact)} invoices could be the one that was created; see this error's candidates, and choose."
    if listed.truncated:
        return _truncation_problem(attempt, listed, is_found=bool(exact))
    if exact:
        return _competing_problem(attempt, exact[0], listed, known)
    if free:
        return (
            f"{', '.join(one.id for one in free[:3])} could be the one that was created, but differs from what was "
            "sent in a way that the service, or a clock, can have caused; see this error's candidates, and choose."
        )
    return None


def _truncation_problem(attempt: Attempt, listed: Listed, *, is_found: bool) -> str:
    seen = "there may be a second that fits" if is_found else "it may be among those that were cut off"
    narrower = " (only those of a customer's id can be asked for: it is the customer.id, cus_…, of any of its invoices)"
    return (
        f"The outcome is unknown: the service listed {len(listed.invoices)} invoices, the most it lists, and {seen}"
        f"{'' if attempt.request.customer.startswith('cus_') else narrower}; look for it in the dashboard, and note it "
        "with Journal.settle(attempt, invoice_id)."
    )


def _competing_problem(attempt: Attempt, found: Invoice, listed: Listed, known: Known) -> str | None:
    competing = [
        one
        for one in known.competing(found)
        if one.attempt.id != attempt.id and fit(one.attempt, found, listed.tolerance) == "yes"
    ]
    if any(one.in_flight for one in competing):
        return f"Invoice {found.id} could be that of another create, which is still in flight; reconcile after it."
    if any(one.attempt.request != attempt.request for one in competing):
        return (
            f"Invoice {found.id} could also be that of another create whose outcome is not known; read it, and choose."
        )
    return None
