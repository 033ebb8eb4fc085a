package metricfilter

import "slices"

// Controls are the benchmark's fifteen, in its order.
func Controls() []Control {
	all := slices.Concat(identityControls(), changeControls(), networkControls())
	for i := range all {
		all[i].harmless = append(all[i].harmless, everyday()...)
		if all[i].about == nil {
			all[i].about = aCall
		}
	}
	return all
}

// identityControls are those about who did something, or was not let.
func identityControls() []Control {
	denied := func(source, name, code string) sample {
		return callBy(source, name).with(code+" on "+name, map[string]any{"$.errorCode": code, "$.errorMessage": "not authorized", "$.responseElements": absent{}})
	}
	noMFA := signIn().with("a sign-in of a user without MFA", map[string]any{"$.additionalEventData.MFAUsed": "No"})
	failed := signIn().with("a failed console sign-in", map[string]any{
		"$.responseElements.ConsoleLogin": "Failure", "$.errorMessage": "Failed authentication", "$.additionalEventData.MFAUsed": "No",
	})
	byRoot := callBy("iam", "CreateUser").asRoot("a call of the root user")
	onBehalf := byRoot.with("what a service does in the root user's name", map[string]any{"$.userIdentity.invokedBy": "autoscaling.amazonaws.com"})
	return []Control{
		{
			ID: "mf-unauthorized-api", Title: "Unauthorized API calls",
			Pattern: `{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ` +
				`($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }`,
			required: []sample{
				denied("ec2", "RunInstances", "Client.UnauthorizedOperation"), denied("ec2", "StopInstances", "UnauthorizedOperation"),
				denied("iam", "CreateUser", "AccessDenied"), denied("cloudtrail", "StopLogging", "AccessDeniedException"),
			},
			harmless: []sample{callBy("iam", "CreateUser").with("a call that failed for another reason", map[string]any{"$.errorCode": "EntityAlreadyExistsException"})},
			about:    []string{"$.errorCode", "$.eventType"},
			except:   map[string]string{"$.sourceIPAddress": "delivery.logs.amazonaws.com", "$.eventName": "HeadBucket"},
		},
		{
			ID: "mf-signin-no-mfa", Title: "Console sign-in without MFA",
			Pattern:  `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`,
			required: []sample{noMFA},
			advised:  []sample{noMFA.asRoot("a sign-in of the root user without MFA")},
			about: slices.Concat(aCall, []string{
				"$.additionalEventData.MFAUsed", "$.userIdentity.type", "$.responseElements.ConsoleLogin", "$.errorMessage", "$.errorCode",
			}),
		},
		{
			ID: "mf-root-usage", Title: "Use of the root user",
			Pattern: `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`,
			required: []sample{
				byRoot, signIn().asRoot("a console sign-in of the root user"),
				callBy("s3", "ListBuckets").asRoot("a reading call of the root user").with("a reading call of the root user", map[string]any{"$.readOnly": true}),
			},
			harmless: []sample{onBehalf, byRoot.with("an event of a service about the root user", map[string]any{"$.eventType": "AwsServiceEvent"})},
			about:    []string{"$.userIdentity.type", "$.userIdentity.invokedBy", "$.eventType"},
			shaped:   map[string]shape{"$.userIdentity.arn": rootOf},
		},
		{
			ID: "mf-console-auth-fail", Title: "Console authentication failures",
			Pattern:  `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`,
			required: []sample{failed, failed.asRoot("a failed console sign-in of the root user")},
			about:    slices.Concat(aCall, []string{"$.errorMessage", "$.responseElements.ConsoleLogin", "$.errorCode"}),
		},
	}
}

