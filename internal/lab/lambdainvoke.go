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

// runner runs a function's code on one event.
type runner func(event []byte) ([]byte, error)

// runs finds what a function's ARN without a qualifier runs: the code that was registered for it, or else whatever the lab's
// options run for a function made through the API. nil: it does nothing.
func (l *Lab) runs(arn string) runner {
	if code := l.functions[arn]; code != nil {
		return func(event []byte) ([]byte, error) {
			code(event)
			return []byte("null"), nil
		}
	}
	f, _ := l.managedFunction(arn)
	if f == nil || l.options.RunFunction == nil {
		return nil
	}
	var environment struct{ Variables map[string]string }
	_ = json.Unmarshal(f.settings["Environment"], &environment) // empty if there is none
	i := Invocation{ARN: f.arn, Environment: environment.Variables, Code: f.code.content}
	return func(event []byte) ([]byte, error) {
		i.Payload, i.AccessKeyID = event, l.functionKey(f)
		return l.options.RunFunction(i)
	}
}

// functionKey is the access key of credentials of a function's role, the same ones for as long as they are good.
func (l *Lab) functionKey(f *lambdaFunction) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.credentials == nil || f.credentials.roleARN != f.text("Role") || time.Now().After(f.credentials.expires.Add(-10*time.Minute)) {
		f.credentials = l.serviceSession(f.text("Role"), f.name)
	}
	return f.credentials.accessKey
}

// handToFunction invokes a function for a service, which does not wait for it. One that was made through the Lambda API has
// to exist still, and the service has to be permitted; for one that was only registered with the lab nothing is needed.
func (l *Lab) handToFunction(arn string, input []byte, permitted func(*lambdaFunction) bool) *failure {
	managed, known := l.managedFunction(arn)
	switch {
	case known && managed == nil, !known && l.functions[arn] == nil:
		return &failure{"RESOURCE_NOT_FOUND", "The lab has no target " + arn}
	case known && !permitted(managed):
		return &failure{"NO_PERMISSIONS", "There is no permission to invoke the function " + managed.arn}
	case known && managed.throttled():
		l.giveUp(managed, input)
		return nil // Lambda took the event: the caller knows of no trouble
	}
	if known {
		arn = managed.arn // whatever qualifier the target has
	}
	l.start(arn, input)
	return nil
}

// start runs a function, if it does anything, without waiting for it. The event of a run that fails is given up without the two
// retries that take AWS minutes.
func (l *Lab) start(arn string, input []byte) {
	run := l.runs(arn)
	if run == nil {
		return
	}
	event := slices.Clone(input) // functions may keep or change what they get
	l.after(0, func() {
		_, err := run(event)
		if err == nil {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if f, _ := l.managedFunction(arn); f != nil {
			l.giveUp(f, input)
			l.failed(f, input, err)
		}
	})
}

// giveUp is what becomes of an event that a function could not be run for: it goes to the function's dead-letter queue, if
// there is one.
func (l *Lab) giveUp(f *lambdaFunction, input []byte) {
	var to struct{ TargetArn string }
	if json.Unmarshal(f.settings["DeadLetterConfig"], &to) == nil {
		l.leave(f, to.TargetArn, string(input))
	}
}

// failed tells the function's destination of failures, if it has one, of a run that failed.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func (l *Lab) failed(f *lambdaFunction, input []byte, failure error) {
	var to struct{ OnFailure struct{ Destination string } }
	if f.async == nil || json.Unmarshal(f.async.DestinationConfig, &to) != nil {
		return
	}
	payload := json.RawMessage(input)
	if !json.Valid(input) {
		payload = nil
	}
	l.leave(f, to.OnFailure.Destination, toJSON(map[string]any{
		"version": "1.0", "timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestContext": map[string]any{
			"requestId": l.id(), "functionArn": f.arn + ":" + latestVersion, "condition": "RetriesExhausted", "approximateInvokeCount": 1,
		},
		"requestPayload":  payload,
		"responseContext": map[string]any{"statusCode": 200, "executedVersion": latestVersion, "functionError": "Unhandled"},
		"responsePayload": map[string]string{"errorMessage": failure.Error()},
	}))
}

// leave puts a message about an event into a queue, if there is such a queue. A full one loses it, as on AWS.
func (l *Lab) leave(f *lambdaFunction, arn, body string) {
	if q := l.queueByARN(arn); arn != "" && q != nil {
		m := &message{body: body, system: map[string]string{"SenderId": f.text("Role")}}
		_ = q.accept(l, m, time.Now().UTC(), 0)
	}
}

// invokeFunction runs a function. RequestResponse waits for it, and answers what it returns; a function that has no code to run
// returns null.
func invokeFunction(c *call) (any, error) {
	arn, throttled, err := c.invocable()
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Amz-Executed-Version": {latestVersion}}
	switch kind := c.request.Header.Get("X-Amz-Invocation-Type"); kind {
	case "DryRun":
		return &raw{status: http.StatusNoContent, header: header}, nil
	case "Event":
		if !throttled {
			c.lab.start(arn, c.body)
		} else if f, err := c.pathFunction(); err == nil {
			c.lab.giveUp(f, c.body)
		}
		return &raw{status: http.StatusAccepted, header: header}, nil
	case "", "RequestResponse":
		if throttled {
			return nil, withStatus(http.StatusTooManyRequests, errorf("TooManyRequestsException", "Rate Exceeded."))
		}
		answer := &raw{header: header, body: []byte("null")}
		if run := c.lab.runs(arn); run != nil {
			event := slices.Clone(c.body)
			c.then = func() { answer.fill(run(event)) }
		}
		return answer, nil
	default:
		return nil, lambdaInvalid("InvocationType %.50q is not valid", kind)
	}
}

// fill makes an answer of what a function returned.
func (r *raw) fill(payload []byte, err error) {
	r.body = payload
	if err != nil {
		r.header.Set("X-Amz-Function-Error", "Unhandled")
		r.body = []byte(toJSON(map[string]string{"errorMessage": err.Error()}))
	}
}

// invocable finds the function that an Invoke names.
func (c *call) invocable() (arn string, throttled bool, err error) {
	f, err := c.pathFunction()
	if err == nil {
		return f.arn, f.throttled(), nil
	}
	arn = c.path["FunctionName"]
	if !strings.HasPrefix(arn, "arn:") {
		arn = functionARN(c.account.id, c.region, arn)
	}
	if _, known := c.lab.managedFunction(arn); known || c.lab.functions[arn] == nil {
		return "", false, err
	}
	return arn, false, nil
}
