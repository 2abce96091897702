"""Settings and reports for the machines of these tests."""

TEAM = """
[team]
address = "team@example.org"
escalate_to = ["oncall@example.org"]
[[team.members]]
name = "alice"
email = "alice@example.org"
[[team.members]]
name = "bob"
email = "bob@example.org"
[lists]
users = ["announce@example.org"]
release = ["announce@example.org", "oss@example.org"]
[[vendors]]
name = "Distro One"
email = "one@vendors.example.org"
embargo = "standing"
[[vendors]]
name = "Distro Two"
email = "two@vendors.example.org"
embargo = "standing"
[[vendors]]
name = "Distro Three"
email = "three@vendors.example.org"
embargo = "per-case"
"""
ANY_DAY = """
[calendar]
release_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""
SHORT = """
[policy.release]
vendor_notice = "PT1S"
retrospective = "PT1S"
longest_embargo = "3650d"
"""
"""A release that needs next to no patience, or all of it; limits and grace are the profile's."""

REPORT = """
title = "{title}"
component = "lantern"
details = "Whoever sends a long name takes the service down."
[reporter]
name = "Rita"
email = "{reporter}"
"""
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
