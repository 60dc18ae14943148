# Every target works alone on a fresh clone: `.venv` is made when it is missing or when the pins have changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PACKAGES := isa monitor proofs guests trapline
# Programs that tests call and that no Python package brings: names of Debian packages.
CLIENTS := coq gdb-multiarch neovim nodejs emacs-nox elpa-eglot chromium tmux libvirt-clients qemu-utils \
	libnbd-bin tshark prometheus openssl gvncviewer tigervnc-viewer xvfb xdotool iproute2 iputils-ping curl \
	netcat-openbsd skopeo
# The same of npm: screens in a browser, the page, the debug adapter, and readers of GIFT and QTI; they go into
# build/clients.
MODULES := @novnc/novnc@1.7.0 axe-core@4.14.1 @vscode/debugadapter-testsupport@1.68.0 mocha@12.0.3 gift-pegjs@1.0.2 \
	@citolab/qti-convert@0.3.52

.PHONY: demo test long quick check nightly bench clients site serve mechanised clean

demo: $(READY)
	@$(BIN)/trapline demo

test: $(READY)
	@$(BIN)/pytest -q -n 2 -m "not long"

long: $(READY)
	@$(BIN)/pytest -q -n 2 -m long

quick: $(READY)
	@$(BIN)/pytest -q -n 2 -m "not slow"

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/mypy

nightly: $(READY)
	@HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -q -n 2 --dist=load -o faulthandler_timeout=7200

bench: $(READY)
	@$(BIN)/trapline bench --output bench.json

clients:
	@.ci/clients $(CLIENTS) $(MODULES)

site: $(READY)
	@$(BIN)/python -m trapline.page.site.building build/site

serve: $(READY)
	@$(BIN)/python -m trapline.page.site.serving build/site

mechanised:
	@mkdir -p build/mechanised
	@cp proofs/mechanised/* build/mechanised
	@cd build/mechanised && for file in $$(grep '\.v$$' _CoqProject); do coqc -R . Trapline $$file || exit 1; done

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[test]'
	@$(BIN)/python -m compileall -q $(PACKAGES)  # as an installer does with what it copies, and here it copies nothing
	@touch $@

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
