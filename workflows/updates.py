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

    acknowledge = update_for(Acknowledge, "Take the case: name the fix lead, answer the reporter.")
    score = update_for(Score, "Score the case with a CVSS vector.")
    assign_cve = update_for(AssignCve, "Assign one or several CVE ids.")
    approve_notice = update_for(
        ApproveNotice, "Approve exactly this text for users, vendors or the reporter."
    )
    approve_release = update_for(
        ApproveRelease, "Approve exactly this text for the release, or hold an approved one."
    )
    extend = update_for(Extend, "Move the limit of a step, or do without the step.")
    decide = update_for(Decide, "Make a choice that the severity leaves, or take one back.")
    adopt_policy = update_for(AdoptPolicy, "Move the case to another policy.")
    hand_off = update_for(HandOff, "Hand the case to another lead, or take it over.")
    report_event = update_for(ReportEvent, "The embargo leaked, it is public, it is exploited.")
    confirm = update_for(Confirm, "Confirm the retrospective, the reporter's answer or a credit.")
    mark_secret = update_for(MarkSecret, "Mark words that no public text may hold.")
    bounced = update_for(Bounced, "Letters came back, or an address works again.")
    vendor = update_for(VendorReply, "Write down what a vendor answered.")
    file_report = update_for(FileReport, "A report was filed with the regulator, or users told.")
    link = update_for(LinkCase, "Let another case release this one with its own, or part them.")
    linked_news = update_for(LinkedNews, "What is new in a linked case: cases tell each other.")
    close = update_for(Close, "Close the case.")
