# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether figures are worse than those committed."""

# A counted figure may grow by this much.
SLACK = 0.03
# When an interrupt comes at the deepest point is up to chance, so the stack is only shown.
NOT_COMPARED = {("bytes of memory", "stack of rpmsg-demo, most used")}


def regressions(old, new):
    """Lines that say what grew or is missing."""
    found = []
    for group, cells in old.items():
        for key, before in cells.items():
            now = new.get(group, {}).get(key)
            if (group, key) in NOT_COMPARED:
                continue
            if now is None:
                found.append(f"{group}: {key}: is not counted any more")
            elif now > before * (1 + SLACK):
                percent = f"{100 * (now / before - 1):+.1f} %" if before else "from nothing"
                found.append(f"{group}: {key}: {before:g} -> {now:g} ({percent})")
    return found


def improvements(old, new):
    """How many figures shrank by more than the slack: a reason to commit new ones."""
    return sum(
        new.get(group, {}).get(key, before) < before * (1 - SLACK)
        for group, cells in old.items()
        for key, before in cells.items()
        if (group, key) not in NOT_COMPARED
    )
