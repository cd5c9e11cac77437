#!/usr/bin/env python3
"""Hold the documents to what CI does: every command that README.md, docs/ or another guide shows is run by CI.

    docs_commands.py check    every `console` or `sh` block says how it is tried, and what it says is so
    docs_commands.py run      run the blocks marked for it; needs the environment that scripts/stack.py run gives

Above each such block stands one comment (between them, blank lines and other comments only):

    <!-- ci: run -->                 run here, in order: one shell per document, in a folder of its own that links to all
                                     that the checkout holds, so that the files a document makes land outside of it
    <!-- ci: by .ci/run -->          each of its commands stands in that file, or several: by Makefile scripts/stack.py
    <!-- ci: not run: REASON -->     cannot be run by CI; listed at the end of each run, so that nobody forgets

In a `console` block the lines that begin with `$ ` are commands and the others are output, which is not compared. In a
`sh` block every line is a command. A command counts as standing in a file when its program and verb do, next to each
other, outside comments, whatever the quoting; options and values may differ. What follows ` -- ` is a command too. A
Makefile's target also runs those that it needs. A block under `<!-- tested: NAME -->` counts as a whole where FILE names
its document and has "NAME" in quotes: such a test takes the block from the document and runs it.

Exit codes: 0 all as it should be, 1 something not, 2 wrong use, 77 `run` left a document out because a program that it
uses, such as the AWS CLI, is not installed here.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from console import EXIT_SKIPPED, Failure, end_with
from emulator import emulator_endpoint
from places import REPO

GUIDES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "infra/*.md", "events/*.md", "tests/**/*.md")
MARK = re.compile(r"<!-- ci: (?P<how>run|by|not run)(?P<rest>.*?) -->")
TESTED = re.compile(r"<!-- tested: (?P<name>[\w-]+) -->")
FENCE = re.compile(
    r"(?m)^(?P<indent> *)(?P<ticks>```+) *(?P<language>[\w-]*).*\n(?P<body>(?:.*\n)*?)(?: *(?P=ticks)`* *$|\Z)"
)
ABOVE = re.compile(r"(?m)(?:^ *(?:<!--.*)?\n)*\Z")
"""The comments and blank lines right above a block."""
CONTINUED = re.compile(r"[ \t]*\\\n\s*(?:> )?")
SHELLS = ("console", "sh", "bash", "shell")
WRAPPERS = ("sudo", "exec", "time", "env")
BUILT_IN = ("cd", "export", "set", ".")
CI_ITSELF = "bash .ci/run"
NOT_OURS = ("aws", "jq", "openssl", "curl")
"""Programs that the documents use, and that neither make nor .ci/run installs."""

@dataclass(frozen=True)
class Block:
    """A fenced block of commands."""

    document: Path
    line: int
    commands: list[str]
    script: str
    how: str
    rest: str
    tested: str

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(REPO)}:{self.line}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("check", "run"))
    verb = parser.parse_args().verb
    documents = sorted({path for guide in GUIDES for path in REPO.glob(guide)})
    if not documents:
        raise Failure("there is no document")
    blocks = [block for document in documents for block in read(document)]
    if problems := [problem for block in blocks for problem in check(block)]:
        raise Failure("\n".join(problems))
    if verb == "run":
        return run(blocks)
    counted = {how: sum(len(block.commands) for block in blocks if block.how == how) for how in ("run", "by", "not run")}
    print(
        f"{sum(counted.values())} commands in {len(documents)} documents: {counted['run']} run by the documents' step, "
        f"{counted['by']} run elsewhere in CI, {counted['not run']} not run"
    )
    for block in blocks:
        if block.how == "not run":
            print(f"!! not run: {block.place}: {block.rest}")
    return 0


def read(document: Path) -> Iterator[Block]:
    """The blocks of commands in a document."""
    text = document.read_text(encoding="utf-8")
    before = 0
    for fence in FENCE.finditer(text):
        above = ABOVE.search(text[before : fence.start()])
        before = fence.end() + 1
        if above is None or fence["language"] not in SHELLS:
            continue
        marks, names = MARK.findall(above[0]), TESTED.findall(above[0])
        how, rest = marks[-1] if marks else ("", "")
        body = re.sub(rf"(?m)^{fence['indent']}", "", fence["body"])
        lines = CONTINUED.sub(" ", body).splitlines()
        if fence["language"] == "console":
            commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            body = "\n".join(commands)
        else:
            commands = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        # The body whole, because a quoted text, a loop or a here-document goes over several lines.
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(document, line, commands, body.rstrip("\n"), how, rest.strip(" :"), names[-1] if names else "")


def check(block: Block) -> list[str]:
    """What is wrong with a block."""
    match block.how:
        case "run":
            return [f"{block.place}: `run` takes no more words, yet there is {block.rest!r}"] if block.rest else []
        case "not run":
            return [] if block.rest else [f"{block.place}: say why CI cannot run it: <!-- ci: not run: REASON -->"]
        case "by":
            return check_elsewhere(block)
        case _:
            return [f"{block.place}: no mark says how CI tries it. One of <!-- ci: run -->, <!-- ci: by FILE -->, <!-- ci: not run: … -->"]


def check_elsewhere(block: Block) -> list[str]:
    names = block.rest.split()
    missing = [name for name in names if not (REPO / name).is_file()]
    if missing or not names:
        return [f"{block.place}: `by` names no file, or one that is not there: {' '.join(missing) or 'none'}"]
    contents = [(REPO / name).read_text(encoding="utf-8") for name in names]
    if block.tested:
        document = block.document.relative_to(REPO).as_posix()
        if any(document in content and f'"{block.tested}"' in content for content in contents):
            return []
        return [f"{block.place}: {block.rest} does not take the block {block.tested} from {document}"]
    text = " ".join(plain(content) for content in contents)
    if "Makefile" in names:
        text += needed_targets(text, contents[names.index("Makefile")])
    return [
        f"{block.place}: `{command}` is not in {block.rest}: looked for `{core}`"
        for command in block.commands
        for core in cores(command)
        if f" {core} " not in f" {text} "
    ]


def needed_targets(text: str, makefile: str) -> str:
    """`make X` for each target X that a target which the text makes needs."""
    targets = re.findall(r"^([a-z-]+):(?!=)([^#=\n]*)(?:#.*)?$", makefile, flags=re.MULTILINE)
    return "".join(f" make {need} " for target, needs in targets if f" make {target} " in f" {text} " for need in needs.split())


def plain(text: str) -> str:
    """A file's words without comments, quotes, commas and brackets, so that a Python list reads like a command."""
    text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    return " ".join(re.sub(r"""["'`,()\[\]{}@;|&]""", " ", text).split())