// changeControls are those about changes of what watches, protects or permits.
func changeControls() []Control {
	const (
		iamCalls = "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy DeletePolicy " +
			"CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy"
		iamMore    = "SetDefaultPolicyVersion UpdateAssumeRolePolicy"
		trailCalls = "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"
		trailMore  = "PutEventSelectors PutInsightSelectors DeleteEventDataStore UpdateEventDataStore StopEventDataStoreIngestion " +
			"DeregisterOrganizationDelegatedAdmin"
		keyCalls    = "DisableKey ScheduleKeyDeletion"
		keyMore     = "DeleteImportedKeyMaterial"
		bucketCalls = "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy DeleteBucketCors " +
			"DeleteBucketLifecycle DeleteBucketReplication"
		bucketMore  = "PutBucketLifecycleConfiguration PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock"
		configCalls = "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder"
		configMore  = "DeleteConfigurationRecorder"
		orgCalls    = "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization " +
			"DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType InviteAccountToOrganization LeaveOrganization " +
			"MoveAccount RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy"
		orgMore = "CancelHandshake CreateOrganization EnableAllFeatures"
	)
	return []Control{
		{
			ID: "mf-iam-policy", Title: "IAM policy changes", Pattern: ofSource("iam", iamCalls+" "+iamMore),
			required: calls("iam", iamCalls), advised: calls("iam", iamMore),
		},
		{
			ID: "mf-cloudtrail-config", Title: "CloudTrail configuration changes", Pattern: "{ " + named(trailCalls+" "+trailMore) + " }",
			required: calls("cloudtrail", trailCalls), advised: calls("cloudtrail", trailMore),
		},
		{
			ID: "mf-cmk-disable", Title: "Customer managed keys disabled or scheduled for deletion", Pattern: ofSource("kms", keyCalls+" "+keyMore),
			required: calls("kms", keyCalls), advised: calls("kms", keyMore),
		},
		{
			ID: "mf-s3-policy", Title: "S3 bucket policy changes", Pattern: ofSource("s3", bucketCalls+" "+bucketMore),
			required: calls("s3", bucketCalls), advised: calls("s3", bucketMore),
		},
		{
			ID: "mf-config-changes", Title: "AWS Config configuration changes", Pattern: ofSource("config", configCalls+" "+configMore),
			required: calls("config", configCalls), advised: calls("config", configMore),
		},
		{
			ID: "mf-organizations", Title: "AWS Organizations changes", Pattern: ofSource("organizations", orgCalls+" "+orgMore),
			required: calls("organizations", orgCalls), advised: calls("organizations", orgMore),
		},
	}
}

// networkControls are those about changes of networks. What EC2-Classic had is gone since 2022, so its calls are asked
// for only because the benchmark still names them.
func networkControls() []Control {
	const (
		groupCalls = "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress " +
			"CreateSecurityGroup DeleteSecurityGroup"
		groupMore = "ModifySecurityGroupRules"
		aclCalls  = "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry " +
			"ReplaceNetworkAclAssociation"
		gatewayCalls = "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway DeleteInternetGateway " +
			"DetachInternetGateway"
		routeCalls = "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable"
		routeMore  = "AssociateRouteTable"
		vpcCalls   = "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection " +
			"DeleteVpcPeeringConnection RejectVpcPeeringConnection"
		classicCalls = "AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink"
	)
	return []Control{
		{
			ID: "mf-security-group", Title: "Security group changes", Pattern: "{ " + named(groupCalls+" "+groupMore) + " }",
			required: calls("ec2", groupCalls), advised: calls("ec2", groupMore),
		},
		{
			ID: "mf-nacl", Title: "Network ACL changes", Pattern: "{ " + named(aclCalls) + " }",
			required: calls("ec2", aclCalls),
		},
		{
			ID: "mf-gateway", Title: "Network gateway changes", Pattern: "{ " + named(gatewayCalls) + " }",
			required: calls("ec2", gatewayCalls),
		},
		{
			ID: "mf-route-table", Title: "Route table changes", Pattern: ofSource("ec2", routeCalls+" "+routeMore),
			required: calls("ec2", routeCalls), advised: calls("ec2", routeMore),
		},
		{
			ID: "mf-vpc", Title: "VPC changes", Pattern: "{ " + named(vpcCalls+" "+classicCalls) + " }",
			required: calls("ec2", vpcCalls), advised: calls("ec2", classicCalls),
		},
	}
}
