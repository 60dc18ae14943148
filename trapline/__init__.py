"""The face of Trapline: the command line, its reports and the demo. Nothing imports it. Start at `trapline.cli`.

Notebooks and scripts find here what `trapline.face` defines: `import trapline`, then `trapline.run(...)`. It is loaded
when it is first asked for, since most processes that import this are commands.
"""

from typing import TYPE_CHECKING, Any

from trapline.surroundings import check, is_command

if TYPE_CHECKING:
    from trapline.face import (  # noqa: I001
        Guest as Guest,
        Program as Program,
        Run as Run,
        assemble as assemble,
        compare as compare,
        guest as guest,
        guests as guests,
        load as load,
        machine as machine,
        prove as prove,
        run as run,
        verify as verify,
        witness as witness,
    )

    __version__: str

if not is_command():  # the command says it without a traceback: `trapline.__main__`
    check()

__all__ = [
    "Guest",
    "Program",
    "Run",
    "assemble",
    "compare",
    "guest",
    "guests",
    "load",
    "machine",
    "prove",
    "run",
    "verify",
    "witness",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trapline")
    if name not in __all__:
        raise AttributeError(f"module `trapline` has no attribute `{name}`", name=name)
    from trapline import face

    return getattr(face, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
