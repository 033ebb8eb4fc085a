package awscloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// lambdaGone is how Lambda says that a function does not exist, and also that it has no policy or no configuration of its
// asynchronous calls.
const lambdaGone = "ResourceNotFoundException"

// functionProbes read a function. All calls name it by its ARN, so that a function of another account is never meant.
var functionProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "code", "configuration"}, gone: []string{lambdaGone}, read: functionItself},
	{settings: []trail.Setting{"environment"}, read: functionEnvironment},
	{settings: []trail.Setting{"concurrency"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.functions(r.Region).GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &r.ARN})
		if err != nil {
			return nil, failure(ctx, "GetFunctionConcurrency", err)
		}
		return map[trail.Setting]any{"concurrency": described(out)}, nil
	}},
	{settings: []trail.Setting{"permissions"}, read: functionPermissions},
	{settings: []trail.Setting{"invokeConfig"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.functions(r.Region).GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{FunctionName: &r.ARN})
		if err != nil {
			return nil, unless(failure(ctx, "GetFunctionEventInvokeConfig", err), lambdaGone)
		}
		return map[trail.Setting]any{"invokeConfig": stripped(described(out), "FunctionArn", "LastModified")}, nil
	}},
}

func (c *Cloud) functionConfiguration(ctx context.Context, r trail.Resource) (*lambda.GetFunctionConfigurationOutput, error) {
	out, err := c.functions(r.Region).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &r.ARN})
	if err != nil {
		return nil, failure(ctx, "GetFunctionConfiguration", err)
	}
	return out, nil
}

// functionItself keeps of a function's configuration what UpdateFunctionConfiguration takes, in its spelling. That leaves
// out what Lambda changes by itself, such as the state, the revision and the patch level of the runtime.
func functionItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.functionConfiguration(ctx, r)
	if err != nil {
		return nil, err
	}
	if out.ImageConfigResponse != nil && out.ImageConfigResponse.Error != nil {
		return nil, strange("GetFunctionConfiguration", "the image's configuration cannot be read: "+aws.ToString(out.ImageConfigResponse.Error.Message))
	}
	return map[trail.Setting]any{
		trail.Identity:  map[string]string{"Owner": accountOf(aws.ToString(out.FunctionArn))},
		"code":          map[string]*string{"CodeSha256": out.CodeSha256},
		"configuration": described(configurationOf(out)),
	}, nil
}

// configurationOf is what a function is configured to, without the empty values by which Lambda says that it is not.
func configurationOf(out *lambda.GetFunctionConfigurationOutput) lambdaConfiguration {
	configuration := lambdaConfiguration{
		CapacityProviderConfig: out.CapacityProviderConfig, DurableConfig: out.DurableConfig, EphemeralStorage: out.EphemeralStorage,
		FileSystemConfigs: out.FileSystemConfigs, Handler: out.Handler, LoggingConfig: out.LoggingConfig, MemorySize: out.MemorySize,
		Role: out.Role, Runtime: out.Runtime, Timeout: out.Timeout,
		Description: optional(aws.ToString(out.Description)), KMSKeyArn: optional(aws.ToString(out.KMSKeyArn)),
	}
	for _, layer := range out.Layers {
		configuration.Layers = append(configuration.Layers, aws.ToString(layer.Arn))
	}
	if d := out.DeadLetterConfig; d != nil && aws.ToString(d.TargetArn) != "" {
		configuration.DeadLetterConfig = d
	}
	if v := out.VpcConfig; v != nil && len(v.SubnetIds) > 0 {
		configuration.VpcConfig = &lambdatypes.VpcConfig{SubnetIds: v.SubnetIds, SecurityGroupIds: v.SecurityGroupIds}
		if aws.ToBool(v.Ipv6AllowedForDualStack) {
			configuration.VpcConfig.Ipv6AllowedForDualStack = v.Ipv6AllowedForDualStack
		}
	}
	if out.ImageConfigResponse != nil {
		configuration.ImageConfig = out.ImageConfigResponse.ImageConfig
	}
	if out.SnapStart != nil && out.SnapStart.ApplyOn != lambdatypes.SnapStartApplyOnNone {
		configuration.SnapStart = &lambdatypes.SnapStart{ApplyOn: out.SnapStart.ApplyOn}
	}
	if out.TracingConfig != nil {
		configuration.TracingConfig = &lambdatypes.TracingConfig{Mode: out.TracingConfig.Mode}
	}
	return configuration
}

// functionEnvironment keeps the names of the environment variables and a hash of each value, with which a baseline, a drift
// and an alert can be read by people who may not know the value. What is hashed cannot be written back: a change is told,
// and the function has to be deployed again. A hash hides no value that can be guessed.
//
// Of TRAILHOLD_BASELINE the SHA-256 that pins the baseline is left out where it is that of the very baseline which is looked
// through: a file cannot have its own sum in it.
func functionEnvironment(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.functionConfiguration(ctx, r)
	if err != nil || out.Environment == nil {
		return nil, err
	}
	if failed := out.Environment.Error; failed != nil { // Lambda may not use its key
		return nil, strange("GetFunctionConfiguration", "the environment variables cannot be read: "+aws.ToString(failed.ErrorCode)+": "+aws.ToString(failed.Message))
	}
	variables := map[string]string{}
	for name, value := range out.Environment.Variables {
		if name == baselineVariable {
			value = c.withoutOwnSum(value)
		}
		sum := sha256.Sum256([]byte(r.ARN + "\x00" + name + "\x00" + value))
		variables[name] = "sha256:" + hex.EncodeToString(sum[:16])
	}
	return map[trail.Setting]any{"environment": map[string]any{"Variables": variables}}, nil
}

// baselineVariable says where a function's baseline is, and ends in baselinePin and the SHA-256 of its content.
const (
	baselineVariable = "TRAILHOLD_BASELINE"
	baselinePin      = "#sha256="
)

// LooksThrough tells the cloud through which baseline it is looked at, by the content of its file. From then on a function whose
// environment pins another baseline has another environment. Without it, as when a baseline is captured, any pin is taken
// for that of the baseline that will be. It must be called before anything is observed.
func (c *Cloud) LooksThrough(baseline []byte) {
	sum := sha256.Sum256(baseline)
	c.ownSum = hex.EncodeToString(sum[:])
}

// withoutOwnSum is the location of a baseline without the baseline's own sum, wherever that is: in the pin, and in a key that is
// made of the content. What takes its place cannot be in an environment variable, so that no other location is mistaken for it.
func (c *Cloud) withoutOwnSum(location string) string {
	_, pin, pinned := strings.Cut(location, baselinePin)
	if !pinned || len(pin) != hex.EncodedLen(sha256.Size) || c.ownSum != "" && !strings.EqualFold(pin, c.ownSum) {
		return location
	}
	return strings.ReplaceAll(location, pin, "\x00")
}
