package awscloud

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/trailhold/trailhold/internal/digest"
)

// maxKeyPages bounds the pages of ListPublicKeys. A region has a few key pairs a year.
const maxKeyPages = 100

// PublicKeys finds public keys by ListPublicKeys. It implements digest.Keys.
type PublicKeys struct{ cloud *Cloud }

// PublicKeys is where the keys of all regions are found.
func (c *Cloud) PublicKeys() PublicKeys { return PublicKeys{c} }

// Keys lists the keys that a region's digest files of a time were signed with. Each region has keys of its own. Errors
// are *guard.APIError.
func (p PublicKeys) Keys(ctx context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
	in := &cloudtrail.ListPublicKeysInput{StartTime: aws.Time(from.UTC()), EndTime: aws.Time(to.UTC())}
	var keys []digest.PublicKey
	for range maxKeyPages {
		out, err := p.cloud.CloudTrail(region).ListPublicKeys(ctx, in)
		if err != nil {
			return nil, failure(ctx, "ListPublicKeys", err)
		}
		for _, key := range out.PublicKeyList {
			keys = append(keys, digest.PublicKey{
				Fingerprint: aws.ToString(key.Fingerprint), Value: key.Value,
				From: aws.ToTime(key.ValidityStartTime).UTC(), To: aws.ToTime(key.ValidityEndTime).UTC(),
			})
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return keys, nil
		}
	}
	return nil, strange("ListPublicKeys", fmt.Sprintf("more than %d pages of keys", maxKeyPages))
}
