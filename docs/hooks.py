"""Puts the repository's root pages into the book, and turns links to files into links to pages.

A link in a Markdown file is relative to the file, so that it works in the repository. In the book a
link to a page becomes a link to that page, and a link to any other file becomes a link to the
repository.
"""

import posixpath
import re
import tomllib
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
# Pages of the book that live outside docs/, and the page that stands in for the README.
PAGES = {
    "templates/README.md": "deploy.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "index.md",
}
LINK = re.compile(r"\]\((?!\w+:|#|/)([^)#\s]+)(#[^)\s]*)?\)")
# An address that a page would load something from.
LOADED = re.compile(
    r"""<(?:script|img|link|iframe)\b[^>]*\s(?:src|href)=["']?(?:https?:)?//[^>]*>"""
)
# Stands for a table of the codes that a page explains.
LISTED = re.compile(r"<!-- codes of (\S+) -->")
# A section that explains a code: its severity, and the first sentence.
CODE = re.compile(r"^### (\S+)\n\n\*(\w+)\*\. (.+?[.:])\s", re.MULTILINE | re.DOTALL)


def on_files(files, config):
    for source, page in PAGES.items():
        if source != "README.md":
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, page, content=relinked(text, source, page)))
    return files


def on_page_markdown(markdown, page, config, files):
    if page.file.generated_by:
        return markdown  # Relinked when it was read.
    listed = LISTED.sub(lambda match: codes(match[1]), markdown)
    return relinked(listed, f"docs/{page.file.src_uri}", page.file.src_uri)


def on_post_page(output, page, config):
    loaded = [tag for tag in LOADED.findall(output) if "canonical" not in tag]
    if loaded:
        raise PluginError(f"{page.file.src_uri} loads something from elsewhere: {loaded[0]}")
    return output


def relinked(text, source, page):
    """The text of the file `source`, with its links as they have to be in the page `page`."""

    def link(match):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        anchor = match[2] or ""
        if target in PAGES:
            target = f"docs/{PAGES[target]}"
        elif not target.startswith("docs/") or (ROOT / target).is_dir():
            return f"]({repository()}/blob/main/{target}{anchor})"
        inside = posixpath.relpath(target, posixpath.join("docs", posixpath.dirname(page)))
        return f"]({inside}{anchor})"

    return LINK.sub(link, text)


def codes(name):
    """The codes that a page explains, as a table: adding one changes that page alone."""
    found = CODE.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    if not found:
        raise PluginError(f"docs/{name} explains no code")
    rows = ["| code | severity | meaning |", "|---|---|---|"]
    for code, severity, sentence in found:
        meaning = " ".join(sentence.rstrip(":.").split()).replace("](#", f"]({name}#")
        rows.append(f"| [`{code}`]({name}#{code}) | {severity} | {meaning} |")
    return "\n".join(rows)


def repository():
    """The one place that names it."""
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    return manifest["workspace"]["package"]["repository"]
