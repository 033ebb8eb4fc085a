package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/trailhold/trailhold/internal/trail"
)

// channelProbes read a channel of CloudTrail Lake.
var channelProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "configuration"}, gone: []string{"ChannelNotFoundException"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.CloudTrail(r.Region).GetChannel(ctx, &cloudtrail.GetChannelInput{Channel: &r.ARN})
		if err != nil {
			return nil, failure(ctx, "GetChannel", err)
		}
		return map[trail.Setting]any{
			trail.Identity:  map[string]string{"Owner": accountOf(aws.ToString(out.ChannelArn))},
			"configuration": stripped(described(out), "ChannelArn", "IngestionStatus", "Source", "SourceConfig"), // a source is for ever
		}, nil
	}},
	{settings: []trail.Setting{"policy"}, read: lakePolicy},
}

// channelWrites put a channel's settings back. Made again it would have another ARN, to which nobody sends.
var channelWrites = map[trail.Op]write{
	trail.OpUpdateChannel: lakeWrite((*cloudtrail.Client).UpdateChannel, func(s trail.Step, in *cloudtrail.UpdateChannelInput) (err error) {
		*in, err = into[cloudtrail.UpdateChannelInput](s.Document)
		in.Channel = &s.ARN
		return err
	}),
	trail.OpPutResourcePolicy:    putLakePolicy,
	trail.OpDeleteResourcePolicy: deleteLakePolicy,
}
