package lab

import "time"

// logsDependency checks that the log group exists; checkLogsRole looks at the role.
func (c *call) logsDependency(in *trailInput, t *trail) error {
	if in.CloudWatchLogsLogGroupArn == nil && in.CloudWatchLogsRoleArn == nil || t.logGroup == "" {
		return nil
	}
	if c.lab.logGroupByARN(t.logGroup) == nil {
		return errorf("InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN.")
	}
	return nil
}

// maxLoggedRecord is the size up to which CloudTrail sends a record to CloudWatch Logs.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
const maxLoggedRecord = 256 << 10

// deliverEvents sends records of one place to the trail's log group, each as an event of its own, whether or not the
// bucket takes the log file. Each record is sent once: while the group is missing, records pass it by. (Whether CloudTrail
// tries again is not documented.)
func (l *Lab) deliverEvents(t *trail, p place, records []pendingRecord, now time.Time) {
	var fresh []pendingRecord
	for i := range records {
		if !records[i].logged && len(records[i].raw) <= maxLoggedRecord {
			fresh = append(fresh, records[i])
		}
		records[i].logged = true
	}
	if t.logGroup == "" || len(fresh) == 0 {
		return
	}
	status := t.delivery.at(p)
	g := l.logGroupByARN(t.logGroup)
	if g == nil {
		status.logsError = "ResourceNotFoundException"
		return
	}
	if !l.mayWriteLogs(t) {
		status.logsError = "AccessDenied"
		return
	}
	g.expire(now)
	stream, err := g.stream(p.account+"_CloudTrail_"+t.home, now)
	if status.logsError = errorCode(err); err != nil {
		return
	}
	for _, r := range fresh {
		g.add(stream, r.at, r.raw, now)
	}
	status.logged = now
}
