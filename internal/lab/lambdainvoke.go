package lab

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// managedFunction finds a function that was made through the Lambda API by its ARN, which may have a qualifier. known says
// that it was made there, even if it is deleted by now.
func (l *Lab) managedFunction(arn string) (f *lambdaFunction, known bool) {
	parts, ok := splitARN(arn, "lambda")
	name, isFunction := strings.CutPrefix(parts.resource, functionPrefix)
	a := l.accounts[parts.account]
	if !ok || !isFunction || a == nil || a.regions[parts.region] == nil {
		return nil, false
	}
	name, _, _ = strings.Cut(name, ":")
	state := &a.regions[parts.region].lambda
	return state.functions[name], state.made[name]
}

// throttled says whether the function may not run at all.
func (f *lambdaFunction) throttled() bool { return f.reserved != nil && *f.reserved == 0 }

// policyLets asks a function's resource policy.
func policyLets(a access) func(*lambdaFunction) bool {
	return func(f *lambdaFunction) bool { return ask(f.policy, a) == policyAllows }
}

// handToFunction invokes a function for a service, which does not wait for it. One that was made through the Lambda API has
// to exist still, and the service has to be permitted; for one that was only registered with the lab nothing is needed.
func (l *Lab) handToFunction(arn string, input []byte, permitted func(*lambdaFunction) bool) *failure {
	managed, known := l.managedFunction(arn)
	code := l.functions[arn]
	switch {
	case known && managed == nil, !known && code == nil:
		return &failure{"RESOURCE_NOT_FOUND", "The lab has no target " + arn}
	case known && !permitted(managed):
		return &failure{"NO_PERMISSIONS", "There is no permission to invoke the function " + managed.arn}
	case known && managed.throttled():
		l.giveUp(managed, input)
		return nil // Lambda took the event: the caller knows of no trouble
	}
	if known {
		code = l.functions[managed.arn] // whatever qualifier the target has
	}
	l.start(code, input)
	return nil
}

// start runs a function's code, if the lab has any, without waiting for it.
func (l *Lab) start(code Function, input []byte) {
	if code == nil {
		return
	}
	event := slices.Clone(input) // functions may keep or change what they get
	l.after(0, func() { code(event) })
}

// giveUp is what becomes of an event for a function with no concurrency: it goes to the function's dead-letter queue, if
// there is one, without any retry.
func (l *Lab) giveUp(f *lambdaFunction, input []byte) {
	var to struct{ TargetArn string }
	if json.Unmarshal(f.settings["DeadLetterConfig"], &to) != nil || to.TargetArn == "" {
		return
	}
	if q := l.queueByARN(to.TargetArn); q != nil {
		m := &message{body: string(input), system: map[string]string{"SenderId": f.text("Role")}}
		_ = q.accept(l, m, time.Now().UTC(), 0) // a full queue loses it, as on AWS
	}
}

// invokeFunction runs a function. RequestResponse waits for it; since functions of the lab return nothing, the answer is
// null. A function made through the API that has no code registered does nothing.
func invokeFunction(c *call) (any, error) {
	code, throttled, err := c.invocable()
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Amz-Executed-Version": {latestVersion}}
	switch kind := c.request.Header.Get("X-Amz-Invocation-Type"); kind {
	case "DryRun":
		return &raw{status: http.StatusNoContent, header: header}, nil
	case "Event":
		if !throttled {
			c.lab.start(code, c.body)
		} else if f, err := c.pathFunction(); err == nil {
			c.lab.giveUp(f, c.body)
		}
		return &raw{status: http.StatusAccepted, header: header}, nil
	case "", "RequestResponse":
		if throttled {
			return nil, withStatus(http.StatusTooManyRequests, errorf("TooManyRequestsException", "Rate Exceeded."))
		}
		if code != nil {
			event := slices.Clone(c.body)
			c.then = func() { code(event) }
		}
		return &raw{header: header, body: []byte("null")}, nil
	default:
		return nil, lambdaInvalid("InvocationType %.50q is not valid", kind)
	}
}

// invocable finds the code of the function that an Invoke names.
func (c *call) invocable() (code Function, throttled bool, err error) {
	f, err := c.pathFunction()
	if err == nil {
		return c.lab.functions[f.arn], f.throttled(), nil
	}
	arn := c.path["FunctionName"]
	if !strings.HasPrefix(arn, "arn:") {
		arn = functionARN(c.account.id, c.region, arn)
	}
	if _, known := c.lab.managedFunction(arn); known || c.lab.functions[arn] == nil {
		return nil, false, err
	}
	return c.lab.functions[arn], false, nil
}
