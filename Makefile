# The few commands that everybody needs. `make` alone lists them.
.PHONY: help demo demo-cluster test planted proof lint fmt

help:
	@echo "make demo   a team, a simulated WhatsApp and a scene; then it stays up to be explored"
	@echo "            (BATON_DEMO_ONCE=1 make demo plays the scene and ends)"
	@echo "make demo-cluster  the same on three nodes, of which one is killed, and Redis as well"
	@echo "make test   form, lints and every test, on SQLite and on a private PostgreSQL"
	@echo "make planted  build with bugs planted on purpose and show that the tests find each"
	@echo "make proof  the long runs and the figures, recorded in docs/runs; goes on where it ended"
	@echo "make lint   form and lints only"
	@echo "make fmt    format the sources"

demo:
	@cargo run --quiet --package baton -- demo

demo-cluster:
	@scripts/demo-cluster.sh

test:
	@scripts/test.sh
	@scripts/planted.sh

planted:
	@scripts/planted.sh

proof:
	@scripts/proof.sh

lint:
	@cargo fmt --all --check
	@cargo clippy --quiet --workspace --all-targets -- -D warnings
	@scripts/check-deploy.sh

fmt:
	@cargo fmt --all
