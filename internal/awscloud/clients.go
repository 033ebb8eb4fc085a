package awscloud

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// clientKey identifies a client.
type clientKey struct{ service, region string }

// client returns the one client of a service in a region, making it on first use: a cold start pays only for what
// its event needs.
func client[T any](c *Cloud, service, region string, build func() T) T {
	key := clientKey{service, region}
	c.mu.Lock()
	defer c.mu.Unlock()
	if have, ok := c.clients[key].(T); ok {
		return have
	}
	made := build()
	c.clients[key] = made
	return made
}

// CloudTrail returns the CloudTrail client of a region. It is exported for the intruder of the drill.
func (c *Cloud) CloudTrail(region string) *cloudtrail.Client {
	return client(c, "cloudtrail", region, func() *cloudtrail.Client {
		return cloudtrail.NewFromConfig(c.config, func(o *cloudtrail.Options) { o.Region = region })
	})
}

// S3 returns the S3 client of a region. It is exported for the intruder of the drill. A configured endpoint is
// addressed by path, because the name of a bucket before that of a local host rarely resolves.
func (c *Cloud) S3(region string) *s3.Client {
	return client(c, "s3", region, func() *s3.Client {
		return s3.NewFromConfig(c.config, func(o *s3.Options) {
			o.Region = region
			o.HTTPClient = c.transfer
			o.UsePathStyle = o.BaseEndpoint != nil
		})
	})
}

func (c *Cloud) sns(region string) *sns.Client {
	return client(c, "sns", region, func() *sns.Client {
		return sns.NewFromConfig(c.config, func(o *sns.Options) { o.Region = region })
	})
}

func (c *Cloud) sqs(region string) *sqs.Client {
	return client(c, "sqs", region, func() *sqs.Client {
		return sqs.NewFromConfig(c.config, func(o *sqs.Options) { o.Region, o.HTTPClient = region, c.transfer })
	})
}

func (c *Cloud) kms(region string) *kms.Client {
	return client(c, "kms", region, func() *kms.Client {
		return kms.NewFromConfig(c.config, func(o *kms.Options) { o.Region = region })
	})
}

// iam returns the IAM client of a partition, for which any of its regions stands: the SDK finds the one endpoint of each.
func (c *Cloud) iam(region string) *iam.Client {
	return client(c, "iam", region, func() *iam.Client {
		return iam.NewFromConfig(c.config, func(o *iam.Options) { o.Region = region })
	})
}

func (c *Cloud) logs(region string) *cloudwatchlogs.Client {
	return client(c, "logs", region, func() *cloudwatchlogs.Client {
		return cloudwatchlogs.NewFromConfig(c.config, func(o *cloudwatchlogs.Options) { o.Region = region })
	})
}

func (c *Cloud) alarms(region string) *cloudwatch.Client {
	return client(c, "monitoring", region, func() *cloudwatch.Client {
		return cloudwatch.NewFromConfig(c.config, func(o *cloudwatch.Options) { o.Region = region })
	})
}

func (c *Cloud) events(region string) *eventbridge.Client {
	return client(c, "events", region, func() *eventbridge.Client {
		return eventbridge.NewFromConfig(c.config, func(o *eventbridge.Options) { o.Region = region })
	})
}

func (c *Cloud) functions(region string) *lambda.Client {
	return client(c, "lambda", region, func() *lambda.Client {
		return lambda.NewFromConfig(c.config, func(o *lambda.Options) { o.Region = region })
	})
}

func (c *Cloud) schedules(region string) *scheduler.Client {
	return client(c, "scheduler", region, func() *scheduler.Client {
		return scheduler.NewFromConfig(c.config, func(o *scheduler.Options) { o.Region = region })
	})
}

func (c *Cloud) tables(region string) *dynamodb.Client {
	return client(c, "dynamodb", region, func() *dynamodb.Client {
		return dynamodb.NewFromConfig(c.config, func(o *dynamodb.Options) { o.Region = region })
	})
}

// organizations returns the Organizations client of a partition, for which any of its regions stands.
func (c *Cloud) organizations(region string) *organizations.Client {
	return client(c, "organizations", region, func() *organizations.Client {
		return organizations.NewFromConfig(c.config, func(o *organizations.Options) { o.Region = region })
	})
}

// dynamodb returns the DynamoDB client of a region. It tries again sooner than others, because DynamoDB is throttled for
// moments only, and because a guard that saves an incident has little time left.
func (c *Cloud) dynamodb(region string) *dynamodb.Client {
	return client(c, "dynamodb journal", region, func() *dynamodb.Client {
		return dynamodb.NewFromConfig(c.config, func(o *dynamodb.Options) {
			o.Region, o.HTTPClient = region, c.table
			o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts, r.MaxBackoff = 6, 200*time.Millisecond })
		})
	})
}

func (c *Cloud) sts() *sts.Client {
	return client(c, "sts", c.config.Region, func() *sts.Client { return sts.NewFromConfig(c.config) })
}

func (c *Cloud) accounts() *account.Client {
	return client(c, "account", c.config.Region, func() *account.Client { return account.NewFromConfig(c.config) })
}

// useRetries sets the retries of reads: few and soon, so that a throttled read is known within seconds. It overrides
// AWS_MAX_ATTEMPTS, since the guard's own deadlines count on it.
func (c *Cloud) useRetries() {
	c.config.RetryMaxAttempts, c.config.RetryMode = 0, ""
	c.config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = 3, time.Second
		})
	}
}
