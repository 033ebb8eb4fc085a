package lab

import (
	"errors"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/lab/cloudformation"
)

// cloudformationService is AWS CloudFormation. What it is made of is in a package of its own, which reaches the other services as
// any client would.
func cloudformationService() *service {
	s := &service{protocol: awsQuery, operations: map[string]operation{}}
	for name, readOnly := range cloudformation.ReadOnly() {
		s.operations[name] = operation{run: (*call).stacks, readOnly: readOnly}
	}
	return s
}

// stacks hands a call on.
func (c *call) stacks() (any, error) {
	address := c.endpoint()
	if strings.HasPrefix(c.request.Host, "cloudformation.") {
		address = ""
	}
	answer, err := c.lab.stacks.Do(cloudformation.Call{
		Operation: c.operation, Form: c.form, Account: c.account.id, Region: c.region, AccessKey: c.accessKey, Now: c.now,
		Address: address, Object: c.lab.objectBody,
		Organization: c.stackSets(), Trust: func() { c.lab.org.trust(stackSetsPrincipal, c.now) },
	})
	var refused *cloudformation.Error
	if errors.As(err, &refused) {
		return nil, &apiError{Status: refused.Status, Code: refused.Code, Message: refused.Message}
	}
	return answer, err
}

// objectBody reads the newest version of an object. The lab is locked.
func (l *Lab) objectBody(bucket, key string) ([]byte, error) {
	b := l.buckets[bucket]
	if b == nil || b.current(key) == nil {
		return nil, noSuchKey()
	}
	return b.current(key).body, nil
}

// stackSetsPrincipal is what CloudFormation's stack sets are to Organizations.
const stackSetsPrincipal = "member.org.stacksets.cloudformation.amazonaws.com"

// stackSets is what stack sets need to know of the caller's organization.
func (c *call) stackSets() cloudformation.Organization {
	o := cloudformation.Organization{Management: c.lab.manager(c.account.id)}
	if o.Management == "" {
		return o
	}
	_, o.Delegate = c.lab.org.delegates[c.account.id][stackSetsPrincipal]
	o.Trusted, o.Root = c.lab.org.trusts(stackSetsPrincipal), organizationRoot
	o.Members = slices.DeleteFunc(c.lab.members(), func(id string) bool { return id == o.Management })
	return o
}

// enterAccount returns the access key of a session of the role by which stack sets work in an account.
func (l *Lab) enterAccount(account string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.serviceSession("arn:aws:iam::"+account+":role/stacksets-exec-lab", "AWSCloudFormationStackSets").accessKey
}
