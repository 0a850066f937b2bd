package bench

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) == "" {
		os.Exit(m.Run())
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// BenchmarkCall has a benchmark of each side of each row, named as benchstat reads it:
//
//	go test -run '^$' -bench . -count 10 | benchstat -row /row -col /side -
func BenchmarkCall(b *testing.B) {
	address, stop, err := startServer()
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	for _, row := range rows {
		b.Run("row="+row.name, func(b *testing.B) {
			benchmark(b, "base", row.base, address)
			benchmark(b, "other", row.other, address)
			if row.beside != nil {
				benchmark(b, "beside", row.beside, address)
			}
		})
	}
}

func benchmark(b *testing.B, name string, side side, address string) {
	b.Run("side="+name, func(b *testing.B) {
		run, ctx := side(address), b.Context()
		// The first calls fill what is pooled, and open the connection.
		for range 100 {
			if err := run(ctx); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		for range b.N {
			if err := run(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}
