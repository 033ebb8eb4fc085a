// Command trailhold keeps AWS CloudTrail recording: it guards trails, and compares them with their baseline. Run
// trailhold -h for what it can do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/trailhold/trailhold/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
