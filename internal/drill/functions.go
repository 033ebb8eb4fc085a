package drill

import (
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// functionTechniques are attacks on the guard's function. What keeps it from running keeps it from hearing of that, too: then
// the sweep is that of a second guard, or of the first once it runs again.
func functionTechniques() []Technique {
	on := naming("FunctionName", trail.Resource.Name)
	return []Technique{
		{ID: tamper.FunctionConfig, On: trail.Function, calls: on("lambda:UpdateFunctionConfiguration", object{"Timeout": 1}), Outcome: Restored},
		{ID: tamper.FunctionConfig, Variant: "environment", On: trail.Function, Ruins: true, Outcome: Alerted,
			calls: on("lambda:UpdateFunctionConfiguration", object{"Environment": object{"Variables": object{"TRAILHOLD_BASELINE": "s3://elsewhere"}}})},
		{ID: tamper.FunctionConcurrency, On: trail.Function, Unheard: true, Outcome: Restored,
			calls: on("lambda:PutFunctionConcurrency", object{"ReservedConcurrentExecutions": 0})},
		{ID: tamper.FunctionPermission, On: trail.Function, calls: withoutPermissions, Unheard: true, Outcome: Restored},
		{ID: tamper.FunctionInvokeConfig, On: trail.Function, calls: on("lambda:PutFunctionEventInvokeConfig", object{"MaximumRetryAttempts": 0}), Outcome: Restored},
		{ID: tamper.FunctionCode, On: trail.Function, Ruins: true, calls: on("lambda:UpdateFunctionCode", object{"ZipFile": []byte("nothing")}), Outcome: Alerted},
		{ID: tamper.FunctionDelete, On: trail.Function, Ruins: true, calls: on("lambda:DeleteFunction", nil), Unheard: true, Outcome: Alerted},
	}
}

func withoutPermissions(s Scene, r trail.Resource) []request {
	var requests []request
	for id := range r.Settings["permissions"].Members() {
		requests = append(requests, request{"lambda:RemovePermission", object{"FunctionName": r.Name(), "StatementId": id}})
	}
	return requests
}
