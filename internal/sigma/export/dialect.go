package export

import (
	"fmt"
	"regexp"
	"strings"
)

// Dialect is a kind of table: where in it a record's fields are.
type Dialect struct {
	name    string
	table   func(string) (string, error) // checks and writes a table's name
	texts   map[string]string            // by path: SQL of a text that is NULL where the record has none
	members map[string][2]string         // by path: a column that is an array of rows, and which of their fields
	objects map[string]string            // by field of the top level: a column with its JSON
	whole   string                       // a column with the JSON of the whole record, if there is one
	seconds string                       // SQL of the record's time in seconds since 1970, NULL if it is none
	known   string                       // what to say of a path that is nowhere
}

// identityTexts are the members of userIdentity that both tables have as text.
var identityTexts = []string{
	"type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName",
	"onBehalfOf.userId", "onBehalfOf.identityStoreArn",
	"sessionContext.attributes.mfaAuthenticated",
	"sessionContext.sessionIssuer.type", "sessionContext.sessionIssuer.principalId", "sessionContext.sessionIssuer.arn",
	"sessionContext.sessionIssuer.accountId", "sessionContext.sessionIssuer.userName",
	"sessionContext.ec2RoleDelivery", "sessionContext.webIdFederationData.federatedProvider",
}

// topTexts are the fields of the top level that both tables have as text.
var topTexts = []string{
	"eventVersion", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage", "requestID",
	"eventID", "eventType", "apiVersion", "recipientAccountId", "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "eventCategory",
	"sessionCredentialFromConsole", "tlsDetails.tlsVersion", "tlsDetails.cipherSuite", "tlsDetails.clientProvidedHostHeader",
}

// columns are the texts of some paths: columns, and fields of rows in them, have their names in lower case.
func columns(lists ...[]string) map[string]string {
	texts := map[string]string{}
	for _, list := range lists {
		for _, path := range list {
			texts[path] = strings.ToLower(path)
		}
	}
	for _, path := range identityTexts {
		texts["userIdentity."+path] = strings.ToLower("userIdentity." + path)
	}
	return texts
}

// Athena is the table that the Athena user guide defines.
func Athena() Dialect {
	return Dialect{
		name: "athena", table: quotedName,
		texts: columns(topTexts, []string{
			"eventTime", "readOnly", "userIdentity.sessionContext.attributes.creationDate",
			"addendum.reason", "addendum.updatedFields", "addendum.originalRequestID", "addendum.originalEventID",
		}),
		members: map[string][2]string{
			"resources.ARN": {"resources", "arn"}, "resources.accountId": {"resources", "accountid"}, "resources.type": {"resources", "type"},
		},
		objects: map[string]string{
			"requestParameters": "requestparameters", "responseElements": "responseelements", "additionalEventData": "additionaleventdata",
			"serviceEventDetails": "serviceeventdetails", "edgeDeviceDetails": "edgedevicedetails",
		},
		seconds: "to_unixtime(try(from_iso8601_timestamp(eventtime)))",
		known:   "the table that AWS documents has no column for it",
	}
}

// Lake is an event data store of CloudTrail Lake.
func Lake() Dialect {
	return Dialect{
		name: "cloudtrail-lake", table: storeID,
		texts: columns(topTexts), whole: "eventjson",
		seconds: "to_unixtime(eventtime)",
	}
}

// Whole is a table of which one column has each record's JSON, and which has nothing else that is read but eventid.
func Whole(column string) Dialect {
	return Dialect{
		name: "whole", table: quotedName, whole: column,
		seconds: "to_unixtime(try(from_iso8601_timestamp(json_extract_scalar(" + column + ", '$[\"eventTime\"]'))))",
	}
}

var namePart = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// quotedName writes a table's name, with its database or without.
func quotedName(name string) (string, error) {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if !namePart.MatchString(part) || len(parts) > 3 {
			return "", fmt.Errorf("%q is no table: write its name, or database.name, of letters, digits, - and _", name)
		}
		parts[i] = `"` + part + `"`
	}
	return strings.Join(parts, "."), nil
}

// storeID writes an event data store's id, which CloudTrail Lake wants as it is.
func storeID(name string) (string, error) {
	id := name[strings.LastIndexByte(name, '/')+1:]
	if !namePart.MatchString(id) {
		return "", fmt.Errorf("%q is no event data store: write its ARN, or the id at the end of it", name)
	}
	return id, nil
}

// Table says what is wrong with the name of a table, nil if nothing is.
func (d Dialect) Table(name string) error {
	_, err := d.table(name)
	return err
}
