"""Who acts: roles and the actor that every service verb takes.

Accounts, passwords and sessions live in accounts/.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Role(enum.StrEnum):
    """The five roles (product.md, "The people")."""

    REPORTER = "reporter"
    UNIT_HEAD = "unit_head"
    LEAD = "lead"
    OVERSIGHT = "oversight"
    ADMIN = "admin"


UNIT_ROLES = frozenset({Role.REPORTER, Role.UNIT_HEAD})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the system) with what they may do: roles, and for which unit ids."""

    user_id: int | None
    name: str
    email: str = ""
    roles: frozenset[Role] = frozenset()
    reporter_of: frozenset[int] = field(default_factory=frozenset)
    head_of: frozenset[int] = field(default_factory=frozenset)
    unit_names: tuple[str, ...] = ()

    @property
    def units(self) -> frozenset[int]:
        """Ids of the units they report for, in either unit role."""
        return self.reporter_of | self.head_of

    @property
    def reads_all(self) -> bool:
        """Lead office and oversight read every report of a campaign."""
        return Role.LEAD in self.roles or Role.OVERSIGHT in self.roles

    def has(self, role: Role) -> bool:
        """True if one of their roles is `role`."""
        return role in self.roles


SYSTEM = Actor(user_id=None, name="", roles=frozenset())
