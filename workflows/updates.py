"""What people can do to a case: one update for each act."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.acts import (
        Acknowledge,
        AssignCve,
        Close,
        Confirm,
        Extend,
        HandOff,
        MarkSecret,
        ReportEvent,
        Score,
    )
    from tacenda.adopting import AdoptPolicy
    from tacenda.approvals import ApproveNotice, ApproveRelease
    from tacenda.bounced import Bounced
    from tacenda.cadence_acts import Decide
    from tacenda.filing import FileReport
    from tacenda.link_acts import LinkCase, LinkedNews
    from tacenda.vendor_acts import VendorReply

from workflows.handlers import update_for


class Updates:
    """The acts of people, each checked before anything of it is stored."""

    acknowledge = update_for(
        Acknowledge,
        'Take the case: name the fix lead, answer the reporter. {"by": "alice", "team": ["bob"]}',
    )
    score = update_for(
        Score,
        "Score the case with a CVSS vector. "
        '{"by": "alice", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}',
    )
    assign_cve = update_for(
        AssignCve,
        'Assign one or several CVE ids. {"by": "alice", "cves": ["CVE-2026-12345"]}; once their '
        'records are public: "published": true.',
    )
    approve_notice = update_for(
        ApproveNotice,
        "Approve exactly this text for users, vendors or the reporter. "
        '{"by": "alice", "audience": "users", "text": "A fix comes.", '
        '"planned": "2026-12-08T16:00:00Z"}',
    )
    approve_release = update_for(
        ApproveRelease,
        "Approve exactly this text for the release, at an instant or, without one, now. "
        '{"by": "alice", "text": "Update now.", "artifacts_confirmed": true, '
        '"at": "2026-12-08T16:00:00Z"}; to stop it: {"by": "alice", "hold": "why"}',
    )
    extend = update_for(
        Extend,
        "Move the limit of a step, or do without the step. "
        '{"by": "alice", "step": "fix", "until": "2026-12-08T16:00:00Z", "why": "why"}; or '
        '"skip": true instead of until.',
    )
    decide = update_for(
        Decide,
        "Make a choice that the severity leaves, or take one back. "
        '{"by": "alice", "choice": "skip-vendors", "why": "why"}',
    )
    adopt_policy = update_for(
        AdoptPolicy, "Move the case to another policy: easier with tacenda policy CASE --adopt."
    )
    hand_off = update_for(
        HandOff,
        'Hand the case to another lead, or take it over. {"by": "alice", "to": "bob"}',
    )
    report_event = update_for(
        ReportEvent,
        "The embargo broke (leak, public, exploited): somebody must decide. "
        '{"by": "alice", "event": "leak", "why": "where"}; the decision to keep to the plan: '
        '"hold_on": true.',
    )
    confirm = update_for(
        Confirm,
        "Confirm the retrospective, the reporter's answer or a credit. "
        '{"by": "alice", "what": "retrospective"}',
    )
    mark_secret = update_for(
        MarkSecret,
        'Mark words that no public text may hold. {"by": "alice", "words": ["word"]}',
    )
    bounced = update_for(
        Bounced, "Letters came back, or an address works again: easier with tacenda bounces."
    )
    vendor = update_for(
        VendorReply,
        "Write down what a vendor answered: accepted, declined, ready, not-affected. "
        '{"by": "alice", "vendor": "Distro One", "word": "accepted"}',
    )
    file_report = update_for(
        FileReport,
        "A report was filed with the regulator, or users told. "
        '{"by": "alice", "duty": "early_warning", "ref": "SRP-1"}',
    )
    link = update_for(
        LinkCase,
        "Let another case release this one with its own, or part them. "
        '{"by": "alice", "to": "case-2026-7k3q9xm4tp", "why": "why"}; or "part": true.',
    )
    linked_news = update_for(LinkedNews, "What is new in a linked case: cases tell each other.")
    close = update_for(
        Close,
        "Close the case: complete, invalid, duplicate, withdrawn, not-ours. "
        '{"by": "alice", "reason": "complete"}; a guard that yields is set aside by '
        '"override": "why", in every act.',
    )
