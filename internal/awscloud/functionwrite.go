package awscloud

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// lambdaConfiguration is what UpdateFunctionConfiguration takes, without the function's name and its environment variables.
type lambdaConfiguration struct {
	CapacityProviderConfig *lambdatypes.CapacityProviderConfig
	DeadLetterConfig       *lambdatypes.DeadLetterConfig
	Description            *string
	DurableConfig          *lambdatypes.DurableConfig
	EphemeralStorage       *lambdatypes.EphemeralStorage
	FileSystemConfigs      []lambdatypes.FileSystemConfig
	Handler                *string
	ImageConfig            *lambdatypes.ImageConfig
	KMSKeyArn              *string
	Layers                 []string
	LoggingConfig          *lambdatypes.LoggingConfig
	MemorySize             *int32
	Role                   *string
	Runtime                lambdatypes.Runtime
	SnapStart              *lambdatypes.SnapStart
	Timeout                *int32
	TracingConfig          *lambdatypes.TracingConfig
	VpcConfig              *lambdatypes.VpcConfig
}

// functionWrites put a function's settings back. Nobody but its deployment can make it again.
var functionWrites = map[trail.Op]write{
	trail.OpUpdateFunctionConfiguration: functionWrite((*lambda.Client).UpdateFunctionConfiguration, functionInput),
	trail.OpPutFunctionConcurrency: functionWrite((*lambda.Client).PutFunctionConcurrency, func(s trail.Step, in *lambda.PutFunctionConcurrencyInput) (err error) {
		*in, err = into[lambda.PutFunctionConcurrencyInput](s.Document)
		in.FunctionName = &s.ARN
		return err
	}),
	trail.OpDeleteFunctionConcurrency: functionWrite((*lambda.Client).DeleteFunctionConcurrency, func(s trail.Step, in *lambda.DeleteFunctionConcurrencyInput) error {
		in.FunctionName = &s.ARN
		return nil
	}),
	trail.OpAddPermission:    addPermission,
	trail.OpRemovePermission: functionWrite((*lambda.Client).RemovePermission, withoutPermission),
	trail.OpPutFunctionEventInvokeConfig: functionWrite((*lambda.Client).PutFunctionEventInvokeConfig, func(s trail.Step, in *lambda.PutFunctionEventInvokeConfigInput) (err error) {
		*in, err = into[lambda.PutFunctionEventInvokeConfigInput](s.Document)
		in.FunctionName = &s.ARN
		return err
	}),
	trail.OpDeleteFunctionEventInvokeConfig: functionWrite((*lambda.Client).DeleteFunctionEventInvokeConfig, func(s trail.Step, in *lambda.DeleteFunctionEventInvokeConfigInput) error {
		in.FunctionName = &s.ARN
		return nil
	}),
}

func functionWrite[I, O any](call operation[*lambda.Client, I, O, lambda.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).functions, func(o *lambda.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// functionInput clears what the baseline does not have, because what UpdateFunctionConfiguration is not given stays: a layer
// of an intruder's would go on running inside the guard, and a network without a way out would keep it from acting. The
// environment variables stay as they are.
// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
func functionInput(s trail.Step, in *lambda.UpdateFunctionConfigurationInput) error {
	wanted, err := into[lambdaConfiguration](s.Document)
	*in = lambda.UpdateFunctionConfigurationInput{
		FunctionName: &s.ARN, CapacityProviderConfig: wanted.CapacityProviderConfig, DurableConfig: wanted.DurableConfig,
		EphemeralStorage: wanted.EphemeralStorage, Handler: wanted.Handler, LoggingConfig: wanted.LoggingConfig, MemorySize: wanted.MemorySize,
		Role: wanted.Role, Runtime: wanted.Runtime, Timeout: wanted.Timeout, TracingConfig: wanted.TracingConfig,

		DeadLetterConfig:  orElse(wanted.DeadLetterConfig, lambdatypes.DeadLetterConfig{TargetArn: aws.String("")}),
		Description:       orElse(wanted.Description, ""),
		FileSystemConfigs: append([]lambdatypes.FileSystemConfig{}, wanted.FileSystemConfigs...),
		ImageConfig:       wanted.ImageConfig,
		KMSKeyArn:         orElse(wanted.KMSKeyArn, ""),
		Layers:            append([]string{}, wanted.Layers...),
		SnapStart:         orElse(wanted.SnapStart, lambdatypes.SnapStart{ApplyOn: lambdatypes.SnapStartApplyOnNone}),
		VpcConfig:         orElse(wanted.VpcConfig, lambdatypes.VpcConfig{SubnetIds: []string{}, SecurityGroupIds: []string{}}),
	}
	if wanted.Handler == nil { // an image: it has no layers, and its words can be overridden
		in.Layers, in.ImageConfig = nil, orElse(wanted.ImageConfig, lambdatypes.ImageConfig{})
	}
	return err
}

func orElse[T any](value *T, otherwise T) *T {
	if value == nil {
		return &otherwise
	}
	return value
}
