# What needs more than one go command. Everything else is go test ./... and .ci/run.

.PHONY: package snapshot
package: # the function's packages for Lambda, in dist/
	go run ./internal/tools/package -o dist

snapshot: # all that a release has, without publishing it; needs goreleaser and syft
	goreleaser release --snapshot --clean
