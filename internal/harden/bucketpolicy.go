package harden

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// cloudTrail is the service that delivers.
const cloudTrail = "cloudtrail.amazonaws.com"

// letDeliver adds the two statements that CloudTrail needs, for the account's own trails and nobody else's, and closes
// statements that let strangers' trails write into the account's own folder.
func letDeliver(d *draft, f posture.Finding) string {
	why := d.edit(f.Resource, "requestPayment", func(payment map[string]any) string {
		if payment["Payer"] == "Requester" {
			payment["Payer"] = "BucketOwner"
		}
		return ""
	})
	if why != "" {
		return why
	}
	left := ""
	why = d.edit(f.Resource, "policy", func(document map[string]any) string {
		var narrowed bool
		if narrowed, left = d.narrow(document, f.Resource); narrowed {
			return "" // which may be all that is wrong
		}
		if !d.lacks(f.Resource, policy.Delivery.CheckBucket) {
			return ""
		}
		return addStatements(document, maxBucketPolicy, d.deliveryStatements(f.Resource)...)
	})
	if why == "" {
		why = left
	}
	if d.paste {
		d.unblock(f.Resource)
	}
	return orElse(why, "a statement of the policy keeps CloudTrail out: take it out by hand, since somebody wrote it for a reason")
}

// lacks says whether the policy of a resource allows too little for one of the trails that use it. What a policy denies, no
// statement more can mend.
func (d *draft) lacks(arn string, check func(policy.Delivery, string) []policy.Obstacle) bool {
	r := d.account.Resources[arn]
	document, known := r.Setting("policy").Get()
	text := string(document)
	if document.Empty() {
		text = ""
	}
	return known && slices.ContainsFunc(d.users(arn), func(c trail.Config) bool {
		return slices.ContainsFunc(check(d.delivery(c), text), func(o policy.Obstacle) bool { return o.Kind == policy.NotAllowed })
	})
}

// delivery is what a trail's delivery has to get through, as the audit asks for it.
func (d *draft) delivery(c trail.Config) policy.Delivery {
	bucket := d.account.Resources[bucketARN(c)]
	delivery := policy.Delivery{TrailARN: c.ARN, Organization: c.IsOrganizationTrail, Bucket: c.S3BucketName, Prefix: c.S3KeyPrefix,
		BucketAccount: bucket.Account, BucketRegion: bucket.Region, Validation: c.LogFileValidationEnabled, KeyARN: c.KMSKeyID,
		BucketKey: d.bucketKey(c), TopicARN: c.SnsTopicARN, At: d.inv.At}
	if o, known := d.account.Organization.Get(); known && c.IsOrganizationTrail {
		delivery.OrganizationID = o.ID
	}
	return delivery
}

// bucketKey says whether a trail's bucket uses an S3 Bucket Key, for which CloudTrail must be able to decrypt.
func (d *draft) bucketKey(c trail.Config) bool {
	encryption, _ := d.account.Resources[bucketARN(c)].Setting("encryption").Get()
	return strings.Contains(string(encryption), `"BucketKeyEnabled":true`)
}

// deliveryStatements are what CloudTrail needs to deliver the account's trails that use a bucket.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (d *draft) deliveryStatements(bucket string) []statement {
	var arns, folders []string
	for _, c := range d.users(bucket) {
		arns = append(arns, c.ARN)
		if folder := d.folder(c); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
		if o, known := d.account.Organization.Get(); known && c.IsOrganizationTrail {
			folders = append(folders, strings.TrimSuffix(d.folder(c), d.account.ID+"/*")+o.ID+"/*")
		}
	}
	write := only("StringEquals", "aws:SourceArn", arns)
	write["StringEquals"]["s3:x-amz-acl"] = "bucket-owner-full-control"
	return []statement{
		{Sid: "TrailholdAclCheck", Effect: "Allow", Principal: service(cloudTrail), Action: "s3:GetBucketAcl", Resource: bucket, Condition: only("StringEquals", "aws:SourceArn", arns)},
		{Sid: "TrailholdWrite", Effect: "Allow", Principal: service(cloudTrail), Action: "s3:PutObject", Resource: folders, Condition: write},
	}
}

// folder is where a trail writes the account's own log files.
func (d *draft) folder(c trail.Config) string {
	prefix := strings.TrimPrefix(strings.Trim(c.S3KeyPrefix, "/")+"/", "/")
	return bucketARN(c) + "/" + prefix + "AWSLogs/" + d.account.ID + "/*"
}

// narrow gives statements that let CloudTrail write for anybody the condition that the trail is the account's. One that is
// about other folders too is left: only its owner knows whose trails write there.
func (d *draft) narrow(document map[string]any, bucket string) (narrowed bool, left string) {
	users := d.users(bucket)
	var own []string
	for _, c := range users {
		own = append(own, d.folder(c))
	}
	organization := slices.ContainsFunc(d.account.Trails, func(t trail.State) bool {
		c, _ := t.Config.Get()
		return c.IsOrganizationTrail && bucketARN(c) == bucket
	})
	for _, s := range statementsOf(document) {
		object := asMap(s)
		if !letsAnyTrailWrite(object) {
			continue
		}
		foreign := slices.ContainsFunc(texts(object["Resource"]), func(r string) bool { return !slices.Contains(own, r) && r != bucket })
		if foreign || organization {
			left = "a statement lets trails of any account write to folders of other accounts: add aws:SourceArn with the trails that you know"
			continue
		}
		conditions := asMap(object["Condition"])
		if conditions == nil {
			conditions = map[string]any{}
		}
		like := asMap(conditions["StringLike"])
		if like == nil {
			like = map[string]any{}
		}
		like["aws:SourceArn"] = "arn:" + d.account.Partition + ":cloudtrail:*:" + d.account.ID + ":trail/*"
		conditions["StringLike"] = like
		object["Condition"], narrowed = conditions, true
	}
	return narrowed, left
}

// letsAnyTrailWrite says whether a statement lets CloudTrail write without asking for whom.
func letsAnyTrailWrite(s map[string]any) bool {
	services := texts(asMap(s["Principal"])["Service"])
	writes := slices.ContainsFunc(texts(s["Action"]), func(a string) bool { return policy.Match(strings.ToLower(a), "s3:putobject") })
	return s["Effect"] == "Allow" && slices.Contains(services, cloudTrail) && writes &&
		!hasCondition(s, "aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
}

// tlsOnly adds the statement that refuses requests without TLS.
func tlsOnly(d *draft, f posture.Finding) string {
	return d.edit(f.Resource, "policy", func(document map[string]any) string {
		return addStatements(document, maxBucketPolicy, statement{
			Sid: "TrailholdTlsOnly", Effect: "Deny", Principal: "*", Action: "s3:*", Resource: []string{f.Resource, f.Resource + "/*"},
			Condition: only("Bool", "aws:SecureTransport", "false"),
		})
	})
}
