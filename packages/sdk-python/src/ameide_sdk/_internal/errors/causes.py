"""Chains of causes."""

from __future__ import annotations

# Chains may loop, or never end.
_MOST = 32


def causes_of(thrown: BaseException) -> list[BaseException]:
    """Lists an exception with all exceptions behind it, each once.

    Those are its causes, and the members of an `ExceptionGroup`. An exception that was merely being
    handled, the context, is not a cause.
    """
    found: list[BaseException] = []

    def visit(each: BaseException | None) -> None:
        if each is None or len(found) == _MOST or any(each is known for known in found):
            return
        found.append(each)
        for member in several_in(each)[:_MOST]:
            visit(member)
        visit(cause_of(each))

    visit(thrown)
    return found


def cause_of(error: BaseException) -> BaseException | None:
    """Returns the cause of an exception.

    That of an `AmeideError` is its member `cause`, which tracebacks do not print.
    """
    cause = error.__cause__
    if cause is None:
        cause = getattr(error, "cause", None)
    return cause if isinstance(cause, BaseException) else None


def several_in(error: BaseException) -> tuple[BaseException, ...]:
    """Returns the exceptions that an `ExceptionGroup` stands for."""
    if isinstance(error, BaseExceptionGroup):
        return error.exceptions
    return ()
