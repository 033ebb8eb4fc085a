package metricfilter

import (
	"strings"
	"testing"
)

// or joins conditions that the event has one of the names, in a spelling.
func or(spelling, names string) string {
	var parts []string
	for _, name := range strings.Fields(names) {
		parts = append(parts, strings.ReplaceAll(spelling, "NAME", name))
	}
	return strings.Join(parts, "||")
}

const (
	trailNames = "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"
	allOfTrail = "{" + `($.eventName=CreateTrail)||($.eventName=UpdateTrail)||($.eventName=DeleteTrail)||($.eventName=StartLogging)||($.eventName=StopLogging)`
	rootUsed   = `$.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent"`
	denials    = `(($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*"))`
)

// TestCheck has filters as people write them and as tools accept or wrongly reject them, with what they really do. Gaps are
// given by a part of the first one; "" stands for none. Unjudged ones begin with "?".
func TestCheck(t *testing.T) {
	spelled := func(pattern string, names string) string {
		return strings.ReplaceAll(pattern, "NAMES", or("($.eventName = NAME)", names))
	}
	const (
		iamNames = "AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreatePolicy CreatePolicyVersion DeleteGroupPolicy DeletePolicy DeletePolicyVersion " +
			"DeleteRolePolicy DeleteUserPolicy DetachGroupPolicy DetachRolePolicy DetachUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy"
		bucketNames = "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy DeleteBucketCors " +
			"DeleteBucketLifecycle DeleteBucketReplication"
		configNames = "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder"
		groupNames  = "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
		aclNames    = "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry ReplaceNetworkAclAssociation"
		gateNames   = "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway DeleteInternetGateway DetachInternetGateway"
		routeNames  = "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable"
		vpcNames    = "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection DeleteVpcPeeringConnection " +
			"RejectVpcPeeringConnection"
		classicNames = " AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink"
		orgNames     = "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization " +
			"DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType InviteAccountToOrganization LeaveOrganization " +
			"MoveAccount RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy"
	)
	for _, test := range []struct{ control, pattern, gap string }{
		// CIS 4.1: tools disagree whether the two exclusions must be there or must not.
		{"mf-unauthorized-api", `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`, ""},
		{"mf-unauthorized-api", `{($.errorCode="AccessDenied*")||($.errorCode="*UnauthorizedOperation")}`, ""},
		{"mf-unauthorized-api", `{ ($.errorCode = *UnauthorizedOperation) || ($.errorCode = AccessDenied*) }`, ""},
		{"mf-unauthorized-api", `{ ($.errorCode = "*UnauthorizedOperation*") || ($.errorCode = "*AccessDenied*") }`, ""},
		{"mf-unauthorized-api", `{ ` + denials + ` && (($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket")) }`, ""},
		{"mf-unauthorized-api", `{ $.sourceIPAddress != delivery.logs.amazonaws.com && ` + denials + ` }`, ""},
		{"mf-unauthorized-api", `{ $.errorCode = %AccessDenied|UnauthorizedOperation% }`, ""},
		{"mf-unauthorized-api", `{ $.errorCode = "*UnauthorizedOperation" }`, "AccessDenied on CreateUser"},
		{"mf-unauthorized-api", `{ ($.errorCode = "UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`, "Client.UnauthorizedOperation"},
		{"mf-unauthorized-api", `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied") }`, "AccessDeniedException"},
		{"mf-unauthorized-api", `{ $.errorCode = "*UnauthorizedOperation" && $.errorCode = "AccessDenied*" }`, "UnauthorizedOperation"},
		{"mf-unauthorized-api", `{ ` + denials + ` && ($.eventName != "StopLogging") }`, `$.eventName = "StopLogging"`},
		{"mf-unauthorized-api", `{ ` + denials + ` && ($.eventName != "Head*") }`, `$.eventName = "Head"`},
		{"mf-unauthorized-api", `{ ` + denials + ` && ($.userIdentity.arn != "*mallory*") }`, `$.userIdentity.arn = "mallory"`},
		{"mf-unauthorized-api", `{ $.errorCode = "A*Denied*" || $.errorCode = "*Unauthorized*" }`, "AccessDenied on"}, // open what it means
		{"mf-unauthorized-api", `{ $.errorCode EXISTS }`, "?neither EXISTS nor IS NOT"},

		// CIS 4.2
		{"mf-signin-no-mfa", `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`, ""},
		{"mf-signin-no-mfa", `{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) }`, ""},
		{"mf-signin-no-mfa", `{$.additionalEventData.MFAUsed="No"&&$.eventName="ConsoleLogin"}`, ""},
		{"mf-signin-no-mfa", `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`, ""},
		{"mf-signin-no-mfa", `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed = "Yes") }`, "without MFA"},
		{"mf-signin-no-mfa", `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed NOT EXISTS) }`, "without MFA"},
		{"mf-signin-no-mfa", `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.awsRegion = "us-east-1") }`, `$.awsRegion = "any other value"`},
		{"mf-signin-no-mfa", `{ ($.eventName = 'ConsoleLogin') && ($.additionalEventData.MFAUsed != 'Yes') }`, "?expected a value"},

		// CIS 4.3
		{"mf-root-usage", `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`, ""},
		{"mf-root-usage", `{($.eventType!="AwsServiceEvent")&&(($.userIdentity.invokedBy NOT EXISTS)&&($.userIdentity.type="Root"))}`, ""},
		{"mf-root-usage", `{ $.userIdentity.type = Root && $.userIdentity.invokedBy not exists }`, ""},
		{"mf-root-usage", `{ $.userIdentity.arn = "arn:aws:iam::*:root" && $.userIdentity.type = "Root" }`, "root user"}, // open what * means there
		{"mf-root-usage", `{ $.userIdentity.arn = "*:root" && $.userIdentity.invokedBy NOT EXISTS }`, ""},
		{"mf-root-usage", `{ $.userIdentity.type = "root" && $.userIdentity.invokedBy NOT EXISTS }`, "a call of the root user"},
		{"mf-root-usage", `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType = "AwsApiCall" }`, "a console sign-in of the root user"},
		{"mf-root-usage", `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy IS NULL }`, "a call of the root user"},
		{"mf-root-usage", `{ $.userIdentity.type = "Root" && $.readOnly IS FALSE }`, "$.readOnly = true"},
		{"mf-root-usage", `{ ` + rootUsed + ` && $.userIdentity.arn != "arn:aws:iam::999988887777:root" }`, `$.userIdentity.arn = "arn:aws:iam::999988887777:root"`},
		{"mf-root-usage", `{ ` + rootUsed + ` && $.userIdentity.arn != "arn:aws:iam::9999*" }`, `$.userIdentity.arn = "arn:aws:iam::999900000000:root"`},
		{"mf-root-usage", `{ ` + rootUsed + ` && $.userIdentity.arn != %999988887777% }`, `$.userIdentity.arn = "arn:aws:iam::999988887777:root"`},
		{"mf-root-usage", `{ ` + rootUsed + ` && $.userIdentity.arn = "*:root" }`, ""},
		{"mf-root-usage", `{ ` + rootUsed + ` && $.userIdentity.principalId != "999988887777" }`, `$.userIdentity.principalId = "999988887777"`},

		// CIS 4.4
		{"mf-iam-policy", spelled("{ NAMES }", iamNames), ""},
		{"mf-iam-policy", spelled("{ ($.eventSource = iam.amazonaws.com) && (NAMES) }", iamNames), ""},
		{"mf-iam-policy", spelled("{ (NAMES) && $.eventSource = \"iam.amazonaws.com\" }", iamNames), ""},
		{"mf-iam-policy", spelled("{ $.eventSource = iam.amazonaws.com && NAMES }", iamNames), ""}, // && binds tighter: the rest stands alone
		{"mf-iam-policy", `{ $.eventSource = iam.amazonaws.com && $.eventName = "*Policy*" }`, ""},
		{"mf-iam-policy", spelled("{ NAMES }", strings.Replace(iamNames, "DeletePolicy ", "DeletePolicyy ", 1)), "DeletePolicy"},
		{"mf-iam-policy", spelled("{ ($.eventSource = sts.amazonaws.com) && (NAMES) }", iamNames), "DeleteGroupPolicy"},
		{"mf-iam-policy", spelled("{ (NAMES) && ($.errorCode NOT EXISTS) }", iamNames), "$.errorCode"},

		// CIS 4.5
		{"mf-cloudtrail-config", allOfTrail + "}", ""},
		{"mf-cloudtrail-config", "{\n  ($.eventName = CreateTrail) ||\n\t($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) ||\r\n ($.eventName = StartLogging) || ($.eventName = StopLogging)\n}", ""},
		{"mf-cloudtrail-config", "{ " + or(`$.eventName = "NAME"`, "StopLogging StartLogging DeleteTrail UpdateTrail CreateTrail") + " }", ""},
		{"mf-cloudtrail-config", "{ " + or(`((($.eventName) = NAME))`, trailNames) + " }", "?expected"},
		{"mf-cloudtrail-config", "{ " + or(`((($.eventName = NAME)))`, trailNames) + " }", ""},
		{"mf-cloudtrail-config", "{ " + or(`$.['eventName'] = NAME`, trailNames) + " }", ""},
		{"mf-cloudtrail-config", `{ $.eventSource = cloudtrail.amazonaws.com }`, ""},
		{"mf-cloudtrail-config", `{ $.eventSource = "cloudtrail*" && $.readOnly IS FALSE }`, ""},
		{"mf-cloudtrail-config", `{ $.eventName = "*Trail" || $.eventName = "*Logging" }`, ""},
		{"mf-cloudtrail-config", `{ $.eventName = %^(Create|Delete)Trail% }`, "?can't have '('"},
		{"mf-cloudtrail-config", `{ $.eventName = %Trail$|Logging$% }`, ""},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.userIdentity.userName != "mallory") }`, `CreateTrail, $.userIdentity.userName = "mallory"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.sourceIPAddress != "203.0.113.*") }`, `$.sourceIPAddress = "203.0.113."`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.sourceIPAddress != %203\.0\.113\.7%) }`, `$.sourceIPAddress = "203.0.113.7"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.sourceIPAddress != %203\.0\.113\.[0-9]+%) }`, "?can't be told"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.awsRegion = %^[^e]%) }`, "?can't be told"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.awsRegion = %^us-%) }`, `$.awsRegion = "any other value"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.awsRegion != "eu*" || $.awsRegion != "*-3") }`, `$.awsRegion = "eu-3"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.awsRegion != "eu-west-3" || $.userAgent != "x") }`, `$.awsRegion = "eu-west-3", $.userAgent = "x"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.awsRegion != "eu-west-3" || $.awsRegion != "eu-west-1") }`, ""},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.eventName != "StopLogging") }`, "StopLogging"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.eventName != "Stop*ging") }`, "StopLogging"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.eventName = "") }`, "CreateTrail"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.noSuchField = "x") }`, "CreateTrail"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.noSuchField NOT EXISTS) }`, "$.noSuchField"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.noSuchField IS NULL) }`, "CreateTrail"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.userIdentity.arn = "*") }`, "CreateTrail, without $.userIdentity.arn"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.noSuchField > 5) }`, "CreateTrail"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.recipientAccountId != 111122223333) }`, "CreateTrail"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.recipientAccountId != 999988887777) }`, `$.recipientAccountId = "999988887777"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.userIdentity != "x") }`, "CreateTrail"},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) || ($.userIdentity.userName = "mallory") }`, ""},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.eventVersion = "1.11") }`, `$.eventVersion = "any other value"`},
		{"mf-cloudtrail-config", "{ (" + allOfTrail[1:] + `) && ($.managementEvent IS TRUE) && ($.readOnly IS FALSE) }`, ""},
		{"mf-cloudtrail-config", `{ $.eventName = CreateTrail && $.eventName = UpdateTrail && $.eventName = DeleteTrail }`, "CreateTrail"},
		{"mf-cloudtrail-config", `{ $.requestParameters.name = "*" }`, "CreateTrail"},
		{"mf-cloudtrail-config", `{ $.* = "*Trail" || $.* = "*Logging" }`, ""},
		{"mf-cloudtrail-config", `{ $.EventName = "*Trail" || $.EventName = "*Logging" }`, "CreateTrail"},
		{"mf-cloudtrail-config", `?CreateTrail ?UpdateTrail ?DeleteTrail ?StartLogging ?StopLogging`, ""},
		{"mf-cloudtrail-config", `CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging`, "CreateTrail"},
		{"mf-cloudtrail-config", `"cloudtrail.amazonaws.com" -mallory`, `$.userAgent = "mallory"`},
		{"mf-cloudtrail-config", `"cloudtrail.amazonaws.com" -%mal{1}ory%`, "?can't be told"},
		{"mf-cloudtrail-config", `%Trail|Logging%`, ""},
		{"mf-cloudtrail-config", `[w1 = *StopLogging*, ...]`, "?space-delimited"},
		{"mf-cloudtrail-config", ``, ""},
		{"mf-cloudtrail-config", `" "`, ""},
		{"mf-cloudtrail-config", `{ $.eventName = "*" }`, ""},
		{"mf-cloudtrail-config", `{ $.eventName != "StopLogging" }`, "StopLogging"},
		{"mf-cloudtrail-config", `{ ($.eventName = StopLogging }`, "?expected &&, || or )"},

		// CIS 4.6
		{"mf-console-auth-fail", `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`, ""},
		{"mf-console-auth-fail", `{ $.errorMessage="Failed authentication" && $.eventName="ConsoleLogin" }`, ""},
		{"mf-console-auth-fail", `{ $.eventName = ConsoleLogin && $.responseElements.ConsoleLogin = Failure }`, ""},
		{"mf-console-auth-fail", `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed Authentication") }`, "a failed console sign-in"},
		{"mf-console-auth-fail", `{ ($.eventName = ConsoleLogin) && ($.errorMessage = Failed authentication) }`, "?expected"},
		{"mf-console-auth-fail", `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") && ($.userIdentity.type = "IAMUser") }`, "$.userIdentity.type"},

		// CIS 4.7
		{"mf-cmk-disable", `{ ($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }`, ""},
		{"mf-cmk-disable", `{(($.eventName="ScheduleKeyDeletion")||($.eventName="DisableKey"))&&($.eventSource="kms.amazonaws.com")}`, ""},
		{"mf-cmk-disable", `{ ($.eventSource = kms.amazonaws.com) && ($.eventName=DisableKey) && ($.eventName=ScheduleKeyDeletion) }`, "DisableKey"},
		{"mf-cmk-disable", `{ ($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) && ($.requestParameters.keyId != "*abcd") }`, `$.requestParameters.keyId`},

		// CIS 4.8, 4.9
		{"mf-s3-policy", spelled("{ ($.eventSource = s3.amazonaws.com) && (NAMES) }", bucketNames), ""},
		{"mf-s3-policy", spelled("{ NAMES }", bucketNames), ""},
		{"mf-s3-policy", spelled("{ NAMES }", strings.ReplaceAll(bucketNames, "BucketLifecycle", "BucketLifecycleConfiguration")), "PutBucketLifecycle"},
		{"mf-config-changes", spelled("{ ($.eventSource = config.amazonaws.com) && (NAMES) }", configNames), ""},
		{"mf-config-changes", spelled("{ ($.eventSource = config.amazonaws.com) && ((NAMES)) && ($.eventType != AwsServiceEvent) }", configNames), ""},
		{"mf-config-changes", spelled("{ NAMES }", "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel"), "PutConfigurationRecorder"},

		// CIS 4.10 to 4.14
		{"mf-security-group", spelled("{ NAMES }", groupNames), ""},
		{"mf-security-group", spelled("{ NAMES || $.eventName = ModifySecurityGroupRules }", groupNames), ""},
		{"mf-security-group", `{ $.eventName = "*SecurityGroup*" && $.readOnly IS FALSE }`, ""},
		{"mf-nacl", spelled("{ NAMES }", aclNames), ""},
		{"mf-nacl", spelled("{ NAMES }", strings.TrimSuffix(aclNames, " ReplaceNetworkAclAssociation")), "ReplaceNetworkAclAssociation"},
		{"mf-gateway", spelled("{ NAMES }", gateNames), ""},
		{"mf-gateway", spelled("{ (NAMES) && $.vpcEndpointId NOT EXISTS }", gateNames), "$.vpcEndpointId"},
		{"mf-route-table", spelled("{ NAMES }", routeNames), ""},
		{"mf-route-table", spelled("{ ($.eventSource = ec2.amazonaws.com) && (NAMES) }", routeNames), ""},
		{"mf-route-table", spelled("{ ($.eventSource = vpc.amazonaws.com) && (NAMES) }", routeNames), "CreateRoute"},
		{"mf-vpc", spelled("{ NAMES }", vpcNames+classicNames), ""},
		{"mf-vpc", spelled("{ NAMES }", vpcNames), ""},
		{"mf-vpc", spelled("{ NAMES }", strings.TrimPrefix(vpcNames, "CreateVpc ")), "CreateVpc"},

		// CIS 4.15
		{"mf-organizations", spelled("{ ($.eventSource = organizations.amazonaws.com) && (NAMES) }", orgNames), ""},
		{"mf-organizations", `{ ($.eventSource = organizations.amazonaws.com) && (` + or(`$.eventName="NAME"`, orgNames) + `) }`, ""},
		{"mf-organizations", `{ $.eventSource = "organizations.amazonaws.com" && $.readOnly IS FALSE }`, ""},
		{"mf-organizations", spelled("{ ($.eventSource = organizations.amazonaws.com) && (NAMES) }", strings.Replace(orgNames, "LeaveOrganization ", "", 1)), "LeaveOrganization"},
	} {
		r := Check(control(t, test.control), test.pattern)
		got := ""
		if r.Unjudged != "" {
			got = "?" + r.Unjudged
		} else if len(r.Gaps) > 0 {
			got = r.Gaps[0].Record
		}
		unjudged := strings.HasPrefix(got, "?")
		if want := strings.TrimPrefix(test.gap, "?"); (want == "") != (got == "") || unjudged != strings.HasPrefix(test.gap, "?") || !strings.Contains(got, want) {
			t.Errorf("%s of %s has the gap %q, not %q", test.pattern, test.control, got, test.gap)
		}
		if r.Covered() != (test.gap == "") {
			t.Errorf("%s of %s: covered %v", test.pattern, test.control, r.Covered())
		}
	}
}

