package trail

import "slices"

// updateGroup is fields that one UpdateTrail call mends. Groups are sent apart, so that one broken dependency (a bucket
// policy, a key, a topic) does not keep the others from being mended.
type updateGroup struct {
	id     string
	fields []Field
	set    func(u *Update, want Config)
	lost   func(have Config) string
}

var bucketGroup = updateGroup{idBucket, []Field{FieldBucket, FieldPrefix},
	func(u *Update, want Config) { u.S3BucketName, u.S3KeyPrefix = &want.S3BucketName, &want.S3KeyPrefix },
	func(have Config) string {
		return "Log files delivered to " + show(have.S3BucketName+"/"+have.S3KeyPrefix) + " meanwhile stay there."
	}}

// updateGroups are all groups in the order in which they are tried.
var updateGroups = []updateGroup{
	bucketGroup,
	{"update-trail:regions", []Field{FieldMultiRegion, FieldGlobalEvents},
		func(u *Update, want Config) {
			u.IsMultiRegionTrail, u.IncludeGlobalServiceEvents = &want.IsMultiRegionTrail, &want.IncludeGlobalServiceEvents
		},
		func(Config) string {
			return "Data and network activity events of other regions and of global services are lost for the time in between; management events stay in Event history for 90 days."
		}},
	{"update-trail:organization", []Field{FieldOrganization},
		func(u *Update, want Config) { u.IsOrganizationTrail = &want.IsOrganizationTrail },
		func(Config) string {
			return "This trail holds no events of member accounts for the time in between. Only the management account can change this."
		}},
	{"update-trail:kms", []Field{FieldKey},
		func(u *Update, want Config) { u.KMSKeyID = &want.KMSKeyID },
		func(have Config) string {
			if have.KMSKeyID == "" {
				return "Log files delivered meanwhile stay without the key's encryption."
			}
			return "Log files delivered meanwhile stay encrypted with " + show(have.KMSKeyID) + "."
		}},
	{"update-trail:validation", []Field{FieldValidation},
		func(u *Update, want Config) { u.EnableLogFileValidation = &want.LogFileValidationEnabled },
		func(Config) string { return "Log files delivered meanwhile never get digest files." }},
	{"update-trail:cloudwatch-logs", []Field{FieldLogGroup, FieldLogRole},
		func(u *Update, want Config) {
			u.CloudWatchLogsLogGroupARN, u.CloudWatchLogsRoleARN = &want.CloudWatchLogsLogGroupARN, &want.CloudWatchLogsRoleARN
		},
		func(Config) string { return "Events of the time in between do not reach the log group and its alarms." }},
	{"update-trail:sns", []Field{FieldTopic},
		func(u *Update, want Config) { u.SnsTopicName = &want.SnsTopicARN },
		func(Config) string { return "Notifications of log files delivered meanwhile are not repeated." }},
}

// update adds the group's step if any of its fields is to be written back. It writes all fields of the group, so that
// a read that lags behind cannot leave one of them wrong, but none that may only be alerted on.
func (p *planner) update(g updateGroup) {
	mends := p.drifted(slices.Clone(g.fields)...)
	if len(mends) == 0 || p.has(g.id) {
		return
	}
	have, _ := p.have.Config.Get() // known, or there would be no drift
	want := p.want.Config
	u := &Update{}
	g.set(u, want)
	p.spare(u, have)
	p.add(Step{ID: g.id, Op: OpUpdateTrail, Mends: mends, Update: u, Lost: g.lost(have)})
}

// spare leaves out of an update what must not be written: fields that are alert-only, and what widened.
func (p *planner) spare(u *Update, have Config) {
	if !p.want.MayRestore(FieldBucket) {
		u.S3BucketName = nil
	}
	if !p.want.MayRestore(FieldPrefix) {
		u.S3KeyPrefix = nil
	}
	if have.IsMultiRegionTrail && !p.want.IsMultiRegionTrail {
		u.IsMultiRegionTrail = nil
	}
}
