// Package bench compares calls of the SDK for Go with those of the bare Connect client, and of grpc-go. Its benchmarks
// are rows of pnpm bench: see the README of packages/bench.
package bench
