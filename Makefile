# Aliases of pnpm's scripts, by the names that Buf modules usually have.
PNPM = npx -y $(shell node -p "require('./package.json').packageManager")

.PHONY: lint breaking generate test clean

lint:
	$(PNPM) check buf-lint buf-format lint

breaking:
	$(PNPM) check buf-breaking

generate:
	$(PNPM) generate

test:
	$(PNPM) test

clean:
	$(PNPM) run clean
