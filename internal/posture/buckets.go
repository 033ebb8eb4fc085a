package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// bucketChecks ask who can get at the bucket that log files go to, and whether they get there.
var bucketChecks = []check{
	{Check{ID: "ct-bucket-exists", Group: GroupBucket, Severity: severity.Critical,
		Title:      "The bucket exists and belongs to the account that it should",
		Rationale:  "The name of a bucket that was deleted can be taken by anybody, who then receives the log files.",
		Remedy:     "aws s3api create-bucket --bucket {name} --region {trailRegion}\n# or, if the name is taken, point the trail at another bucket: aws cloudtrail update-trail --s3-bucket-name",
		References: nobodyElse,
	}, perResource(trail.Bucket, bucketOf, bucketThere)},
	{Check{ID: "ct-bucket-policy-delivery", Group: GroupBucket, Severity: severity.High,
		Title:      "The bucket's policy lets CloudTrail deliver, and only for this account's trails",
		Rationale:  "A Deny, a condition or a missing Allow stops delivery without a call to CloudTrail. Without aws:SourceArn, trails of strangers may write into the bucket.",
		Remedy:     "aws s3api put-bucket-policy --bucket {name} --policy " + shell.Ask("POLICY", "the policy, with what lets cloudtrail.amazonaws.com call s3:GetBucketAcl and s3:PutObject for the trail"),
		References: nobodyElse,
	}, perBucket(bucketDelivery)},
	{Check{ID: "ct-bucket-private", Group: GroupBucket, Severity: severity.Critical,
		Title:      "The bucket is not public",
		Rationale:  "Log files tell an intruder who may do what, and where nobody looks.",
		Remedy:     "aws s3api put-public-access-block --bucket {name} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
		References: refs("3.3 2.1.4 2.1.4 2.1.4 3.1.4", "CloudTrail.6 S3.1 S3.2 S3.3 S3.8", "cloudtrail-s3-bucket-public-access-prohibited s3-bucket-public-read-prohibited s3-bucket-public-write-prohibited s3-bucket-level-public-access-prohibited", pciNotPublic, nistNotPublic),
	}, perBucket(bucketPrivate)},
	{Check{ID: "ct-bucket-cross-account", Group: GroupBucket, Severity: severity.High,
		Title:      "No other account may write, delete or change the bucket",
		Rationale:  "Whoever holds the other account can remove the evidence, or plant some.",
		Remedy:     "aws s3api put-bucket-policy --bucket {name} --policy " + shell.Ask("POLICY", "the policy without the statement"),
		References: refs(noCIS, "S3.6", "s3-bucket-blacklisted-actions-prohibited s3-bucket-policy-grantee-check", "", "CA-9(1) CM-2"),
	}, perBucket(bucketCrossAccount)},
	{Check{ID: "ct-bucket-tls", Group: GroupBucket, Severity: severity.Medium,
		Title:      "The bucket's policy refuses requests without TLS",
		Rationale:  "What travels in the clear can be read and changed on the way.",
		Remedy:     "aws s3api put-bucket-policy --bucket {name} --policy " + shell.Ask("POLICY", "the policy, with a statement that denies everything where aws:SecureTransport is false"),
		References: refs("2.1.2 2.1.1 2.1.1 2.1.1 3.1.1", "S3.5", "s3-bucket-ssl-requests-only", "4.1", "AC-4 AC-17(2) IA-5(1) SC-7(4) SC-8 SC-8(1) SC-8(2) SC-12(3) SC-13 SC-23 SC-23(3) SI-7(6)"),
	}, perBucket(bucketTLS)},
	{Check{ID: "ct-bucket-acl-off", Group: GroupBucket, Severity: severity.Low,
		Title:      "ACLs are off: the bucket's owner owns every file",
		Rationale:  "An ACL is a second way to give access, which nobody looks at.",
		Remedy:     "aws s3api put-bucket-ownership-controls --bucket {name} --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'",
		References: refs(noCIS, "S3.12", "s3-bucket-acl-prohibited", "", "AC-2(1) AC-3 AC-3(7) AC-3(15) AC-6"),
	}, perBucket(aclOff)},
	{Check{ID: "ct-account-pab", Group: GroupBucket, Severity: severity.Medium,
		Title:      "S3 blocks public access for the whole account",
		Rationale:  "One call for one bucket then no longer suffices to make the record public.",
		Remedy:     "aws s3control put-public-access-block --account-id {account} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
		References: refs("2.1.5 2.1.4 2.1.4 2.1.4 3.1.4", "S3.1", "s3-account-level-public-access-blocks-periodic", "1.2.1 1.3.1 1.3.2 1.3.4 1.3.6", nistNotPublic),
	}, perAccount(accountBlock)},
}

