"""The house rules: who may know whom, and how large a room may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CORE = [
    "archive/chain",
    "archive/entries",
    "todo",
    "figures",
    "bars",
    "outline",
    "fields",
    "act",
    "docket",
    "decisions",
    "cadence",
    "cadence_acts",
    "cadence_advice",
    "cadence_guards",
    "deciding",
    "turns",
    "hours",
    "staffing",
    "stepping_in",
    "releases",
    "readiness",
    "turning",
    "settling",
    "differences",
    "adopting",
    "extending",
    "profiles",
    "filings",
    "duties",
    "dutyfacts",
    "regulator",
    "filing",
    "filing_guards",
    "links",
    "link_acts",
    "linkage",
    "linking",
    "tidings",
    "linking_guards",
    "linking_advice",
    "enclosures",
    "approvals",
    "happenings",
    "promises",
    "outgoing",
    "calls",
    "notice_guards",
    "approving",
    "changes",
    "fates",
    "facts",
    "chronicle",
    "mailreport",
    "mailtext",
    "mailparts",
    "mailkeys",
    "openpgp",
    "models",
    "letters",
    "bounces",
    "bounced",
    "bouncing",
    "dsn",
    "identities",
    "packing",
    "vendors",
    "vendor_acts",
    "vendor_guards",
    "roster",
    "vendor_advice",
    "vendorwords",
    "parties",
    "askings",
    "consents",
    "inviting",
    "sharing",
    "answering",
    "rules",
    "errands",
    "closing_guards",
    "deliveries",
    "texts",
    "case",
    "acts",
    "agenda",
    "appointments",
    "calendars",
    "ics",
    "chase",
    "timeline",
    "guards",
    "objections",
    "record",
    "lifecycle",
    "policy",
    "presence",
    "grounds",
    "slots",
    "slotwords",
    "planning",
    "planwords",
    "reasons",
    "alternatives",
    "judging",
    "telling",
    "severity",
    "notices",
    "advice",
    "troubles",
    "prose",
    "sandbox",
    "importance",
    "proofs",
    "board",
    "drafts",
    "errors",
    "wording",
    "embargoed",
    "publictext",
    "public_guards",
    "breaking",
]
WORLDLY = {
    "temporalio",
    "aiosmtplib",
    "aiosmtpd",
    "click",
    "starlette",
    "uvicorn",
    "holidays",
    "zoneinfo",
    "pydantic_settings",
    "socket",
    "subprocess",
    "os",
    "time",
}
MODULES = [
    path
    for folder in ("tacenda", "workflows", "activities", "bench")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "worker.py"]
RELATIVE = [str(path.relative_to(ROOT)) for path in MODULES]


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, in full."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("name", CORE)
def test_the_core_looks_at_nothing_of_the_world(name: str) -> None:
    """The core imports no Temporal, no mail, no CLI library, and neither clock nor system."""
    roots = {module.split(".")[0] for module in imported(ROOT / "tacenda" / f"{name}.py")}
    assert not roots & WORLDLY


@pytest.mark.parametrize("name", CORE)
def test_the_core_knows_only_the_core(name: str) -> None:
    """A module of the core imports of this project only other modules of the core."""
    ours = {
        module.split(".")[1]
        for module in imported(ROOT / "tacenda" / f"{name}.py")
        if module.startswith("tacenda.")
    }
    assert ours <= set(CORE)


@pytest.mark.parametrize("name", CORE)
def test_the_core_asks_no_clock(name: str) -> None:
    """Time is an argument: nobody in the core calls now() or today()."""
    tree = ast.parse((ROOT / "tacenda" / f"{name}.py").read_text(encoding="utf-8"))
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"now", "utcnow", "today"}


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("tacenda", {"workflows", "activities", "worker"}),
        ("activities", {"workflows", "worker"}),
        ("workflows", {"worker"}),
    ],
)
def test_dependencies_run_one_way(folder: str, forbidden: set[str]) -> None:
    """Workflows know activities, both know tacenda, and only worker.py sees all."""
    for path in (ROOT / folder).rglob("*.py"):
        roots = {module.split(".")[0] for module in imported(path)}
        assert not roots & forbidden, path


@pytest.mark.parametrize("path", MODULES, ids=RELATIVE)
def test_a_module_fits_a_screenful_of_attention(path: Path) -> None:
    """No module is longer than 300 lines, and each opens with its purpose."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text))


def test_help_imports_nothing_heavy() -> None:
    """`tacenda --help` loads neither Temporal nor pydantic, so that it answers at once."""
    program = (
        "import sys\n"
        "from tacenda.cli import run\n"
        "code = run(['--help'])\n"
        "heavy = {'temporalio', 'pydantic', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(code or (1 if heavy else 0))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_list_imports_nothing_of_the_core() -> None:
    """`tacenda list` asks only the server, so it loads no case, no acts and no letters."""
    program = (
        "import sys\n"
        "import tacenda.cli.listing\n"
        "core = {'tacenda.case', 'tacenda.acts', 'tacenda.notices', 'tacenda.contract'}\n"
        "sys.exit(1 if core & set(sys.modules) else 0)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
