package duckdbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
)

// engine is a DuckDB with Trino's functions.
type engine struct {
	t    testing.TB
	conn *sql.Conn
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := register(conn); err != nil {
		t.Fatal(err)
	}
	return &engine{t, conn}
}

// run executes a statement of DuckDB's own.
func (e *engine) run(statement string) {
	e.t.Helper()
	if _, err := e.conn.ExecContext(context.Background(), statement); err != nil {
		e.t.Fatalf("%v\n%s", err, statement)
	}
}

// query runs a query of Trino's and returns its rows as text.
func (e *engine) query(query string) [][]string {
	e.t.Helper()
	rows, err := e.conn.QueryContext(context.Background(), duck(query))
	if err != nil {
		e.t.Fatalf("%v\n%s", err, query)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		e.t.Fatal(err)
	}
	var all [][]string
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		targets := make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			e.t.Fatalf("%v\n%s", err, query)
		}
		var row []string
		for _, v := range values {
			if !v.Valid {
				v.String = "NULL"
			}
			row = append(row, v.String)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		e.t.Fatalf("%v\n%s", err, query)
	}
	return all
}

// value runs an expression of Trino's.
func (e *engine) value(expression string) string {
	e.t.Helper()
	return e.query("SELECT CAST(" + expression + " AS VARCHAR)")[0][0]
}

// numbers returns which records a query finds, as the numbers that are their ids.
func (e *engine) numbers(query string) []int {
	e.t.Helper()
	column := 0
	var numbers []int
	for i, row := range e.query(query) {
		if i == 0 && len(row) > 1 {
			column = 1 // eventid stands behind eventtime
		}
		n, err := strconv.Atoi(row[column])
		if err != nil {
			e.t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers
}

// load fills the table base with records. A record's id is its number, whatever it says itself.
func (e *engine) load(records []string) {
	e.t.Helper()
	e.run("CREATE OR REPLACE TABLE base (eventid VARCHAR, raw VARCHAR)")
	err := e.conn.Raw(func(c any) error {
		a, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", "base")
		if err != nil {
			return err
		}
		for i, r := range records {
			if err := a.AppendRow(strconv.Itoa(i), r); err != nil {
				return err
			}
		}
		return a.Close()
	})
	if err != nil {
		e.t.Fatal(err)
	}
}

// tables makes the tables that AWS documents of the records.
func (e *engine) tables() {
	e.t.Helper()
	e.run(athenaTable)
	e.run(lakeTable)
}

// athenaTable is the table that the Athena user guide defines, as its SerDe fills it: objects of the listed columns as text,
// everything else by type, null and missing alike.
const athenaTable = `CREATE OR REPLACE TABLE cloudtrail_logs AS SELECT
  raw->>'$.eventVersion' AS eventversion,
  json_transform(raw->'$.userIdentity', '{"type": "VARCHAR", "principalId": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR",
    "invokedBy": "VARCHAR", "accessKeyId": "VARCHAR", "userName": "VARCHAR",
    "onBehalfOf": {"userId": "VARCHAR", "identityStoreArn": "VARCHAR"},
    "sessionContext": {"attributes": {"mfaAuthenticated": "VARCHAR", "creationDate": "VARCHAR"},
      "sessionIssuer": {"type": "VARCHAR", "principalId": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR", "userName": "VARCHAR"},
      "ec2RoleDelivery": "VARCHAR", "webIdFederationData": {"federatedProvider": "VARCHAR"}}}') AS useridentity,
  raw->>'$.eventTime' AS eventtime, raw->>'$.eventSource' AS eventsource, raw->>'$.eventName' AS eventname,
  raw->>'$.awsRegion' AS awsregion, raw->>'$.sourceIPAddress' AS sourceipaddress, raw->>'$.userAgent' AS useragent,
  raw->>'$.errorCode' AS errorcode, raw->>'$.errorMessage' AS errormessage,
  CAST(raw->'$.requestParameters' AS VARCHAR) AS requestparameters, CAST(raw->'$.responseElements' AS VARCHAR) AS responseelements,
  CAST(raw->'$.additionalEventData' AS VARCHAR) AS additionaleventdata,
  raw->>'$.requestID' AS requestid, eventid, raw->>'$.readOnly' AS readonly,
  json_transform(raw->'$.resources', '[{"ARN": "VARCHAR", "accountId": "VARCHAR", "type": "VARCHAR"}]') AS resources,
  raw->>'$.eventType' AS eventtype, raw->>'$.apiVersion' AS apiversion, raw->>'$.recipientAccountId' AS recipientaccountid,
  CAST(raw->'$.serviceEventDetails' AS VARCHAR) AS serviceeventdetails, raw->>'$.sharedEventID' AS sharedeventid,
  raw->>'$.vpcEndpointId' AS vpcendpointid, raw->>'$.vpcEndpointAccountId' AS vpcendpointaccountid,
  raw->>'$.eventCategory' AS eventcategory,
  json_transform(raw->'$.addendum', '{"reason": "VARCHAR", "updatedFields": "VARCHAR", "originalRequestID": "VARCHAR", "originalEventID": "VARCHAR"}') AS addendum,
  raw->>'$.sessionCredentialFromConsole' AS sessioncredentialfromconsole,
  CAST(raw->'$.edgeDeviceDetails' AS VARCHAR) AS edgedevicedetails,
  json_transform(raw->'$.tlsDetails', '{"tlsVersion": "VARCHAR", "cipherSuite": "VARCHAR", "clientProvidedHostHeader": "VARCHAR"}') AS tlsdetails
FROM (SELECT eventid, CAST(raw AS JSON) AS raw FROM base)`

// filesView is the same table over log files as they are, below a directory; a record's id is its own.
func filesView(dir string) string {
	view := strings.Replace(athenaTable, "CREATE OR REPLACE TABLE", "CREATE OR REPLACE VIEW", 1)
	from := strings.LastIndex(view, "FROM (")
	return view[:from] + `FROM (SELECT raw->>'$.eventID' AS eventid, raw FROM (SELECT unnest("Records") AS raw
  FROM read_json('` + dir + `/**/*.json.gz', columns = {Records: 'JSON[]'}, maximum_object_size = 100000000)))`
}

// lakeTable is an event data store, as far as its columns are read: the same columns, and eventjson.
const lakeTable = `CREATE OR REPLACE TABLE store1 AS SELECT * REPLACE (TRY_CAST(eventtime AS TIMESTAMP) AS eventtime), raw AS eventjson
FROM cloudtrail_logs JOIN base USING (eventid)`
