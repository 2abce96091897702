"""The profiles that a `tacenda.toml` can name: ours, and those that it writes down itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tacenda.models import DAY, Step
from tacenda.policy import Limits, Policy, ReleaseRules, on_top_of

KUBERNETES_2017 = Policy()
"""The process as the Kubernetes project published it in 2017: forward from the receipt."""

KUBERNETES_CURRENT = Policy(
    profile="kubernetes-current",
    anchor="publication",
    without=(Step.USER_NOTICE,),
    limits=Limits(release=35 * DAY),
    release=ReleaseRules(
        vendor_notice=7 * DAY,
        vendors_earliest=28 * DAY,
        final_warning=timedelta(hours=24),
    ),
)
"""The process as it is run today: backward from the publication.

The team is named within 24 hours and the fix ready within 7 days; vendors hear of it 7 to 28
days before the publication, and get the text 24 hours before. Users hear of it with the release
(Kubernetes Security Response Committee, `security-release-process.md`).

That text names no day by which a case must be public. A limit that never passes reminds nobody,
so ours is what its own windows allow: 7 days for the fix and 28 for the vendors, which is 35
days after the receipt. This reading is ours.
"""

PROFILES: Mapping[str, Policy] = {
    policy.profile: policy for policy in (KUBERNETES_2017, KUBERNETES_CURRENT)
}
"""The profiles that are there without being written down."""

_ELSEWHERE = {"profile": "it is the name of its table", "calendar": "that is [calendar]"}


def own_profiles(tables: Any) -> Any:
    """Return what stands under `[profiles.NAME]` laid over the profile that each is `like`.

    Raises `ValueError` with a sentence that names the profile, and what there is.
    """
    if not isinstance(tables, dict):
        return tables
    return {name: _own_profile(name, table) for name, table in tables.items()}


def _own_profile(name: str, table: Any) -> Any:
    if isinstance(table, Policy) or not isinstance(table, dict):
        return table
    if name in PROFILES:
        raise ValueError(f"{name} is a profile that there is already; give yours another name")
    like = table.get("like")
    if not isinstance(like, str) or like not in PROFILES:
        raise ValueError(f'{name} must begin with like = "PROFILE"; there is {", ".join(PROFILES)}')
    for key, why in _ELSEWHERE.items():
        if key in table:
            raise ValueError(f"{name} holds {key}, which does not stand there: {why}")
    values = {key: value for key, value in table.items() if key != "like"}
    return on_top_of(PROFILES[like], {**values, "profile": name})


def policy_of(table: Any, own: Mapping[str, Policy]) -> Any:
    """Return the values of a `[policy]` table laid over those of the profile that it names.

    `own` are the profiles that the settings write down. Raises `ValueError` when there is no
    profile of that name.
    """
    if not isinstance(table, dict):
        return table
    known = {**PROFILES, **own}
    name = table.get("profile", KUBERNETES_2017.profile)
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"names a profile that is not known; there is {', '.join(known)}")
    if "calendar" in table:
        raise ValueError("holds a calendar; write it as [calendar] instead")
    return on_top_of(known[name], table)


def refuse_what_cannot_be_kept(policy: Policy) -> Policy:
    """Refuse a policy whose rules cannot all be kept.

    Asked of the settings alone: a case that is under way keeps the policy it has.
    """
    vendors, rules = policy.vendors, policy.release
    if vendors.remind_after and vendors.answer_within <= min(vendors.remind_after):
        raise ValueError(
            "vendors.answer_within is over before the first reminder; make it longer than the "
            "shortest remind_after, or write remind_after = []"
        )
    if rules.vendors_earliest and rules.vendors_earliest < rules.vendor_notice:
        raise ValueError(
            "release.vendors_earliest is shorter than release.vendor_notice, so that no instant "
            "is left to tell the vendors; make it longer"
        )
    is_backward = policy.anchor == "publication" and Step.VENDOR_NOTICE not in policy.without
    if is_backward and policy.limits.release <= rules.vendor_notice:
        raise ValueError(
            "limits.release leaves no time before release.vendor_notice, by which the vendors are "
            "told; make it longer"
        )
    return policy
