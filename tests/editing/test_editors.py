"""Neovim and Emacs, without a screen and set up as docs/editors.md says, show what the server tells."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import client
from tests.editing.cases import ROOT

pytestmark = pytest.mark.slow

SHOWN = (ROOT / "docs" / "editors.md").read_text("utf-8")
TEXT = "# Words.\n\n        .equ N, 3\nstart: li r1, N\n        b    nowhere\n"
FORMATTED = TEXT.replace("start: li r1,", "start:  li   r1,")

SCRIPT = """
dofile('init.lua')
vim.cmd('edit it.s')
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 20)
local wrong = vim.diagnostic.get(0)[1]
vim.api.nvim_win_set_cursor(0, {4, 14})
local at = vim.lsp.util.make_position_params()
local hover = vim.lsp.buf_request_sync(0, 'textDocument/hover', at, 60000)
vim.lsp.buf.formatting_sync(nil, 60000)
local formatted = vim.api.nvim_buf_get_lines(0, 0, -1, false)
at = vim.lsp.util.make_position_params()
at.position.character = 17
at.newName = 'MOST'
local renamed = vim.lsp.buf_request_sync(0, 'textDocument/rename', at, 60000)
for _, answer in pairs(renamed) do vim.lsp.util.apply_workspace_edit(answer.result, 'utf-16') end
local all = vim.api.nvim_buf_get_lines(0, 0, -1, false)
vim.fn.writefile({vim.fn.json_encode({wrong.lnum, wrong.col, wrong.message, hover[1], formatted, all})}, 'out.json')
vim.cmd('qall!')
"""


def snippet(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", SHOWN, re.DOTALL)
    assert found
    return found[1]


def environment(folder: Path) -> dict[str, str]:
    """`trapline` is on the path, and nothing of whoever runs the tests is read or written."""
    command = folder / "trapline"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m trapline "$@"\n')
    command.chmod(0o755)
    paths = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    return {**os.environ, **paths, "XDG_STATE_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}


def test_neovim_shows_what_is_wrong_tells_and_writes(tmp_path: Path) -> None:
    nvim = client("nvim", "neovim")
    (tmp_path / "init.lua").write_text(snippet("lua"))
    (tmp_path / "script.lua").write_text(SCRIPT)
    (tmp_path / "it.s").write_text(TEXT)
    command = [nvim, "--headless", "--clean", "-S", "script.lua"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), timeout=120, capture_output=True, text=True)
    assert (tmp_path / "out.json").exists(), done.stderr
    line, column, message, hover, formatted, renamed = json.loads((tmp_path / "out.json").read_text())
    assert (line, column, message) == (4, 13, "`nowhere` is not defined")
    assert "a constant = 3" in hover["result"]["contents"]["value"]
    assert formatted == FORMATTED.splitlines()
    assert renamed == FORMATTED.replace("N, 3", "MOST, 3").replace("r1, N", "r1, MOST").splitlines()


LISP = """
(require 'eglot)
(load (expand-file-name "init.el") nil t)
(setq eglot-sync-connect 60)
(find-file "it.s")
(unless (eglot-current-server) (call-interactively #'eglot))
(let ((tries 0))
  (while (and (< tries 400) (not (flymake-diagnostics)))
    (accept-process-output nil 0.05) (flymake-start) (setq tries (1+ tries))))
(dolist (found (flymake-diagnostics)) (message "wrong: %s" (flymake-diagnostic-text found)))
(eglot-format-buffer)
(eglot--signal-textDocument/didChange)
(goto-char (point-min)) (search-forward "r1, ")
(eglot-rename "MOST")
(write-region nil nil "out.s")
(set-buffer-modified-p nil)
(eglot-shutdown (eglot-current-server))
"""


@pytest.mark.nightly
def test_emacs_does_so_too(tmp_path: Path) -> None:
    emacs = client("emacs", "emacs-nox")
    found = sorted(Path("/usr/share/emacs/site-lisp").glob("elpa*/eglot-*/eglot.el"))
    library = found[0].parent if found else client("eglot", "elpa-eglot")  # no command: it says what is missing
    (tmp_path / "init.el").write_text(snippet("elisp"))
    (tmp_path / "script.el").write_text(LISP)
    (tmp_path / "it.s").write_text(TEXT)
    command = [emacs, "-Q", "--batch", "-L", str(library), "-l", "script.el"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), timeout=120, capture_output=True, text=True)
    assert "wrong: trapline: `nowhere` is not defined" in done.stderr
    text = FORMATTED.replace("N, 3", "MOST, 3").replace("r1, N", "r1, MOST")
    assert (tmp_path / "out.s").read_text() == text, done.stderr