// TestFloods has filters that find everything asked for and too much.
func TestFloods(t *testing.T) {
	for _, test := range []struct{ control, pattern, flood string }{
		{"mf-cloudtrail-config", `{ $.eventSource = cloudtrail.amazonaws.com }`, "DescribeTrails"},
		{"mf-cloudtrail-config", ``, "DescribeInstances"},
		{"mf-root-usage", `{ $.userIdentity.type = "Root" }`, "what a service does in the root user's name"},
		{"mf-signin-no-mfa", `{ $.eventName = ConsoleLogin }`, "a console sign-in with MFA"},
		{"mf-unauthorized-api", `{ $.errorCode = "*" }`, "a call that failed for another reason"},
		{"mf-cmk-disable", `{ $.eventSource = "kms.amazonaws.com" }`, "Decrypt"},
		{"mf-cmk-disable", `{ $.eventSource = "kms.amazonaws.com" && $.readOnly IS FALSE }`, ""},
	} {
		r := Check(control(t, test.control), test.pattern)
		if !r.Covered() || (test.flood == "") != (len(r.Floods) == 0) || !strings.Contains(strings.Join(r.Floods, "\n"), test.flood) {
			t.Errorf("%s of %s: %+v", test.pattern, test.control, r)
		}
	}
}

func TestAdvice(t *testing.T) {
	r := Check(control(t, "mf-cloudtrail-config"), allOfTrail+"}")
	if got := strings.Join(r.Advice, " "); !strings.HasPrefix(got, "PutEventSelectors PutInsightSelectors ") {
		t.Errorf("advice is %q", got)
	}
}

// TestCheckIsBounded gives a filter that no one can try out.
func TestCheckIsBounded(t *testing.T) {
	var parts []string
	for _, name := range strings.Split("abcdefghijklmnopqrst", "") {
		parts = append(parts, "$."+name+` != "x"`)
	}
	r := Check(control(t, "mf-nacl"), "{ "+strings.Join(parts, " || ")+" }")
	if r.Covered() || !strings.Contains(r.Unjudged, "too many") {
		t.Errorf("%+v", r)
	}
}

func control(t *testing.T, id string) Control {
	t.Helper()
	for _, c := range Controls() {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no control %s", id)
	return Control{}
}
