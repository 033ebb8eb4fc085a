package policy

import (
	"strings"
	"time"
)

// Delivery is what CloudTrail needs to deliver a trail's files and to tell about them. With it the policies in force
// are asked the calls that CloudTrail makes, as the CloudTrail User Guide describes them.
type Delivery struct {
	TrailARN string

	// Organization says that it's an organization trail. Its files go into a folder of OrganizationID, one folder for
	// each account; TrailARN is then of the management account.
	Organization   bool
	OrganizationID string // of the trail's account; empty if unknown
	// Accounts are those whose events an organization trail records, the management account among them. With none given
	// the whole folder of the organization has to be open.
	Accounts []string

	Bucket, Prefix string
	BucketAccount  string   // empty if unknown
	BucketRegion   string   // empty if unknown
	Regions        []string // whose events the trail records; with none given all have to be open
	Validation     bool     // log file validation: digests are written too
	Insights       bool     // insights are written too

	KeyARN    string // empty if the trail has no key
	BucketKey bool   // the bucket uses an S3 Bucket Key, for which CloudTrail must be able to decrypt

	TopicARN    string // empty if the trail has no topic
	TopicKeyARN string // of the key that encrypts the topic's messages; empty if none does

	// Controls are the resource control policies of the account whose bucket or key is asked about: one entry for the root, for each
	// unit on the way and for the account itself. None: they are not asked. They do not reach topics.
	Controls [][]Document

	At time.Time // when the calls are made; zero if policies that depend on the time can't be judged
}

// service is CloudTrail's name as a principal.
const service = "cloudtrail.amazonaws.com"

// formerAccounts are the accounts in whose name CloudTrail delivered before it had a service principal. Old policies
// name them; the guide says that each works for one region and should be replaced.
var formerAccounts = []string{
	"903692715234", "035351147821", "859597730677", "814480443879", "216624486486", "086441151436", "388731089494",
	"284668455005", "113285607260", "475085895292",
}

// trail is an ARN of a trail, taken apart.
type trailARN struct{ partition, region, account string }

func parseTrailARN(arn string) (trailARN, bool) {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts || parts[0] != "arn" || parts[2] != "cloudtrail" || !strings.HasPrefix(parts[5], "trail/") {
		return trailARN{}, false
	}
	return trailARN{partition: parts[1], region: parts[3], account: parts[4]}, true
}

// CheckBucket says what keeps CloudTrail from delivering to the bucket, given the bucket policy in force, which is
// empty if there's none.
func (d Delivery) CheckBucket(policy string) []Obstacle {
	trail, ok := parseTrailARN(d.TrailARN)
	if !ok {
		return []Obstacle{d.badTrail()}
	}
	bucket := "arn:" + trail.partition + ":s3:::" + d.Bucket
	calls := []call{{action: "s3:GetBucketAcl", resources: []string{bucket}, region: d.BucketRegion, account: d.BucketAccount}}
	for _, kind := range d.kinds() {
		c := call{
			action: "s3:PutObject", region: d.BucketRegion, account: d.BucketAccount,
			context: map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}, possible: d.encryption(kind),
		}
		c.summary = bucket + "/" + d.object(trail, kind, digits(12), string(AnyName))
		for _, account := range d.accounts(trail) {
			for _, region := range d.regions() {
				c.resources = append(c.resources, bucket+"/"+d.object(trail, kind, account, region))
			}
		}
		calls = append(calls, c)
	}
	return append(d.check("bucket policy", policy, trail, calls), d.controlled(trail, calls)...)
}

// kinds are the folders that files go into, by what they hold.
func (d Delivery) kinds() []string {
	kinds := []string{"CloudTrail"}
	if d.Validation {
		kinds = append(kinds, "CloudTrail-Digest")
	}
	if d.Insights {
		kinds = append(kinds, "CloudTrail-Insight")
	}
	return kinds
}

// accounts are those whose files CloudTrail writes; a pattern for all of them if they aren't known.
func (d Delivery) accounts(trail trailARN) []string {
	switch {
	case !d.Organization:
		return []string{trail.account}
	case len(d.Accounts) == 0:
		return []string{digits(12)}
	}
	return d.Accounts
}

// regions are likewise those of the events.
func (d Delivery) regions() []string {
	if len(d.Regions) == 0 {
		return []string{string(AnyName)}
	}
	return d.Regions
}

// object is the name of the files of one kind with the events of an account and region.
func (d Delivery) object(trail trailARN, kind, account, region string) string {
	folder := "AWSLogs/"
	if d.Prefix != "" {
		folder = strings.Trim(d.Prefix, "/") + "/AWSLogs/"
	}
	if d.Organization && d.OrganizationID != "" {
		folder += d.OrganizationID + "/"
	} else if d.Organization {
		folder += string(AnyName) + "/"
	}
	day := digits(4) + "/" + digits(2) + "/" + digits(2)
	file := strings.Join([]string{account, kind, region, string(AnyName) + ".json.gz"}, "_")
	return folder + strings.Join([]string{account, kind, region, day, file}, "/")
}

func digits(n int) string { return strings.Repeat(string(AnyDigit), n) }

