package sigma_test

import (
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/sigma"
)

const rules = `
title: Somebody stops a trail
name: stop
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  call: {eventSource: cloudtrail.amazonaws.com, eventName: [StopLogging, DeleteTrail]}
  denied: {errorCode|contains: Denied}
  condition: call and not denied
---
title: Somebody stops several trails
level: critical
correlation: {type: value_count, rules: stop, group-by: userIdentity.arn, timespan: 1h, condition: {gte: 2, field: requestParameters.name}}
generate: true
`

// The records of a log file, as they stand in the array of its Records.
const records = `{"eventTime":"2026-03-01T10:00:00Z","eventID":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject"},
{"eventTime":"2026-03-01T10:05:00Z","eventID":"2","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging",
 "userIdentity":{"arn":"arn:aws:iam::111122223333:user/mallory"},"requestParameters":{"name":"main"}},
{"eventTime":"2026-03-01T10:06:00Z","eventID":"3","eventSource":"cloudtrail.amazonaws.com","eventName":"DeleteTrail",
 "userIdentity":{"arn":"arn:aws:iam::111122223333:user/mallory"},"requestParameters":{"name":"audit"}},
{"eventTime":"2026-03-01T10:07:00Z","eventID":"4","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances"}`

func Example() {
	file, err := sigma.Parse("rules.yml", []byte(rules))
	if err != nil {
		panic(err)
	}
	set, err := sigma.Link(file)
	if err != nil {
		panic(err)
	}
	plan, err := sigma.Compile(set.Rules, nil)
	if err != nil {
		panic(err)
	}
	correlator := sigma.NewCorrelator(set, sigma.DefaultLimit)

	data := []byte(records)
	search := plan.Search(data)
	var record sigma.Record
	for at := 0; search.Next(at) < len(data); at++ { // after the last interesting place nothing needs to be read
		n, err := record.Read(data[at:])
		if err != nil {
			panic(err)
		}
		if search.Next(at) < at+n {
			plan.Match(&record, func(m *sigma.Matcher) {
				id, when := record.Field("eventID").Text(), record.Field("eventTime").Text()
				fmt.Println(m.Rule().Level, "-", m.Rule().Title, id)
				if t, err := time.Parse(time.RFC3339, when); err == nil {
					correlator.Add(m.Rule(), &record, t, id)
				}
			})
		}
		at += n
	}
	for _, hit := range correlator.Hits() {
		fmt.Println(hit.Correlation.Level, "-", hit.Correlation.Title, hit.Group, hit.Events)
	}
	// Output:
	// high - Somebody stops a trail 2
	// high - Somebody stops a trail 3
	// critical - Somebody stops several trails [arn:aws:iam::111122223333:user/mallory] [2 3]
}
