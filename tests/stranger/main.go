// Command stranger plays scenes of docs/protocol.md against a server, with the client that was
// written from that page alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type scene struct {
	name string
	play func(context.Context, *stage) error
}

func main() {
	program := flag.String("baton", "target/debug/baton", "the server's program")
	long := flag.Bool(
		"long",
		false,
		"also what takes minutes: silence, and messages that a dead server was sending",
	)
	flag.Parse()
	dir, err := os.MkdirTemp("", "baton-stranger-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	failed := play(*program, dir, *long)
	if failed > 0 {
		fmt.Printf("%d scenes FAILED; the server's log is %s/server.log\n", failed, dir)
		os.Exit(1)
	}
	_ = os.RemoveAll(dir)
}

func play(program, dir string, long bool) (failed int) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	// Whatever ends this program also ends the server.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	defer stop()
	h, err := newHouse(program, dir)
	if err == nil {
		defer h.meta.Close()
		defer h.end(syscall.SIGKILL)
		err = h.furnish()
	}
	if err == nil {
		err = h.start(ctx)
	}
	if err != nil {
		fmt.Println("the server did not start:", err)
		return 1
	}
	s := &stage{house: h, dir: dir, settles: patience}
	if long {
		s.settles = 3 * time.Minute
	}
	defer s.leave()
	for _, scene := range scenes(long) {
		begun := time.Now()
		err := in(ctx, s, scene)
		took := time.Since(begun).Round(10 * time.Millisecond)
		if err != nil {
			failed++
			fmt.Printf("FAILED  %s (%v): %v\n", scene.name, took, err)
			continue
		}
		fmt.Printf("ok      %s (%v)\n", scene.name, took)
	}
	return failed
}

// in gives a scene its time, and turns its panic into a failure.
func in(ctx context.Context, s *stage, scene scene) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("%v", broken)
		}
	}()
	return scene.play(ctx, s)
}