func bucketThere(s scope, b Resource, _ []trail.State) verdict {
	identity := b.Setting(trail.Identity)
	owner, known := identity.Get()
	switch {
	case identity.Knowledge() == trail.Absent:
		return fail("the bucket does not exist: nothing can be delivered, and anybody may take its name")
	case !known:
		return notRead("whose the bucket is", identity)
	case owner.Text("Owner") == anotherAccount && s.declared(b.ARN):
		return fail("the bucket no longer belongs to the account that the baseline names: log files may go to a stranger")
	case owner.Text("Owner") == anotherAccount:
		return unknown("the bucket belongs to an account that was not read: if it is yours, read that account too")
	}
	return pass("the bucket belongs to account %s", owner.Text("Owner")).with("owner", owner.Text("Owner"))
}

// declared says whether the account's baseline has the bucket as the account's own.
func (s scope) declared(arn string) bool {
	if s.account.Baseline == nil {
		return false
	}
	for _, t := range s.account.Baseline.Trails {
		for _, d := range t.Dependents {
			if d.ARN == arn && d.Account == s.account.ID {
				return true
			}
		}
	}
	return false
}

// bucketDelivery asks the policy in force for every trail, and whether it names the trails that it lets in. A bucket whose
// requester pays takes nothing from CloudTrail.
func bucketDelivery(s scope, b Resource, users []trail.State) verdict {
	document, known := b.Setting("policy").Get()
	if !known {
		return notRead("the bucket's policy", b.Setting("policy"))
	}
	payment, _ := b.Setting("requestPayment").Get()
	if payment.Text("Payer") == "Requester" {
		return fail("the requester pays, so that CloudTrail cannot deliver").with("bucket.requestPayment", string(payment))
	}
	parts := []verdict{}
	for _, t := range users {
		c, _ := t.Config.Get()
		d := s.deliveryOf(c)
		controls, read := s.controlsOf(b.Account)
		d.Controls = controls
		parts = append(parts, obstacles(d.CheckBucket(policyText(document)), "CloudTrail can deliver"), s.strangersTrail(c, policyText(document)), s.uncontrolled(read, t))
	}
	return all(parts...).with("bucket.policy", string(document))
}

// strangersTrail says whether a trail of another account gets through to the folders of this trail, because the policy names
// neither trail nor account.
func (s scope) strangersTrail(c trail.Config, text string) verdict {
	document, err := policy.Parse(text)
	if err != nil { // none, or unreadable, which the delivery of the account's own trail tells
		return pass("the policy lets nobody in")
	}
	folders := []string{accountIn(c.ARN)}
	if o, known := s.account.Organization.Get(); known && c.IsOrganizationTrail {
		folders = append(folders, o.ID+"/"+s.account.ID)
	}
	for _, folder := range folders {
		r := policy.Request{
			Principal: policy.ServicePrincipal("cloudtrail.amazonaws.com"), Action: "s3:PutObject", Complete: true,
			Resource: bucketOf(c) + "/" + strings.TrimPrefix(c.S3KeyPrefix+"/", "/") + "AWSLogs/" + folder + "/CloudTrail/x.json.gz",
			Context: map[string][]string{
				"aws:SourceArn":     {"arn:" + partitionOf(c.ARN) + ":cloudtrail:" + c.HomeRegion + ":000000000000:trail/stranger"},
				"aws:SourceAccount": {"000000000000"}, "aws:SourceOrgID": {"o-0000000000"},
				"s3:x-amz-acl": {"bucket-owner-full-control"}, "aws:SecureTransport": {"true"},
			},
		}
		if v := document.Evaluate(r); v.Answer() == policy.Allow {
			return fail("statement %s lets trails of any account write into the bucket: it lacks aws:SourceArn", v.AllowBy).with("statement", v.AllowBy)
		}
	}
	return pass("strangers' trails may not write into the bucket")
}

// bucketPrivate asks the public access block, the ACL and the policy.
func bucketPrivate(s scope, b Resource, _ []trail.State) verdict {
	block := blocked(b.Setting("publicAccessBlock"), "the bucket's public access block")
	if whole := blocked(s.account.PublicAccessBlock, "the account's public access block"); b.Account == s.account.ID && whole.status != Fail && block.status == Fail {
		block = whole // which does for all of the account's buckets, or may
	}
	return all(aclPrivate(b), policyPrivate(b), block)
}

// blocks are the four parts of a public access block.
var blocks = []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}

func blocked(f trail.Facet[trail.Document], what string) verdict {
	document, known := f.Get()
	if !known && f.Knowledge() != trail.Absent {
		return notRead(what, f)
	}
	var off []string
	for _, b := range blocks {
		if !document.Flag(b) {
			off = append(off, b)
		}
	}
	if len(off) > 0 {
		return fail("%s lacks %s", what, strings.Join(off, ", ")).with("publicAccessBlock", string(document))
	}
	return pass("%s is complete", what).with("publicAccessBlock", string(document))
}

