package awscloud

import (
	"context"
	"encoding/json"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

// Hub is Security Hub in one region.
type Hub struct {
	cloud  *Cloud
	region string
}

// Hub returns Security Hub in a region; "" is the default one.
func (c *Cloud) Hub(region string) *Hub {
	if region == "" {
		region = c.config.Region
	}
	return &Hub{c, region}
}

// Region is where it is.
func (h *Hub) Region() string { return h.region }

// ImportFinding imports one finding in ASFF, or updates the one with its id. That it is not taken is an error, too.
func (h *Hub) ImportFinding(ctx context.Context, finding []byte) error {
	var out struct {
		FailedFindings []struct{ ErrorCode, ErrorMessage string }
	}
	call := SignedCall{Service: "securityhub", Region: h.region, Op: "BatchImportFindings", Path: "/findings/import"}
	if err := call.do(ctx, h.cloud, map[string]any{"Findings": []json.RawMessage{finding}}, &out); err != nil {
		return err
	}
	for _, failed := range out.FailedFindings {
		return rejected("BatchImportFindings", failed.ErrorCode, failed.ErrorMessage)
	}
	return nil
}

// rejected is an error that AWS gives within an answer that is a success.
func rejected(op, code, message string) *guard.APIError {
	return &guard.APIError{Op: op, Code: plain.Text(code, 100), Message: plain.Text(message, maxText-len(op)-110), Class: classOf(code, 0)}
}
