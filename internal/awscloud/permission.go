package awscloud

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// functionPermissions are the statements of a function's policy by their ids, which AddPermission demands.
func functionPermissions(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.functions(r.Region).GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &r.ARN})
	if err != nil {
		return nil, unless(failure(ctx, "GetPolicy", err), lambdaGone)
	}
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(aws.ToString(out.Policy)), &policy); err != nil {
		return nil, strange("GetPolicy", "the policy cannot be read: "+err.Error())
	}
	members := map[string]any{}
	for _, statement := range policy.Statement {
		id, _ := statement["Sid"].(string)
		if _, twice := members[id]; twice || id == "" {
			return nil, strange("GetPolicy", "the policy has statements that their ids do not tell apart")
		}
		members[id] = stripped(statement, "Sid")
	}
	return map[trail.Setting]any{"permissions": members}, nil
}

func withoutPermission(s trail.Step, in *lambda.RemovePermissionInput) error {
	in.FunctionName, in.StatementId = &s.ARN, &s.Member
	return nil
}

// addPermission writes one statement. A statement cannot be changed, so that one of the same id is removed before. If then
// adding it fails, it is missing and the next plan adds it.
func addPermission(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	if _, err := permission(s); err != nil { // before anything is taken away
		return smithy.Metadata{}, err
	}
	if s.Replaces != "" {
		_, err := functionWrite((*lambda.Client).RemovePermission, withoutPermission)(ctx, c, s)
		if err != nil && failure(ctx, "RemovePermission", err).Class != guard.ClassNotFound {
			return smithy.Metadata{}, err
		}
	}
	return functionWrite((*lambda.Client).AddPermission, func(s trail.Step, in *lambda.AddPermissionInput) (err error) {
		*in, err = permission(s)
		return err
	})(ctx, c, s)
}

// permissionStatement is a statement as Lambda makes it of AddPermission's parameters.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
type permissionStatement struct {
	Action, Effect, Resource string
	Principal                json.RawMessage
	Condition                map[string]map[string]string
}

// accountRoot is how a policy names a whole account, which AddPermission is given by its number.
var accountRoot = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):root$`)

// permission is the argument that makes a statement. One that AddPermission cannot make was made in another way.
func permission(s trail.Step) (lambda.AddPermissionInput, error) {
	in := lambda.AddPermissionInput{FunctionName: &s.ARN, StatementId: &s.Member}
	statement, err := into[permissionStatement](s.Document)
	if err != nil {
		return in, err
	}
	in.Action, in.Principal = &statement.Action, principalOf(statement.Principal)
	if statement.Effect != "Allow" || in.Principal == nil {
		return in, unusable(s, "has a statement that AddPermission cannot write; deploy the function again")
	}
	for _, keys := range statement.Condition {
		for key, value := range keys {
			switch strings.ToLower(key) {
			case "aws:sourcearn":
				in.SourceArn = &value
			case "aws:sourceaccount":
				in.SourceAccount = &value
			case "aws:principalorgid":
				in.PrincipalOrgID = &value
			case "lambda:eventsourcetoken":
				in.EventSourceToken = &value
			case "lambda:functionurlauthtype":
				in.FunctionUrlAuthType = lambdatypes.FunctionUrlAuthType(value)
			case "lambda:invokedviafunctionurl":
				in.InvokedViaFunctionUrl = aws.Bool(value == "true")
			default:
				return in, unusable(s, "has a condition that AddPermission cannot write; deploy the function again")
			}
		}
	}
	return in, nil
}

// principalOf is the one principal of a statement, as AddPermission takes it; nil if it is none or many.
func principalOf(element json.RawMessage) *string {
	var name string
	if json.Unmarshal(element, &name) == nil {
		return optional(name)
	}
	var kinds map[string]string
	if json.Unmarshal(element, &kinds) != nil || len(kinds) != 1 {
		return nil
	}
	name = kinds["Service"] + kinds["AWS"] // one of them is empty
	if account := accountRoot.FindStringSubmatch(name); account != nil {
		name = account[1]
	}
	return optional(name)
}
