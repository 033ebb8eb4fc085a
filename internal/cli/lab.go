package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// labDelivery is the time from a call to its record's log file in the lab. On AWS it is minutes.
const labDelivery = 3 * time.Second

func (a *app) labCommand() *cobra.Command {
	listen, regions, digests := "", []string(nil), time.Duration(0)
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Serve an AWS in a box, to try everything without an account",
		Long: `Serves an AWS in a box on the loopback interface, and prints the environment
that makes any AWS client use it. It has CloudTrail and what trails, audits and
the guard rest on: S3, KMS, SNS, SQS, EventBridge, CloudWatch and its Logs, IAM,
STS, Lambda, DynamoDB, CloudFormation, Organizations and more. It forgets
everything when it stops.

"deploy", "status" and "destroy" work in it, but functions do not run: what is
deployed guards nothing there. Let "watch" or "sweep" guard the lab's trails.`,
		Example: `  trailhold lab
  trailhold lab --listen 127.0.0.1:0 --regions eu-west-1,us-east-1
  trailhold lab --digest-interval 10s`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serveLab(cmd.Context(), listen, regions, digests) },
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:4599", "loopback `address` to listen on; port 0 takes any free one")
	cmd.Flags().StringSliceVar(&regions, "regions", nil, "`regions` that are enabled; the first is the default (default us-east-1,us-west-2,eu-west-1)")
	cmd.Flags().DurationVar(&digests, "digest-interval", time.Hour, "`time` that one digest file covers; shorter than AWS's hour to try verify")
	return cmd
}

func (a *app) serveLab(ctx context.Context, address string, regions []string, digests time.Duration) error {
	if err := errors.Join(onlyLoopback(address), validRegions(regions)); err != nil {
		return err
	}
	if digests < time.Second {
		return usagef("--digest-interval %s: a digest covers at least 1s", digests)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("the lab cannot listen: %w", err)
	}
	box := lab.New(lab.Options{Regions: regions, DeliveryDelay: labDelivery, DigestInterval: digests})
	if err := a.print(labGreeting(box, "http://"+listener.Addr().String())); err != nil {
		return errors.Join(err, listener.Close())
	}
	err = serve(ctx, listener, box)
	box.Close()
	return err
}

func labGreeting(box *lab.Lab, endpoint string) string {
	var out strings.Builder
	out.WriteString("# An AWS in a box listens. Ctrl-C stops it. In another terminal:\n")
	for _, line := range box.Environment(endpoint) {
		out.WriteString("export " + line + "\n")
	}
	out.WriteString("# and then, for example: aws cloudtrail describe-trails\n")
	// It replaces the endpoint from the environment by SQS's old one: awscli/customizations/overridesslcommonname.py
	out.WriteString("# (AWS CLI version 1 wants it said again: aws sqs --endpoint-url $AWS_ENDPOINT_URL ...)\n")
	return out.String()
}

// onlyLoopback refuses addresses that others could reach: the lab checks no signature.
func onlyLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--listen %q: write an address and a port, such as 127.0.0.1:4599", address)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return usagef("--listen %q: the lab lets anybody in, so it only listens on loopback, such as 127.0.0.1:4599", address)
}

func validRegions(regions []string) error {
	for _, r := range regions {
		if !trail.ValidRegion(r) {
			return usagef("--regions: %q is not the name of a region, such as eu-west-1", r)
		}
	}
	return nil
}

// serve answers requests until ctx ends, and lets those under way finish for a moment.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(last) != nil {
		return server.Close() // long polls are cut off
	}
	return nil
}
