package drill

import (
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// roleTechniques are attacks on the roles that CloudTrail and the guard work with.
func roleTechniques() []Technique {
	on := naming("RoleName", trail.Resource.Name)
	without := func(_ Scene, r trail.Resource) []request {
		var requests []request
		for name := range r.Settings["policies"].Members() {
			requests = append(requests, request{"iam:DeleteRolePolicy", object{"RoleName": r.Name(), "PolicyName": name}})
		}
		return requests
	}
	denyAll := object{"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}
	return []Technique{
		{ID: tamper.RoleDelete, On: trail.Role, calls: then(without, on("iam:DeleteRole", nil)), Outcome: Restored},
		{ID: tamper.RoleTrust, On: trail.Role, Outcome: Restored, calls: func(s Scene, r trail.Resource) []request {
			return []request{{"iam:UpdateAssumeRolePolicy", object{"RoleName": r.Name(), "PolicyDocument": policy(object{
				"Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + s.ForeignAccount + ":root"}, "Action": "sts:AssumeRole",
			})}}}
		}},
		{ID: tamper.RolePolicy, Variant: "removed", On: trail.Role, calls: without, Outcome: Restored},
		{ID: tamper.RolePolicy, Variant: "deny attached", On: trail.Role, Where: having("scheduler.amazonaws.com"), calls: on("iam:AttachRolePolicy", denyAll), Outcome: Restored},
		{ID: tamper.RolePolicy, Variant: "the guard's", On: trail.Role, Where: having("lambda.amazonaws.com"), calls: on("iam:AttachRolePolicy", denyAll), Outcome: Restored},
		{ID: tamper.RoleBoundary, On: trail.Role, Where: having("lambda.amazonaws.com"), Outcome: Restored,
			calls: on("iam:PutRolePermissionsBoundary", object{"PermissionsBoundary": denyAll["PolicyArn"]})},
	}
}
