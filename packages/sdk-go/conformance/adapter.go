// The adapter of the conformance suite: does what a case says through the public API of the SDK,
// and tells what happened.
package main

import (
	"bufio"
	"errors"
	"io"
	"log"
	"os"
	"sync"
)

func main() {
	// Frames alone go to the standard output: whatever else prints is told on standard error.
	output := os.Stdout
	os.Stdout = os.Stderr
	if err := serve(os.Stdin, output); err != nil {
		log.Fatal(err)
	}
}

// serve answers requests until its input ends, each as soon as it is done.
func serve(input io.Reader, output io.Writer) error {
	var (
		writing  sync.Mutex
		open     sync.WaitGroup
		buffered = bufio.NewReader(input)
	)
	defer open.Wait()
	for {
		text, err := readFrame(buffered)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		open.Go(func() {
			frame := toFrame(answer(text))
			writing.Lock()
			defer writing.Unlock()
			if _, err := output.Write(frame); err != nil {
				log.Print(err)
			}
		})
	}
}