def cores(command: str) -> Iterator[str]:
    """The fixed part of each simple command in a line: its program, the file of ours that it runs, its verb."""
    for part in re.split(r"\s*(?:&&|\|\||;|\||\s--\s)\s*", command):
        try:
            words = shlex.split(part, comments=True)
        except ValueError as error:
            raise Failure(f"{command}: {error}") from error
        while words and (re.fullmatch(r"\w+=.*", words[0]) or words[0] in WRAPPERS):
            words.pop(0)
        if not words or words[0] in BUILT_IN:
            continue
        fixed = [words[0]]
        for word in words[1:]:
            if not (REPO / word).is_file() and not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            fixed.append(word)
        if (core := " ".join(fixed)) != CI_ITSELF:
            yield core


def run(blocks: list[Block]) -> int:
    """Runs the blocks marked for it."""
    emulator_endpoint()
    left_out = []
    for document in sorted({block.document for block in blocks if block.how == "run"}):
        name = document.relative_to(REPO)
        mine = [block for block in blocks if block.document == document and block.how == "run"]
        words = {word for block in mine for word in re.split(r"[^\w-]+", block.script)}
        if missing := [program for program in NOT_OURS if program in words and not shutil.which(program)]:
            left_out.append(f"{name}: not installed: {', '.join(missing)}")
            continue
        print(f"── {name}: {len(mine)} blocks", flush=True)
        with tempfile.TemporaryDirectory(prefix="severance-docs-") as folder:
            for path in REPO.iterdir():
                if path.name != ".git":
                    (Path(folder) / path.name).symlink_to(path)
            tools = Path(folder) / ".tools"
            tools.mkdir()
            if aws := shutil.which("aws"):
                # Version 1 of the AWS CLI asks for queues at queue.amazonaws.com, whatever AWS_ENDPOINT_URL says.
                (tools / "aws").write_text(f'#!/bin/sh\nexec {shlex.quote(aws)} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
                (tools / "aws").chmod(0o755)
            if sever := os.environ.get("SEVERANCE_SEVER"):
                # As if the reader had installed it.
                (tools / "sever").symlink_to(Path(sever).resolve(strict=True))
            script = Path(folder) / "commands.sh"
            script.write_text("\n\n".join(block.script for block in mine) + "\n", encoding="utf-8")
            # -v shows each line as it is read, so that output stands under its command.
            command = ["bash", "-veuo", "pipefail", script.name]
            environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode != 0:
            raise Failure(f"a command of {name} ended with {done.returncode}")
    for document in left_out:
        print(f"!! not run: {document}", file=sys.stderr)
    return EXIT_SKIPPED if left_out else 0


if __name__ == "__main__":
    end_with(main)
