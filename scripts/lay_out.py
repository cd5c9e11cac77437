#!/usr/bin/env python3
"""Put what `cargo build` made where SAM takes it from.

    lay_out.py BINARIES    the folder in which Cargo left them, such as target/debug

`sam build` compiles one function after the other, in release. Here everything was compiled at once, in the profile that the
tests and the command have too, and is only laid out below .aws-sam/build:

    template.yaml, <function>/bootstrap    what `sam local invoke` looks for
    packed.yaml, <function>.zip            what `sam deploy` takes: it would deflate the folders anew for each stack

Both are template.yaml with each CodeUri pointing there. What has not changed is left alone.
"""

import argparse
import filecmp
import os
import re
import shutil
import zipfile
from pathlib import Path

from console import Failure, end_with
from places import BUILT, PACKED_TEMPLATE, REPO

TEMPLATE = REPO / "template.yaml"
CODE_URI = re.compile(r"(?m)^( +CodeUri: )functions/([a-z-]+)$")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=Path, help="where Cargo left the functions' binaries")
    binaries = parser.parse_args().binaries
    changed = [function for function in templates() if lay_out(binaries / function, BUILT / function)]
    print(f"{BUILT.relative_to(REPO)}: {', '.join(changed) + ' changed' if changed else 'nothing changed'}")
    return 0


def templates() -> list[str]:
    """Write the templates; gives the functions that they name."""
    text = TEMPLATE.read_text(encoding="utf-8")
    functions = sorted({found[2] for found in CODE_URI.finditer(text)})
    there = sorted(path.name for path in (REPO / "functions").iterdir() if path.is_dir())
    if functions != there:
        raise Failure(f"template.yaml has CodeUri for {', '.join(functions)}, yet functions/ has {', '.join(there)}")
    BUILT.mkdir(parents=True, exist_ok=True)
    (BUILT / "template.yaml").write_text(CODE_URI.sub(r"\g<1>\g<2>", text), encoding="utf-8")
    PACKED_TEMPLATE.write_text(CODE_URI.sub(r"\g<1>\g<2>.zip", text), encoding="utf-8")
    return functions


def lay_out(binary: Path, folder: Path) -> bool:
    """Lay a binary out, and pack it; whether it is another than before."""
    if not binary.exists():
        raise Failure(f"{binary} is not there. Build the functions first: make build")
    bootstrap, packed = folder / "bootstrap", folder.with_suffix(".zip")
    if bootstrap.exists() and packed.exists() and filecmp.cmp(bootstrap, binary):
        return False
    # The zip is written last, so that a run which was ended in between is done again.
    packed.unlink(missing_ok=True)
    bootstrap.unlink(missing_ok=True)
    folder.mkdir(exist_ok=True)
    try:
        os.link(binary, bootstrap)
    except OSError:
        # Cargo's target folder is on another file system.
        shutil.copy2(binary, bootstrap)
    # Deflated quickly rather than well: it travels to this machine alone.
    half = packed.with_suffix(".part")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(bootstrap, bootstrap.name)
    half.replace(packed)
    return True


if __name__ == "__main__":
    end_with(main)
