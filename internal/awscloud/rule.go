package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxTargetPages bounds the pages of a rule's targets, each of 100: a rule has at most 5 unless AWS grants more.
const maxTargetPages = 5

// ruleProbes read a rule of EventBridge.
var ruleProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "definition"}, gone: []string{"ResourceNotFoundException"}, read: ruleItself},
	{settings: []trail.Setting{"targets"}, read: ruleTargets},
}

// busOf is the name of the event bus that a rule's ARN names; without one it is the default bus. Buses of partners have
// slashes in their names.
func busOf(ruleARN string) *string {
	_, path, _ := strings.Cut(ruleARN, ":rule/")
	if at := strings.LastIndexByte(path, '/'); at > 0 {
		return aws.String(path[:at])
	}
	return aws.String("default")
}

// ruleItself keeps the pattern as the JSON that it is.
func ruleItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.events(r.Region).DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(r.Name()), EventBusName: busOf(r.ARN)})
	if err != nil {
		return nil, failure(ctx, "DescribeRule", err)
	}
	definition := map[string]any{
		"Description": optional(aws.ToString(out.Description)), "RoleArn": optional(aws.ToString(out.RoleArn)),
		"ScheduleExpression": optional(aws.ToString(out.ScheduleExpression)), "State": string(out.State),
	}
	if pattern := jsonText(out.EventPattern); pattern != nil {
		definition["EventPattern"] = pattern
	}
	return map[trail.Setting]any{
		trail.Identity: map[string]string{"Owner": accountOf(aws.ToString(out.Arn))},
		"definition":   definition,
	}, nil
}

func ruleTargets(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	targets, err := listed("ListTargetsByRule", maxTargetPages, func(token *string) ([]ebtypes.Target, *string, error) {
		out, err := c.events(r.Region).ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: aws.String(r.Name()), EventBusName: busOf(r.ARN), NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListTargetsByRule", err)
		}
		return out.Targets, out.NextToken, nil
	})
	members := map[string]any{}
	for _, target := range targets {
		members[aws.ToString(target.Id)] = stripped(described(target), "Id")
	}
	return map[trail.Setting]any{"targets": members}, err
}

// ruleWrites make a rule again and put its settings back.
var ruleWrites = map[trail.Op]write{
	trail.OpPutRule:       ruleWrite((*eventbridge.Client).PutRule, ruleInput),
	trail.OpPutTargets:    putTargets,
	trail.OpRemoveTargets: removeTargets,
}

func ruleWrite[I, O any](call operation[*eventbridge.Client, I, O, eventbridge.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).events, func(o *eventbridge.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// ruleInput always sends the whole definition: what PutRule is not given it takes away.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
func ruleInput(s trail.Step, in *eventbridge.PutRuleInput) error {
	document := s.Document
	if s.Setting == trail.Identity {
		document = s.Document.Members()["definition"]
	}
	if document.Empty() {
		return unusable(s, "cannot make a rule whose definition is not in the baseline")
	}
	pattern, rest, err := textMember(document, "EventPattern")
	if err != nil {
		return err
	}
	*in, err = into[eventbridge.PutRuleInput](rest)
	in.Name, in.EventBusName, in.EventPattern = aws.String(nameOf(s)), busOf(s.ARN), pattern
	return err
}

// putTargets writes one target. EventBridge says in a successful answer what it refused.
func putTargets(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	var refused []ebtypes.PutTargetsResultEntry
	call := func(client *eventbridge.Client, ctx context.Context, in *eventbridge.PutTargetsInput, once ...func(*eventbridge.Options)) (*eventbridge.PutTargetsOutput, error) {
		out, err := client.PutTargets(ctx, in, once...)
		if err == nil {
			refused = out.FailedEntries
		}
		return out, err
	}
	metadata, err := ruleWrite(call, func(s trail.Step, in *eventbridge.PutTargetsInput) error {
		target, err := into[ebtypes.Target](s.Document)
		target.Id = &s.Member
		in.Rule, in.EventBusName, in.Targets = aws.String(nameOf(s)), busOf(s.ARN), []ebtypes.Target{target}
		return err
	})(ctx, c, s)
	if err == nil && len(refused) > 0 {
		err = refusedEntry(s.Op, refused[0].ErrorCode, refused[0].ErrorMessage)
	}
	return metadata, err
}

// removeTargets takes a target away that should not be there.
func removeTargets(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	var refused []ebtypes.RemoveTargetsResultEntry
	call := func(client *eventbridge.Client, ctx context.Context, in *eventbridge.RemoveTargetsInput, once ...func(*eventbridge.Options)) (*eventbridge.RemoveTargetsOutput, error) {
		out, err := client.RemoveTargets(ctx, in, once...)
		if err == nil {
			refused = out.FailedEntries
		}
		return out, err
	}
	metadata, err := ruleWrite(call, func(s trail.Step, in *eventbridge.RemoveTargetsInput) error {
		in.Rule, in.EventBusName, in.Ids = aws.String(nameOf(s)), busOf(s.ARN), []string{s.Member}
		return nil
	})(ctx, c, s)
	if err == nil && len(refused) > 0 {
		err = refusedEntry(s.Op, refused[0].ErrorCode, refused[0].ErrorMessage)
	}
	return metadata, err
}

// refusedEntry is the error of an entry within an answer that is otherwise a success.
func refusedEntry(op trail.Op, code, message *string) error {
	e := &guard.APIError{Op: string(op), Class: classOf(aws.ToString(code), 0)}
	e.Code, e.Message = bounded(code, 100), bounded(message, 200)
	return e
}
