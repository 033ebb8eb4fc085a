package inventory

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// configCall is a call of AWS Config.
func configCall(op, region string) awscloud.SignedCall {
	return awscloud.SignedCall{Op: op, Service: "config", Region: region, Path: "/", Target: "StarlingDoveService." + op, Body: "{}"}
}

// recorder reads AWS Config's recorder, of which a region has one that is the account's own.
func (r *reader) recorder(ctx context.Context, region string) trail.Facet[posture.ConfigRecorder] {
	type statuses struct {
		ConfigurationRecordersStatus []struct {
			Name, LastStatus string
			Recording        bool
		}
	}
	var status statuses
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() {
		status, failed = ask[statuses](ctx, r, configCall("DescribeConfigurationRecorderStatus", region))
	})
	recorders, err := ask[struct {
		ConfigurationRecorders []struct {
			Name           string
			RecordingGroup struct{ AllSupported, IncludeGlobalResourceTypes bool }
		}
	}](ctx, r, configCall("DescribeConfigurationRecorders", region))
	wg.Wait()
	if err = cmp.Or(err, failed); err != nil {
		return trail.NotKnown[posture.ConfigRecorder](err.Error())
	}
	if len(recorders.ConfigurationRecorders) == 0 {
		return trail.Gone[posture.ConfigRecorder]()
	}
	found := recorders.ConfigurationRecorders[0]
	made := posture.ConfigRecorder{Name: found.Name, AllTypes: found.RecordingGroup.AllSupported, Global: found.RecordingGroup.IncludeGlobalResourceTypes}
	for _, s := range status.ConfigurationRecordersStatus {
		if s.Name == found.Name {
			made.Recording, made.LastStatus = s.Recording, s.LastStatus
		}
	}
	return trail.Known(made)
}

// detector reads GuardDuty's detector, of which a region has one.
func (r *reader) detector(ctx context.Context, region string) trail.Facet[posture.Detector] {
	call := awscloud.SignedCall{Op: "ListDetectors", Service: "guardduty", Region: region, Method: http.MethodGet, Path: "/detector"}
	list, err := ask[struct{ DetectorIDs []string }](ctx, r, call)
	switch {
	case err != nil:
		return trail.NotKnown[posture.Detector](err.Error())
	case len(list.DetectorIDs) == 0:
		return trail.Gone[posture.Detector]()
	}
	id := list.DetectorIDs[0]
	call.Op, call.Path = "GetDetector", "/detector/"+url.PathEscape(id)
	found, err := ask[struct{ Status string }](ctx, r, call)
	if err != nil {
		return trail.NotKnown[posture.Detector](err.Error())
	}
	return trail.Known(posture.Detector{ID: id, Enabled: found.Status == "ENABLED"})
}

// hub reads whether Security Hub is on. Where it is off it answers with InvalidAccessException, or with
// ResourceNotFoundException.
func (r *reader) hub(ctx context.Context, region string) trail.Facet[posture.Hub] {
	found, err := ask[struct{ HubArn string }](ctx, r, awscloud.SignedCall{Op: "DescribeHub", Service: "securityhub", Region: region, Method: http.MethodGet, Path: "/accounts"})
	if off(err, "InvalidAccessException", "ResourceNotFoundException") {
		return trail.Gone[posture.Hub]()
	}
	if err != nil {
		return trail.NotKnown[posture.Hub](err.Error())
	}
	return trail.Known(posture.Hub{ARN: found.HubArn})
}

// off says whether an error is AWS's way to say that something is not there.
func off(err error, codes ...string) bool {
	var api *guard.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.Code == code {
			return true
		}
	}
	return false
}

// accountBlock reads S3's public access block for the whole account. An account without one has an empty document.
func (r *reader) accountBlock(ctx context.Context) trail.Facet[trail.Document] {
	body, err := r.send(ctx, awscloud.SignedCall{Op: "GetPublicAccessBlock", Host: r.account.ID + ".s3-control", Service: "s3", Region: r.global(), Method: http.MethodGet,
		Path: "/v20180820/configuration/publicAccessBlock", Header: map[string]string{"X-Amz-Account-Id": r.account.ID}})
	if off(err, "NoSuchPublicAccessBlockConfiguration") {
		return trail.Known(trail.EmptyDocument)
	}
	if err != nil {
		return trail.NotKnown[trail.Document](err.Error())
	}
	var block struct{ BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets bool }
	if err := xml.Unmarshal(body, &block); err != nil {
		return trail.NotKnown[trail.Document]("GetPublicAccessBlock: the answer cannot be understood")
	}
	document, err := trail.NewDocument(block)
	if err != nil {
		return trail.NotKnown[trail.Document](err.Error())
	}
	return trail.Known(document)
}
