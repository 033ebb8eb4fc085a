package labrange

// Members of the organization, which the drilled account manages.
const (
	delegate = "444455556666" // administers CloudTrail
	workload = "777788889999"
)

// organization makes what the organization has, and returns its ARN.
func (b *builder) organization() []string {
	b.call("organizations:RegisterDelegatedAdministrator", object{"AccountId": delegate, "ServicePrincipal": "cloudtrail.amazonaws.com"}, nil)
	var answer struct{ Organization struct{ Arn string } }
	b.call("organizations:DescribeOrganization", object{}, &answer)
	return []string{answer.Organization.Arn}
}

// lake makes an event data store of the account's events, and one for events from outside with a channel that leads there.
func (b *builder) lake() []string {
	events := b.store("audit-lake", []object{{"Field": "eventCategory", "Equals": []string{"Management"}}})
	outside := b.store("audit-partners", []object{{"Field": "eventCategory", "Equals": []string{"ActivityAuditLog"}}})
	b.call("cloudtrail:PutResourcePolicy", object{"ResourceArn": events, "ResourcePolicy": policy(object{
		"Sid": "members", "Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + delegate + ":root"}, "Action": "cloudtrail:GetEventDataStore", "Resource": events,
	})}, nil)
	var channel struct{ ChannelArn string }
	b.call("cloudtrail:CreateChannel", object{
		"Name": "partners", "Source": "Custom", "Destinations": []object{{"Type": "EVENT_DATA_STORE", "Location": outside}},
	}, &channel)
	b.call("cloudtrail:PutResourcePolicy", object{"ResourceArn": channel.ChannelArn, "ResourcePolicy": policy(object{
		"Sid": "partner", "Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + workload + ":root"}, "Action": "cloudtrail-data:PutAuditEvents", "Resource": channel.ChannelArn,
	})}, nil)
	return []string{events, outside, channel.ChannelArn}
}

// store makes an event data store that is protected, and returns its ARN.
func (b *builder) store(name string, fields []object) string {
	var answer struct{ EventDataStoreArn string }
	b.call("cloudtrail:CreateEventDataStore", object{
		"Name": name, "MultiRegionEnabled": true, "TerminationProtectionEnabled": true, "RetentionPeriod": 2557, "BillingMode": "FIXED_RETENTION_PRICING",
		"AdvancedEventSelectors": []object{{"Name": name, "FieldSelectors": fields}},
	}, &answer)
	return answer.EventDataStoreArn
}