// encryption is what CloudTrail may ask of S3 for a file. With a key it asks for that; whether it does so for digests
// has changed over the years, and whether it names S3's own encryption otherwise isn't documented.
func (d Delivery) encryption(kind string) map[string][][]string {
	const header, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
	switch {
	case d.KeyARN == "":
		return map[string][][]string{header: {nil, {"AES256"}}, key: {nil}}
	case kind == "CloudTrail":
		return map[string][][]string{header: {{"aws:kms"}}, key: {{d.KeyARN}}}
	}
	return map[string][][]string{header: {nil, {"AES256"}, {"aws:kms"}}, key: {nil, {d.KeyARN}}}
}

// CheckKey says what keeps CloudTrail from encrypting with the trail's key, given the key policy in force.
func (d Delivery) CheckKey(policy string) []Obstacle {
	trail, ok := parseTrailARN(d.TrailARN)
	if !ok {
		return []Obstacle{d.badTrail()}
	}
	calls := []call{d.keyCall(trail, "kms:GenerateDataKey", true), d.keyCall(trail, "kms:DescribeKey", false)}
	if d.BucketKey {
		calls = append(calls, d.keyCall(trail, "kms:Decrypt", true))
	}
	return append(d.check("key policy", policy, trail, calls), d.controlled(trail, calls)...)
}

// keyCall is a call on the trail's key. Cryptographic ones name the trail and the bucket or file in their encryption
// context. S3 makes them on the caller's behalf for each file, and CloudTrail itself when the trail is configured.
func (d Delivery) keyCall(trail trailARN, action string, cryptographic bool) call {
	parts := strings.SplitN(d.KeyARN+":::::", ":", arnParts)
	c := call{action: action, resources: []string{d.KeyARN}, region: parts[3], account: parts[4]}
	if !cryptographic {
		return c
	}
	bucket := "arn:" + trail.partition + ":s3:::" + d.Bucket
	c.context = map[string][]string{
		"kms:encryptioncontext:aws:cloudtrail:arn": {d.TrailARN},
		"kms:encryptioncontextkeys":                {"aws:cloudtrail:arn", "aws:s3:arn"},
	}
	c.possible = map[string][][]string{
		"kms:viaservice":                   {nil, {"s3." + parts[3] + ".amazonaws.com"}, {elsewhere}},
		"kms:encryptioncontext:aws:s3:arn": {{bucket}, {bucket + "/" + d.object(trail, "CloudTrail", trail.account, trail.region)}},
	}
	return c
}

// CheckTopic says what keeps CloudTrail from telling the trail's topic about new files, given the topic policy in
// force.
func (d Delivery) CheckTopic(policy string) []Obstacle {
	trail, ok := parseTrailARN(d.TrailARN)
	if !ok {
		return []Obstacle{d.badTrail()}
	}
	parts := strings.SplitN(d.TopicARN+":::::", ":", arnParts)
	return d.check("topic policy", policy, trail, []call{{action: "sns:Publish", resources: []string{d.TopicARN}, region: parts[3], account: parts[4]}})
}

// CheckTopicKey says what keeps CloudTrail from publishing to a topic whose messages are encrypted, given the policy in
// force of the topic's key.
func (d Delivery) CheckTopicKey(policy string) []Obstacle {
	trail, ok := parseTrailARN(d.TrailARN)
	if !ok {
		return []Obstacle{d.badTrail()}
	}
	parts := strings.SplitN(d.TopicKeyARN+":::::", ":", arnParts)
	var calls []call
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		calls = append(calls, call{
			action: action, resources: []string{d.TopicKeyARN}, region: parts[3], account: parts[4],
			context:  map[string][]string{"kms:encryptioncontext:aws:sns:topicarn": {d.TopicARN}},
			possible: map[string][][]string{"kms:viaservice": {nil, {"sns." + parts[3] + ".amazonaws.com"}, {elsewhere}}},
		})
	}
	return d.check("topic's key policy", policy, trail, calls)
}

// CheckReader says what keeps a principal from decrypting the trail's files, as far as the key policy in force goes. An
// account's root user stands for the account, to whose own policies it's left whom it lets.
func (d Delivery) CheckReader(policy string, reader Principal) []Obstacle {
	trail, ok := parseTrailARN(d.TrailARN)
	if !ok {
		return []Obstacle{d.badTrail()}
	}
	document, unreadable := read("key policy", policy)
	if unreadable != nil {
		return unreadable
	}
	c := d.keyCall(trail, "kms:Decrypt", true)
	r := Request{Principal: reader, Action: c.action, Context: c.context, Possible: c.possible}
	r.Context["kms:calleraccount"] = []string{reader.Account}
	r.Context["aws:securetransport"] = []string{"true"}
	d.known(&r, c)
	obstacles := c.collect(nil, "key policy", document.Evaluate, r)
	for i := range obstacles {
		obstacles[i].Caller = reader.arn()
	}
	return obstacles
}

func (d Delivery) badTrail() Obstacle {
	return Obstacle{Kind: Unclear, Doubt: "the trail's ARN " + shown(d.TrailARN) + " is not one of a trail"}
}
