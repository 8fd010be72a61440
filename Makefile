# The few commands that everybody needs. `make` alone lists them.
.PHONY: help demo demo-cluster check test planted proof lint fmt dist

help:
	@echo "make demo   a team, a simulated WhatsApp and a scene; then it stays up to be explored"
	@echo "            (BATON_DEMO_ONCE=1 make demo plays the scene and ends)"
	@echo "make demo-cluster  the same on three nodes, of which one is killed, and Redis as well"
	@echo "make check  form, lints and the tests that start no server and no cluster, on SQLite"
	@echo "make test   form, lints and every test, on SQLite and on a private PostgreSQL"
	@echo "make proof  the long runs and the figures, recorded in docs/runs; goes on where it ended"
	@echo "make planted  show that the tests find each bug planted on purpose"
	@echo "make dist   the release build with a list of its parts (CycloneDX) and their sums, in target/dist;"
	@echo "            signed with the key that BATON_SIGNING_KEY names"
	@echo "make lint   form and lints only"
	@echo "make fmt    format the sources"

demo:
	@scripts/demo.sh

demo-cluster:
	@scripts/demo-cluster.sh

check:
	@scripts/check.sh

test:
	@scripts/test.sh

planted:
	@scripts/planted.sh

proof:
	@scripts/proof.sh

dist:
	@scripts/dist.sh

lint:
	@scripts/form.sh
	@scripts/lint.sh

fmt:
	@cargo fmt --all
	@cd console && npm run --silent format
