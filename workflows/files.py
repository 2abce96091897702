"""The bytes of the files of a case, which its facts know by name and hash only."""

from collections.abc import Iterable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.enclosures import Attachment, Enclosure


class Files:
    """Keeps files as long as the workflow runs; replay brings them back from its arguments."""

    def __init__(self) -> None:
        """Begin with none."""
        self._files: dict[str, Attachment] = {}

    def keep(self, attachments: Iterable[Attachment]) -> None:
        """Keep some files."""
        for attachment in attachments:
            self._files[attachment.enclosure.sha256] = attachment

    def get(self, sha256: str) -> Attachment | None:
        """Return the file of that hash, or None."""
        return self._files.get(sha256)

    def of(self, enclosures: Iterable[Enclosure]) -> tuple[Attachment, ...]:
        """Return the files of `enclosures`, under the names that they have there."""
        return tuple(
            found.model_copy(update={"name": enclosure.name})
            for enclosure in enclosures
            if (found := self._files.get(enclosure.sha256))
        )