// publicGroups are the groups of S3 that stand for everybody, and for everybody who has an account.
var publicGroups = []string{"http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}

func aclPrivate(b Resource) verdict {
	var acl struct {
		Grants []struct {
			Grantee    struct{ URI string }
			Permission string
		}
	}
	if v, ok := read(b, "acl", &acl); !ok {
		return v
	}
	for _, g := range acl.Grants {
		if contains(publicGroups, g.Grantee.URI) {
			return fail("the ACL gives everybody %s", g.Permission).with("bucket.acl", g.Grantee.URI+" "+g.Permission)
		}
	}
	return pass("the bucket is not public")
}

// publicActions are those of which one suffices to call a bucket public.
var publicActions = []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:PutBucketPolicy"}

func policyPrivate(b Resource) verdict {
	document, known := b.Setting("policy").Get()
	if !known {
		return notRead("the bucket's policy", b.Setting("policy"))
	}
	open := func(text string) verdict { return openObjects(text, b.ARN) }
	if v := open(policyText(document)); v.status != Pass {
		return v.without(document, func(one string) bool { return open(one).status == Fail })
	}
	return pass("the bucket is not public")
}

// harmful are what no other account has any business with, and on what.
var harmful = []string{
	"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutObjectRetention", "s3:PutObjectLegalHold",
	"s3:BypassGovernanceRetention", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls",
	"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration",
	"s3:PutBucketVersioning", "s3:PutReplicationConfiguration", "s3:DeleteBucket",
}

func bucketCrossAccount(s scope, b Resource, users []trail.State) verdict {
	document, known := b.Setting("policy").Get()
	if !known {
		return notRead("the bucket's policy", b.Setting("policy"))
	}
	if document.Empty() {
		return pass("there is no policy")
	}
	parsed, err := policy.Parse(string(document))
	if err != nil {
		return unknown("the bucket's policy cannot be read: %v", err)
	}
	objects := objectsIn(parsed, b.ARN)
	judge := func(d policy.Document) verdict {
		return s.foreignAccess(d, append([]string{b.Account, s.account.ID}, formerAccounts...), harmful, func(action string) []string {
			if aboutObjects(action) {
				return objects
			}
			return []string{b.ARN}
		})
	}
	v := judge(parsed).with("bucket.policy", string(document))
	if v.status != Fail {
		return v
	}
	return v.without(document, func(one string) bool {
		alone, err := policy.Parse(one)
		return err == nil && judge(alone).status == Fail
	})
}

// aboutObjects says whether an action is one on objects rather than on the bucket.
func aboutObjects(action string) bool {
	name := strings.TrimPrefix(action, "s3:")
	return strings.HasSuffix(name, "Object") || strings.HasPrefix(name, "PutObject") || name == "DeleteObjectVersion" || name == "BypassGovernanceRetention"
}

// formerAccounts are those in whose name CloudTrail delivered before it had a service principal. They are AWS's.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
var formerAccounts = []string{
	"903692715234", "035351147821", "859597730677", "814480443879", "216624486486", "086441151436", "388731089494",
	"284668455005", "113285607260", "475085895292",
}

// bucketTLS asks the policy the same call with and without TLS: everything without it must be denied.
func bucketTLS(_ scope, b Resource, _ []trail.State) verdict {
	document, known := b.Setting("policy").Get()
	if !known {
		return notRead("the bucket's policy", b.Setting("policy"))
	}
	parsed, err := policy.Parse(policyText(document))
	if document.Empty() {
		return fail("there is no policy, so that nothing refuses requests without TLS")
	}
	if err != nil {
		return unknown("the bucket's policy cannot be read: %v", err)
	}
	caller := policy.Caller("arn:aws:iam::"+b.Account+":user/anybody", "")
	for _, call := range [][2]string{{"s3:GetObject", b.ARN + "/AWSLogs/x"}, {"s3:PutObject", b.ARN + "/AWSLogs/x"}, {"s3:ListBucket", b.ARN}} {
		r := policy.Request{Principal: caller, Action: call[0], Resource: call[1], Context: map[string][]string{"aws:SecureTransport": {"false"}}}
		switch v := parsed.Evaluate(r); v.Deny {
		case policy.No:
			return fail("the policy does not refuse requests without TLS")
		case policy.Maybe:
			return unknown("whether the policy refuses requests without TLS depends on what is not known: %s", v.DenyDoubt)
		}
	}
	return pass("the policy refuses requests without TLS")
}

func aclOff(_ scope, b Resource, _ []trail.State) verdict {
	var controls struct {
		Rules []struct{ ObjectOwnership string }
	}
	if v, ok := read(b, "ownershipControls", &controls); !ok {
		return v
	}
	for _, r := range controls.Rules {
		if r.ObjectOwnership == "BucketOwnerEnforced" {
			return pass("ACLs are off").with("ObjectOwnership", r.ObjectOwnership)
		}
	}
	return fail("ACLs are in force").with("bucket.ownershipControls", len(controls.Rules))
}

func accountBlock(s scope) verdict {
	return blocked(s.account.PublicAccessBlock, "the account's public access block")
}
